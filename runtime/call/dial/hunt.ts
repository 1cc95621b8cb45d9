import type { MediaSession } from '../../media/port';
import type { CodecName } from '../../sdp/port';
import type { IncomingRefer } from '../../sip/ua/port';
import type { LegEnd, LegFacts } from '../call-record';
import type { CallFact } from '../happenings';
import type { OutgoingLeg } from '../outgoing-leg';
import type { CallerIdentity, CallInfo, DialTarget } from '../port';
import type { CallServices, OutboundServices } from '../services';
import { mostTelling, type Failure } from './classify';
import { contactsOf } from './contacts';
import { TargetHunt, type TargetHuntOwner } from './target-hunt';

/** Whom to look for. Durations are milliseconds. */
export interface HuntRequest {
  readonly targets: readonly (string | DialTarget)[];
  readonly strategy: 'parallel' | 'sequential';
  readonly trunk?: string | undefined;
  readonly timeout: number;
  readonly identity: CallerIdentity;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The call that dials; none for one that is originated. */
  readonly by?: CallInfo | undefined;
  readonly dtmf?: 'rfc4733' | 'info' | undefined;
  /** Hops that the dialling call has left for others. */
  readonly maxForwards?: number | undefined;
  /** A 3xx is for whoever asked, and not followed. */
  readonly passRedirects?: boolean | undefined;
  /** What the call that dials speaks: offered first. */
  readonly codec?: CodecName | undefined;
  /** What is offered, in this order, where the trunk allows it. */
  readonly codecs?: readonly CodecName[] | undefined;
  /** The audio of the call that dials. */
  readonly near?: (() => MediaSession | undefined) | undefined;
  /** Tells those outside of the call that dials what happens with the legs. */
  readonly tell?: ((fact: CallFact) => void) | undefined;
}

export interface HuntOwner {
  onProgress(leg: OutgoingLeg, status: number, earlyMedia: boolean): void;
  /** The owner takes the answer with {@link Hunt.take}, or not with {@link Hunt.decline}. */
  onAnswered(leg: OutgoingLeg): void;
  onDigit(leg: OutgoingLeg, digit: string, duration: number): void;
  /** One that was taken asks for a transfer; refused when absent. */
  onRefer?(leg: OutgoingLeg, refer: IncomingRefer): void;
  /** A leg is over, for the record; told of every leg that was begun. */
  onLegEnded(leg: OutgoingLeg, facts: LegFacts, wasAnswered: boolean): void;
  /** Nobody is left who could answer. */
  onFailed(failure: Failure): void;
  /** The configuration is broken. */
  onError(error: unknown): void;
}

/** How many addresses redirections may add to one dial: they may lead in a circle. */
const maxRedirects = 5;

const elsewhere: LegEnd = {
  by: 'system',
  cause: 'answered-elsewhere',
  // RFC 3326 §2, and what phones look at so as not to show a missed call.
  status: 200,
  reason: 'Call completed elsewhere',
};

/** Calls one or several until one is taken; the others are ended then. */
export class Hunt implements TargetHuntOwner {
  private readonly begun = new Map<TargetHunt, Failure | undefined>();
  private waiting: DialTarget[] = [];
  /** Where redirections have led. */
  private readonly followed = new Set<string>();
  private over = false;

  constructor(
    private readonly services: CallServices & { readonly outbound: OutboundServices },
    private readonly request: HuntRequest,
    private readonly owner: HuntOwner,
  ) {}

  start(): void {
    const { targets, strategy } = this.request;
    this.waiting = targets.map((each) => (typeof each === 'string' ? { to: each } : each));
    const first = strategy === 'parallel' ? this.waiting.splice(0) : this.waiting.splice(0, 1);
    try {
      // All are placed before the first rings: a trunk that does not exist must not let others ring.
      for (const hunt of first.map((target) => this.place(target))) if (!this.over) hunt.start();
    } catch (error) {
      this.stop({ by: 'system', cause: 'cancel', status: 500, reason: '' });
      this.owner.onError(error);
      return;
    }
    if (first.length === 0) this.checkFailed();
  }

  /** Those that ring, or have answered. */
  get legs(): readonly OutgoingLeg[] {
    return [...this.begun.keys()].flatMap((hunt) => [...hunt.begun]);
  }

  /** This answer is the one: everybody else stops ringing. */
  take(leg: OutgoingLeg): void {
    this.over = true;
    for (const hunt of this.begun.keys()) hunt.stop(elsewhere, leg);
  }

  /** This answer was not wanted: on with the others. */
  decline(leg: OutgoingLeg, failure: Failure, why: LegEnd): void {
    for (const hunt of this.begun.keys()) if (hunt.decline(leg, failure, why)) return;
  }

  /** A leg that was taken is another's from now on: it is not ended with the rest. */
  letGo(leg: OutgoingLeg): void {
    for (const hunt of this.begun.keys()) hunt.letGo(leg);
  }

  /** Ends all of it. */
  stop(why: LegEnd): void {
    this.over = true;
    for (const hunt of this.begun.keys()) hunt.stop(why);
  }

  /** All is over: gives back what the calls took of any limit. */
  release(): void {
    for (const hunt of this.begun.keys()) hunt.release();
  }

  // TargetHuntOwner

  onProgress(leg: OutgoingLeg, status: number, earlyMedia: boolean): void {
    if (!this.over) this.owner.onProgress(leg, status, earlyMedia);
  }

  onAnswered(leg: OutgoingLeg): void {
    // Two may answer in the same moment: the second finds that the call is taken.
    if (this.over) leg.end(elsewhere);
    else this.owner.onAnswered(leg);
  }

  onDigit(leg: OutgoingLeg, digit: string, duration: number): void {
    this.owner.onDigit(leg, digit, duration);
  }

  onRefer(leg: OutgoingLeg, refer: IncomingRefer): void {
    this.owner.onRefer?.(leg, refer);
  }

  onLegEnded(leg: OutgoingLeg, facts: LegFacts, wasAnswered: boolean): void {
    this.owner.onLegEnded(leg, facts, wasAnswered);
  }

  onFailed(hunt: TargetHunt, failure: Failure): void {
    this.begun.set(hunt, failure);
    if (!this.over && !this.follow(hunt, failure)) this.checkFailed();
  }

  /**
   * RFC 3261 §8.1.3.4: where a 3xx leads is called in the place of the target that sent it, as any target is: the
   * guard has its say, and the one that is called learns who sent the call on (RFC 5806, RFC 7044). False when it
   * leads nowhere.
   */
  private follow(hunt: TargetHunt, { status, response }: Failure): boolean {
    if (response === undefined || status >= 400 || this.request.passRedirects === true)
      return false;
    const fresh = contactsOf(response).filter((uri) => !this.followed.has(uri));
    const next = fresh.slice(0, maxRedirects - this.followed.size);
    if (next.length === 0) return false;
    for (const uri of next) this.followed.add(uri);
    this.begun.delete(hunt);
    try {
      const { asked } = hunt;
      for (const each of next.map((uri) => this.place(asked, uri))) if (!this.over) each.start();
    } catch (error) {
      this.over = true;
      this.owner.onError(error);
    }
    return true;
  }

  /** @param to where it was sent on to; the target itself when absent */
  private place(asked: DialTarget, to = asked.to): TargetHunt {
    const { request, services } = this;
    const { by, dtmf, maxForwards, codec, codecs, near, tell } = request;
    const { trunk = request.trunk, timeout = request.timeout, credentials } = asked;
    const { callerIdentity: identity = request.identity } = asked;
    const placement = services.outbound.placer.place({
      to,
      trunk,
      identity: to === asked.to ? identity : { ...identity, divertedFrom: asked.to },
      headers:
        asked.headers === undefined ? request.headers : { ...request.headers, ...asked.headers },
      by,
      // What opens one door is not shown at another.
      ...(to === asked.to && credentials !== undefined ? { credentials } : {}),
    });
    const options = { asked, timeout, dtmf, maxForwards, codec, codecs, near, tell };
    const hunt = new TargetHunt(services, options, placement, this);
    this.begun.set(hunt, undefined);
    return hunt;
  }

  private checkFailed(): void {
    const failures = [...this.begun.values()];
    if (failures.includes(undefined)) return;
    const next = this.waiting.shift();
    if (next !== undefined) {
      try {
        this.place(next).start();
      } catch (error) {
        this.over = true;
        this.owner.onError(error);
      }
      return;
    }
    this.over = true;
    this.owner.onFailed(mostTelling(failures.filter((failure) => failure !== undefined)));
  }
}
