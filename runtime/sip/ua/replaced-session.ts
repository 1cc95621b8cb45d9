import { parseDialogReference } from '../message/dialog-reference';
import type { SipRequest } from '../message/message';
import type { Session } from './port';
import type { Refusal } from './request-checks';

/** What RFC 3891 §3 says of an INVITE: nothing to replace, the session in whose place it comes, or a refusal. */
export type Replacement =
  | { readonly type: 'none' }
  | { readonly type: 'session'; readonly session: Session }
  | { readonly type: 'refused'; readonly refusal: Refusal };

const none: Replacement = { type: 'none' };

/**
 * Finds the session that an INVITE asks to replace (RFC 3891 §3).
 *
 * @param find a session by its Call-ID and our tag
 * @param mayReplace whether whoever sends the INVITE may take the place of that session's peer
 * @throws {MessageError} 400 when Replaces is malformed
 */
export function findReplaced(
  request: SipRequest,
  find: (callId: string, localTag: string) => Session | undefined,
  mayReplace: (request: SipRequest, session: Session) => boolean,
): Replacement {
  const values = request.headers.getAll('Replaces');
  const [value] = values;
  if (value === undefined) return none;
  // §3: more than one, or one beside a header that contradicts it (RFC 3911 §4).
  if (values.length > 1 || request.headers.has('Join')) return refused(400, 'Bad Replaces');
  const { callId, toTag, fromTag, earlyOnly } = parseDialogReference(value);
  const session = find(callId, toTag);
  // §3, §6.1: a tag of 0 stands for a peer of RFC 2543, which has none.
  if (session === undefined || (session.remoteTag ?? '') !== (fromTag === '0' ? '' : fromTag)) {
    return refused(481);
  }
  // §3: an irritating race, if a phone rang for a conversation that was just over.
  if (session.state === 'ended') return refused(603);
  // §3: an early dialog that the peer began is not replaced.
  if (session.state === 'proceeding' && session.direction === 'incoming') return refused(481);
  if (!mayReplace(request, session)) return refused(403);
  if (earlyOnly && session.state !== 'proceeding') return refused(486);
  return { type: 'session', session };
}

function refused(status: number, reason?: string): Replacement {
  return {
    type: 'refused',
    refusal: reason === undefined ? { status } : { status, reason },
  };
}
