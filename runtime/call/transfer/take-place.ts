import type { CallEnd } from '../port';
import type { DialParty, GivenLeg, PendingTransfer } from '../dial/party';
import { Bridge } from '../bridge';
import type { Leg } from '../leg';
import type { CallServices } from '../services';
import { transferred, type TransferSide } from './side';

/** A call that comes in the place of a party of a conversation (RFC 3891). */
export interface NextCall {
  readonly leg: Leg;
  readonly uri: string;
  answer(): Promise<void>;
  onEnd(listener: (end: CallEnd) => void): () => void;
  /** The other party has left. */
  leave(): void;
}

/**
 * Answers a call and puts it in the place of one of two who talk; the answer ends the session that it replaces. A call
 * that cannot be answered leaves the two as they are.
 */
export async function takePlace(
  next: NextCall,
  { conversation, leaver }: TransferSide,
  services: CallServices,
): Promise<void> {
  const takeover = new Takeover(leaver);
  conversation.pending = takeover;
  try {
    await next.answer();
  } catch {
    // The call knows why, and has said so.
    conversation.pending = undefined;
    conversation.transferFailed();
    takeover.dismiss();
    return;
  }
  conversation.pending = undefined;
  if (takeover.cancelled) {
    next.leave();
    return;
  }
  if (leaver === 'callee') {
    const { leg, uri: target } = next;
    const party: DialParty = { leg, target, end: () => next.leave() };
    conversation.replaceCallee(party, transferred);
    next.onEnd(() => conversation.partyEnded(party));
    return;
  }
  connect(next, takeover.waiting ?? conversation.giveAway(), services);
}

/** The callee whose caller was replaced talks with the next until either hangs up. */
function connect(next: NextCall, { leg, release }: GivenLeg, services: CallServices): void {
  const bridge = new Bridge(services.media, [next.leg, leg.leg], { onError: () => undefined });
  leg.handOver({
    onProgress: () => undefined,
    onAnswered: () => undefined,
    onDigit: () => undefined,
    onEnded: () => {
      bridge.close();
      release();
      next.leave();
    },
  });
  next.onEnd(() => leg.end({ by: 'caller', cause: 'bye', status: 200, reason: '' }));
}

/** While the next call is being answered. */
class Takeover implements PendingTransfer {
  waiting: GivenLeg | undefined;
  cancelled = false;

  constructor(readonly leaver: 'caller' | 'callee') {}

  keep(callee: GivenLeg): void {
    this.waiting = callee;
    callee.leg.handOver({
      onProgress: () => undefined,
      onAnswered: () => undefined,
      onDigit: () => undefined,
      onEnded: () => {
        this.cancelled = true;
        callee.release();
      },
    });
  }

  cancel(): void {
    this.cancelled = true;
  }

  /** Nobody comes for the one who waits. */
  dismiss(): void {
    this.waiting?.leg.end(transferred);
  }
}
