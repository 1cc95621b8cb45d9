import { digestResponse, passwordHash } from '../../../../runtime/sip/auth/digest';
import { parseAuth } from '../../../../runtime/sip/message/auth-params';
import type { SipResponse } from '../../../../runtime/sip/message/message';

/** What somebody says to prove who he is, true or not. */
export interface Claim {
  readonly username: string;
  readonly password: string;
  /** Instead of the nonce of the challenge. */
  readonly nonce?: string;
  /** Eight hexadecimal digits; 00000001 when absent. */
  readonly nonceCount?: string;
}

/** The challenge of a 401 or 407. */
export function challengeOf(response: SipResponse): ReadonlyMap<string, string> {
  const text =
    response.headers.get('WWW-Authenticate') ?? response.headers.get('Proxy-Authenticate');
  if (text === undefined) throw new Error(`no challenge in a ${response.status}`);
  return parseAuth(text).params;
}

/** The header that answers a challenge, as RFC 7616 §3.4 has it: right whenever the claim is. */
export function credentials(
  response: SipResponse,
  claim: Claim,
  method: string,
  uri: string,
): string {
  const challenge = challengeOf(response);
  const realm = challenge.get('realm') ?? '';
  const nonce = claim.nonce ?? challenge.get('nonce') ?? '';
  const nonceCount = claim.nonceCount ?? '00000001';
  const cnonce = '0a4f113b';
  const digest = digestResponse({
    algorithm: 'MD5',
    session: false,
    secret: passwordHash('MD5', claim.username, realm, claim.password),
    ...{ nonce, nonceCount, cnonce, method, uri, qop: 'auth' },
  });
  const name = response.status === 401 ? 'Authorization' : 'Proxy-Authorization';
  const strings = { username: claim.username, realm, nonce, uri, response: digest, cnonce };
  const quoted = Object.entries(strings).map(([key, value]) => `${key}="${value}"`);
  return `${name}: Digest ${quoted.join(', ')}, algorithm=MD5, qop=auth, nc=${nonceCount}`;
}
