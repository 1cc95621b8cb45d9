import { reasonPhrase } from '../sip/message/create';
import { ResponseStatusError } from './errors';
import type { CallControl, CallEnd } from './port';

/**
 * The end of a call that its flow rejects: an answered one is hung up, and the status says why. Throws a
 * {@link ResponseStatusError} for a status that refuses nothing.
 */
export function rejection(state: CallControl['state'], status: number, reason?: string): CallEnd {
  if (status < 400 || status > 699) throw new ResponseStatusError(status, '400 to 699');
  const cause = state === 'answered' ? 'bye' : 'rejected';
  return { by: 'flow', cause, status, reason: reason ?? reasonPhrase(status) };
}
