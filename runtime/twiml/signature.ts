import { createHmac, hash } from 'node:crypto';
import type { SentRequest } from '../web/port';

/** The query parameter by which a body that is no form is signed with its URL. */
const BODY_DIGEST = 'bodySHA256';

/** Parameters of a form; several values of one name are a list. */
export type SignedParameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * What `X-Twilio-Signature` holds: HMAC-SHA-1, with the account's token, of the URL and then of each parameter's name
 * and value, sorted by name. `url` is signed as it stands: whoever gets the request must see the same.
 */
export function twilioSignature(
  token: string,
  url: string,
  parameters: SignedParameters = {},
): string {
  const names = Object.keys(parameters).sort();
  const text = names
    .map((name) => {
      const value = parameters[name] ?? '';
      if (typeof value === 'string') return name + value;
      // Values that are there twice count once.
      return [...new Set(value)]
        .sort()
        .map((one) => name + one)
        .join('');
    })
    .join('');
  return createHmac('sha1', token)
    .update(url + text, 'utf8')
    .digest('base64');
}

/**
 * Signs whatever is sent, for `WebRequest.sign`: of a form its fields, of any other body what {@link urlWithBodyDigest}
 * has put into the URL.
 */
export function twilioSigner(
  token: string,
): (sent: SentRequest) => Readonly<Record<string, string>> {
  return ({ url, method, body }) => {
    const signed = signedUrl(url);
    const isForm =
      typeof body === 'string' && method !== 'GET' && !signed.includes(`${BODY_DIGEST}=`);
    const parameters = isForm ? formParameters(body) : {};
    return { 'X-Twilio-Signature': twilioSignature(token, signed, parameters) };
  };
}

/** The URL that a body which is no form goes to, so that its signature covers the body. */
export function urlWithBodyDigest(url: string, body: string): string {
  const parsed = new URL(url);
  const digest = `${BODY_DIGEST}=${hash('sha256', body, 'hex')}`;
  parsed.search = parsed.search === '' ? digest : `${parsed.search}&${digest}`;
  return parsed.href;
}

/** As a server sees it: without name and password, and without the fragment, which is ours alone. */
function signedUrl(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  return parsed.href;
}

function formParameters(body: string): SignedParameters {
  const parameters: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(body)) {
    if (!Object.hasOwn(parameters, name)) parameters[name] = [];
    parameters[name]?.push(value);
  }
  return parameters;
}
