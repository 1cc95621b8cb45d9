import type { LegEnd, LegFacts } from '../call-record';
import type { CallFact } from '../happenings';
import type { Leg } from '../leg';
import type { OutgoingLeg } from '../outgoing-leg';
import type { CallInfo, CallNote } from '../port';

/** Whoever a caller talks with: a leg of ours, or the caller of another call. */
export interface DialParty {
  readonly leg: Leg;
  readonly target: string;
  end(why: LegEnd): void;
}

/** An answered leg that changes hands, with what its call took of any limit. */
export interface GivenLeg {
  readonly leg: OutgoingLeg;
  readonly release: () => void;
}

/** Somebody else is being called in the place of one of two who talk. */
export interface PendingTransfer {
  /** Who will leave. */
  readonly leaver: 'caller' | 'callee';
  /** The caller has hung up, as one may who has asked for a transfer: whom he talked with waits. */
  keep(callee: GivenLeg): void;
  /** The conversation is over. */
  cancel(): void;
}

/** How a callee gives place. */
export interface Replacement {
  /** What the next one took of limits. */
  readonly release?: (() => void) | undefined;
  /** The one before leaves when this is settled; at once when absent. */
  readonly after?: Promise<void> | undefined;
}

/** The call whose two legs talk, as a transfer sees it. */
export interface TransferHost {
  readonly info: CallInfo;
  /** Hops that its caller's INVITE had left. */
  readonly maxForwards: number | undefined;
  noteLeg(facts: LegFacts): void;
  note(note: CallNote): void;
  /** Tells those outside of the call. */
  tell(fact: CallFact): void;
  /** The caller has been transferred: his call ends. */
  leave(): void;
}
