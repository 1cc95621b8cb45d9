import type { MediaSession } from '../../media/port';
import type { CodecName } from '../../sdp/port';
import type { IncomingRefer, SessionEnd } from '../../sip/ua/port';
import type { LegEnd, LegFacts } from '../call-record';
import type { CallFact } from '../happenings';
import { OutgoingLeg, type OutgoingLegOwner } from '../outgoing-leg';
import type { Placement } from '../placement';
import type { DialTarget } from '../port';
import type { CallServices, OutboundServices } from '../services';
import { failureOf, mostTelling, type Failure } from './classify';

export interface TargetHuntOptions {
  readonly asked: DialTarget;
  /** Milliseconds that each of its INVITEs may ring. */
  readonly timeout: number;
  readonly dtmf?: 'rfc4733' | 'info' | undefined;
  readonly maxForwards?: number | undefined;
  readonly codec?: CodecName | undefined;
  /** What is offered, in this order, where the trunk allows it. */
  readonly codecs?: readonly CodecName[] | undefined;
  /** The audio of the call that dials. */
  readonly near?: (() => MediaSession | undefined) | undefined;
  readonly tell?: ((fact: CallFact) => void) | undefined;
}

/** Told by the hunt for one target, until it has failed or is stopped. */
export interface TargetHuntOwner {
  onProgress(leg: OutgoingLeg, status: number, earlyMedia: boolean): void;
  onAnswered(leg: OutgoingLeg): void;
  onDigit(leg: OutgoingLeg, digit: string, duration: number): void;
  onRefer(leg: OutgoingLeg, refer: IncomingRefer): void;
  /** A leg is over; `wasAnswered` when it was not for want of an answer. */
  onLegEnded(leg: OutgoingLeg, facts: LegFacts, wasAnswered: boolean): void;
  onFailed(hunt: TargetHunt, failure: Failure): void;
}

/** Looks for one target at all its addresses: those of a group at once, group after group. */
export class TargetHunt implements OutgoingLegOwner {
  private readonly legs = new Set<OutgoingLeg>();
  private readonly failures: Failure[] = [];
  private group = -1;
  /** Somebody of this group gave a sign of life. */
  private reached = false;
  /** RFC 3261 §16.7 step 5: a 6xx speaks for all of its addresses. */
  private refusedEverywhere = false;
  private over = false;
  /** Legs of a group are being started: none of their failures ends the group yet. */
  private starting = false;

  constructor(
    private readonly services: CallServices & { readonly outbound: OutboundServices },
    private readonly options: TargetHuntOptions,
    private readonly placement: Placement,
    private readonly owner: TargetHuntOwner,
  ) {}

  get asked(): DialTarget {
    return this.options.asked;
  }

  /** Those that ring, or have answered. */
  get begun(): Iterable<OutgoingLeg> {
    return this.legs;
  }

  start(): void {
    const { placement } = this;
    if (placement.type === 'placed') {
      this.next();
      return;
    }
    const { status, reason } = placement;
    this.fail({ result: { type: 'unreachable', status, reason }, status, reason });
  }

  /** Ends all its legs but one, for this reason. Tells of no failure any more. */
  stop(why: LegEnd, except?: OutgoingLeg): void {
    this.over = true;
    for (const leg of [...this.legs]) if (leg !== except) leg.end(why);
  }

  /** An answer that was not taken: on as if there had been none. False when the leg is another's. */
  decline(leg: OutgoingLeg, failure: Failure, why: LegEnd): boolean {
    if (!this.legs.delete(leg)) return false;
    this.failures.push(failure);
    leg.end(why);
    this.proceed();
    return true;
  }

  letGo(leg: OutgoingLeg): void {
    this.legs.delete(leg);
  }

  /** Gives back what it took of any limit; once all its calls are over. */
  release(): void {
    if (this.placement.type === 'placed') this.placement.release();
  }

  // OutgoingLegOwner

  onProgress(leg: OutgoingLeg, status: number, earlyMedia: boolean): void {
    this.reached = true;
    if (!this.over) this.owner.onProgress(leg, status, earlyMedia);
  }

  onAnswered(leg: OutgoingLeg): void {
    this.reached = true;
    this.owner.onAnswered(leg);
  }

  onDigit(leg: OutgoingLeg, digit: string, duration: number): void {
    this.owner.onDigit(leg, digit, duration);
  }

  onRefer(leg: OutgoingLeg, refer: IncomingRefer): void {
    this.owner.onRefer(leg, refer);
  }

  onEnded(leg: OutgoingLeg, end: SessionEnd): void {
    const { facts } = leg;
    const wasAnswered = facts?.answered !== undefined;
    if (facts !== undefined) this.owner.onLegEnded(leg, facts, wasAnswered);
    if (wasAnswered || !this.legs.delete(leg)) return;
    const failure = failureOf(end, leg);
    this.failures.push(failure);
    if (failure.result.type !== 'unreachable' && failure.result.type !== 'cancelled') {
      this.reached = true;
    }
    if (end.cause === 'rejected' && end.status >= 600) {
      this.refusedEverywhere = true;
      for (const other of [...this.legs]) {
        other.end({ by: 'system', cause: 'cancel', status: end.status, reason: end.reason });
      }
    }
    this.proceed();
  }

  private proceed(): void {
    if (this.over || this.starting || this.legs.size > 0) return;
    if (this.mayGoOn()) this.next();
    else this.fail(mostTelling(this.failures));
  }

  private mayGoOn(): boolean {
    const { placement } = this;
    if (placement.type !== 'placed' || this.refusedEverywhere) return false;
    if (this.group + 1 >= placement.groups.length) return false;
    return placement.next === 'failure' || !this.reached;
  }

  private next(): void {
    const { placement, options } = this;
    if (placement.type !== 'placed') return;
    this.group += 1;
    this.reached = false;
    const { trunk } = placement;
    const begun = (placement.groups[this.group] ?? []).map(
      (placed) => new OutgoingLeg(this.services, { ...options, placed, trunk }, this),
    );
    for (const leg of begun) this.legs.add(leg);
    this.starting = true;
    for (const leg of begun) if (!this.over && !this.refusedEverywhere) leg.start();
    this.starting = false;
    this.proceed();
  }

  private fail(failure: Failure): void {
    this.over = true;
    this.release();
    this.owner.onFailed(this, failure);
  }
}
