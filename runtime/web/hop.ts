import type { WebRequest } from './port';
import { credentialsOf, webUrl } from './url';

/** One request to one URL: the first of a {@link WebRequest}, or one that a redirect leads to. */
export interface Hop {
  readonly url: URL;
  readonly method: WebRequest['method'];
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** What the connection and the message are made of: written by the client alone. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade'],
  ...['expect', 'te', 'trailer', 'proxy-connection'],
]);

/** What says who asks; it is for the origin that it was given for. */
const secrets: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function firstHop({ url, method, headers = {}, body }: WebRequest): Hop | undefined {
  const parsed = webUrl(url);
  if (parsed === undefined) return undefined;
  const own: Record<string, string> = { 'user-agent': 'callchart', 'accept-encoding': 'identity' };
  const credentials = credentialsOf(parsed);
  if (credentials !== undefined) own['authorization'] = credentials;
  for (const [name, value] of Object.entries(headers)) {
    if (!ownHeaders.has(name.toLowerCase())) own[name.toLowerCase()] = value;
  }
  return { url: parsed, method, headers: own, body };
}

/** Where an answer redirects to, as its server wrote it; undefined when it does not. */
export function locationOf(
  status: number,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  return redirects.has(status) ? headers['location'] : undefined;
}

/** What a redirect asks for, or what is wrong with it, as the rest of a sentence. */
export function nextHop(hop: Hop, status: number, location: string): Hop | string {
  const url = webUrl(location, hop.url);
  if (url === undefined) return 'it leads to what is no http or https URL';
  const given = Object.entries(hop.headers);
  const carriesSecret = hop.body !== undefined || given.some(([name]) => secrets.has(name));
  // RFC 9110 §15.4: what browsers do with POST; any other method only 303 changes.
  const becomesGet = status === 303 || (status < 303 && hop.method === 'POST');
  if (hop.url.protocol === 'https:' && url.protocol === 'http:' && carriesSecret) {
    return 'it leads from https to http, where what is sent could be read';
  }
  const isSame = url.origin === hop.url.origin;
  const headers = Object.fromEntries(given.filter(([name]) => isSame || !secrets.has(name)));
  const credentials = credentialsOf(url);
  if (credentials !== undefined) headers['authorization'] = credentials;
  if (!becomesGet) return { ...hop, url, headers };
  delete headers['content-type'];
  return { url, method: 'GET', headers, body: undefined };
}
