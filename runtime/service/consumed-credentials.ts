import { parseAuth } from '../sip/message/auth-params';
import type { SipRequest } from '../sip/message/message';
import { MessageError } from '../sip/message/message-error';

const names = ['Proxy-Authorization', 'Authorization'] as const;

/**
 * Takes the credentials that were for us out of a request that goes on: whoever is next could try passwords against
 * them at leisure. Those for others stay (RFC 3261 §22.3).
 */
export function removeConsumedCredentials({ headers }: SipRequest, realm: string): void {
  for (const name of names) {
    const values = headers.getAll(name);
    if (values.length === 0) continue;
    const others = values.filter((value) => !isFor(value, realm));
    if (others.length === values.length) continue;
    headers.remove(name);
    for (const value of others) headers.append(name, value);
  }
}

/** Whether a request says at all who sends it: credentials for others, or ones that cannot be read, say nothing. */
export function hasCredentials({ headers }: SipRequest, realm: string): boolean {
  return names.some((name) => headers.getAll(name).some((value) => isFor(value, realm)));
}

function isFor(value: string, realm: string): boolean {
  try {
    return parseAuth(value).params.get('realm') === realm;
  } catch (error) {
    // It is no credentials of ours.
    if (error instanceof MessageError) return false;
    throw error;
  }
}
