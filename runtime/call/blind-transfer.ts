import type { Session } from '../sip/ua/port';
import type { TransferResult } from './port';

/** Asks the peer of a session to call somebody else (RFC 3515); with what it said, for the record. */
export async function blindTransfer(
  session: Session,
  to: string,
  timeout: number,
): Promise<{ readonly result: TransferResult; readonly outcome: string }> {
  const outcome = await session.refer({ to, timeout });
  // A phone may hang up as soon as it has taken the REFER: the transfer is in its hands.
  const result: TransferResult =
    outcome.type === 'ended' ? { type: 'accepted', status: 202 } : outcome;
  return { result, outcome: outcome.type };
}
