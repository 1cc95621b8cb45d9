import { digestResponse, passwordHash } from '../../../runtime/sip/auth/digest';
import { formatCredentials, parseAuth } from '../../../runtime/sip/message/auth-params';

/** The RFC keeps its passwords for itself. */
export const password = 'zanzibar';

/** The credentials of an example, computed anew for a nonce that is not an example. */
export function answered(
  example: string,
  method: string,
  nonce: string,
  count: number,
  secret: string,
): string {
  const { params } = parseAuth(example);
  const username = params.get('username') ?? '';
  const realm = params.get('realm') ?? '';
  const uri = params.get('uri') ?? '';
  const nonceCount = count.toString(16).padStart(8, '0');
  const cnonce = '0a4f113b';
  const response = digestResponse({
    ...{ algorithm: 'MD5', session: false, nonce, uri, method, qop: 'auth', nonceCount, cnonce },
    secret: passwordHash('MD5', username, realm, secret),
  });
  const given = { username, realm, nonce, uri, response, qop: 'auth', nc: nonceCount, cnonce };
  return formatCredentials({ scheme: 'Digest', params: new Map(Object.entries(given)) });
}

/** What is wrong with credentials that answer a challenge; nothing, as a rule. */
export function wrongWith(credentials: string, challenge: string, method: string): string[] {
  const given = parseAuth(credentials).params;
  const asked = parseAuth(challenge).params;
  const wrong: string[] = [];
  for (const name of ['realm', 'nonce', 'opaque']) {
    if (given.get(name) !== asked.get(name)) wrong.push(`${name} of ${credentials}`);
  }
  const nonceCount = given.get('nc');
  const expected = digestResponse({
    ...{ algorithm: 'MD5', session: false, qop: 'auth', method },
    nonce: asked.get('nonce') ?? '',
    uri: given.get('uri') ?? '',
    nonceCount,
    cnonce: given.get('cnonce'),
    secret: passwordHash('MD5', given.get('username') ?? '', asked.get('realm') ?? '', password),
  });
  if (given.get('response') !== expected) wrong.push(`the digest of ${credentials}`);
  return wrong;
}
