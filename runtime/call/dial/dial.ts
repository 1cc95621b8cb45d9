import type { PlayItem } from '../../core/audio';
import type { TimerHandle } from '../../core/clock';
import { CallchartError, DefectError, describeError } from '../../core/errors';
import type { RecordingResult } from '../../media/port';
import { Bridge } from '../bridge';
import type { CodecName } from '../../sdp/port';
import type { SipResponse } from '../../sip/message/message';
import type { IncomingRefer } from '../../sip/ua/port';
import type { LegEnd, LegFacts } from '../call-record';
import type { Leg } from '../leg';
import { OutgoingLeg } from '../outgoing-leg';
import type { CallEnd, DialOptions, DialResult } from '../port';
import type { CallServices } from '../services';
import type { DialCaller } from './caller';
import type { Failure } from './classify';
import { Hunt, type HuntOwner } from './hunt';
import type { DialParty, GivenLeg, PendingTransfer, Replacement } from './party';
import { Ringback } from './ringback';
import { Screening } from './screening';

/** {@link DialOptions}, and what only a gateway asks for. */
export interface DialRequest extends DialOptions {
  /** How keys reach the callee; as RFC 4733 events where it takes them, when absent. */
  readonly dtmf?: 'rfc4733' | 'info' | undefined;
  /** Pass other provisional responses on, too: 181, 182, 183 without sound; and redirections, which are followed else. */
  readonly passProgress?: boolean;
}

/** What came of it, with the SIP status that says so to whoever asked by SIP. */
export interface DialReport {
  readonly result: DialResult;
  readonly status: number;
  readonly reason: string;
  /** What refused the call, where that was a response. */
  readonly response?: SipResponse | undefined;
}

type Answered = Extract<DialResult, { readonly type: 'answered' }>;

const declined: Failure = {
  result: { type: 'declinedByScreening' },
  status: 480,
  reason: 'Declined by screening',
};

const tooManyHops: Failure = {
  result: { type: 'unreachable', status: 483, reason: 'Too Many Hops' },
  status: 483,
  reason: 'Too Many Hops',
};

const hungUp: LegEnd = { by: 'caller', cause: 'bye', status: 200, reason: '' };
/** The flow left the state. */
const left: LegEnd = { by: 'system', cause: 'bye', status: 200, reason: '' };
const gaveUp: LegEnd = { by: 'caller', cause: 'cancel', status: 487, reason: '' };

/** One dial of a call: looks for somebody who answers, bridges both, and waits for the end of it. */
export class Dial implements HuntOwner {
  readonly done: Promise<DialReport>;
  private settle: (report: DialReport) => void = () => undefined;
  private break: (error: unknown) => void = () => undefined;

  private readonly hunt: Hunt;
  private readonly ringback: Ringback;
  private readonly screenings = new Map<OutgoingLeg, Screening>();
  private question: Promise<readonly PlayItem[]> | undefined;

  /** Those of whom the flow knows that they ring. */
  private readonly announced = new Set<OutgoingLeg>();
  /** Set when somebody has answered, and accepted where that is asked. */
  private callee: DialParty | undefined;
  /** Set while a party that has asked for a transfer still waits for its outcome. */
  pending: PendingTransfer | undefined;
  /** The callee has asked for a transfer and hung up. */
  private calleeLeft = false;
  /** The callee that a transferring caller has left to others. */
  private givenAway: string | undefined;
  private readonly leaving = new Set<DialParty>();
  private readonly releases: (() => void)[] = [];
  private connection: Bridge | undefined;
  private talkingSince: number | undefined;
  private timeLimit: TimerHandle | undefined;
  private over = false;
  private readonly cleanups: (() => void)[] = [];

  constructor(
    private readonly caller: DialCaller,
    private readonly request: DialRequest,
    private readonly services: CallServices,
    signal?: AbortSignal,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.break = reject;
    });
    const { outbound } = services;
    if (outbound === undefined) {
      throw new CallchartError('CALLCHART_NO_OUTBOUND', 'this server places no calls');
    }
    this.ringback = new Ringback(caller, services.prompts, request.ringback, {
      bridge: (leg) => this.bridgeTo(leg),
      onError: (error) => this.onError(error),
    });
    this.hunt = new Hunt(
      { ...services, outbound },
      {
        ...request,
        identity: request.callerIdentity ?? {},
        by: caller.info,
        passRedirects: request.passProgress,
        codec: caller.state === 'ringing' ? undefined : caller.leg.media.codec,
        maxForwards: caller.maxForwards === undefined ? undefined : caller.maxForwards - 1,
      },
      this,
    );
    this.cleanups.push(caller.onEnd((end) => this.callerEnded(end)));
    if (signal !== undefined) {
      const abort = (): void => this.leave('system', this.callee === undefined ? gaveUp : left);
      signal.addEventListener('abort', abort, { once: true });
      this.cleanups.push(() => signal.removeEventListener('abort', abort));
      if (signal.aborted) {
        abort();
        return;
      }
    }
    void this.begin();
  }

  /** While both talk. */
  get bridge(): Bridge | undefined {
    if (this.over || this.talkingSince === undefined || this.givenAway !== undefined) {
      return undefined;
    }
    return this.connection;
  }

  /**
   * Puts an answered leg in the callee's place, as a transfer does: the conversation goes on with it, and its end
   * is the conversation's. The callee before is ended for this reason.
   */
  replaceCallee(next: DialParty, why: LegEnd, { release, after }: Replacement = {}): void {
    const { bridge, callee } = this;
    if (bridge === undefined || callee === undefined) throw new DefectError('nobody is bridged');
    bridge.replaceLeg(callee.leg, next.leg);
    this.callee = next;
    if (release !== undefined) this.releases.push(release);
    if (next instanceof OutgoingLeg) this.adopt(next);
    this.dismiss(callee, why, after);
  }

  /** The callee is another's from now on; the dial only waits for the end of its caller. */
  giveAway(): GivenLeg {
    const { callee, bridge } = this;
    if (!(callee instanceof OutgoingLeg) || bridge === undefined) {
      throw new DefectError('nobody to give away');
    }
    bridge.close();
    this.callee = undefined;
    this.givenAway = callee.target;
    this.hunt.letGo(callee);
    const releases = [() => this.hunt.release(), ...this.releases.splice(0)];
    return {
      leg: callee,
      release: () => {
        for (const release of releases) release();
      },
    };
  }

  /** Both callees leave, and the two callers talk with each other. */
  join(other: Dial, why: LegEnd, after: Promise<void>): void {
    const { callee } = other;
    if (callee === undefined) throw new DefectError('nobody is bridged');
    other.connection?.close();
    this.replaceCallee(other.asParty(), why, { after });
    other.connection = this.connection;
    other.callee = this.asParty();
    other.dismiss(callee, why, after);
  }

  /** Whether this party may leave by a transfer: a leg of ours can be taken elsewhere, another call cannot. */
  canLose(leaver: 'caller' | 'callee'): boolean {
    if (this.bridge === undefined) return false;
    return leaver === 'callee' || this.callee instanceof OutgoingLeg;
  }

  /** The session of the callee, where it is a leg of ours. */
  get calleeLeg(): OutgoingLeg | undefined {
    return this.callee instanceof OutgoingLeg ? this.callee : undefined;
  }

  /** Whom the callee is called by, for whoever is called in his name. */
  get calleeUri(): string {
    return this.calleeLeg?.leg.session.request.to.uriText ?? this.callee?.target ?? '';
  }

  codecOf(party: 'caller' | 'callee'): CodecName | undefined {
    return (party === 'caller' ? this.caller.leg : this.callee?.leg)?.media.codec;
  }

  /** The caller's leg, while he waits for whom a callee who has hung up has referred him to. */
  get leftAlone(): Leg | undefined {
    return this.calleeLeft && !this.over ? this.caller.leg : undefined;
  }

  /** The transfer came to nothing: on as before, if both are still there. */
  transferFailed(): void {
    if (this.calleeLeft) this.finish('transfer');
  }

  /** A callee that is no leg of ours has left. */
  partyEnded(party: DialParty): void {
    if (this.callee === party) this.finish('callee');
  }

  private asParty(): DialParty {
    const { caller } = this;
    return {
      leg: caller.leg,
      target: caller.info.from.uri,
      end: () => this.finish('callee'),
    };
  }

  private adopt(leg: OutgoingLeg): void {
    leg.handOver({
      onProgress: () => undefined,
      onAnswered: () => undefined,
      onDigit: (each, digit, duration) => this.onDigit(each, digit, duration),
      onRefer: (each, refer) => this.onRefer(each, refer),
      onEnded: (each) => {
        if (each.facts !== undefined) this.onLegEnded(each, each.facts, true);
      },
    });
  }

  private dismiss(callee: DialParty, why: LegEnd, after: Promise<void> | undefined): void {
    this.calleeLeft = false;
    if (after === undefined) {
      callee.end(why);
      return;
    }
    this.leaving.add(callee);
    void after.then(() => {
      this.leaving.delete(callee);
      callee.end(why);
    });
  }

  private async begin(): Promise<void> {
    const { request, caller, services } = this;
    try {
      if (request.screening !== undefined) {
        // Asked for while it rings, so that the callee does not wait for a voice.
        this.question = services.prompts.resolve(request.screening.prompt);
        this.question.catch((error: unknown) => this.onError(error));
      }
      if (caller.maxForwards !== undefined && caller.maxForwards <= 1) {
        // RFC 3261 §16.3 step 3, as for a proxy: a call that leads back to us ends some day.
        this.close(tooManyHops);
        return;
      }
      if (!request.answerOnBridge) await caller.answer();
      if (this.over) return;
      this.ringback.start();
      this.hunt.start();
    } catch (error) {
      if (!this.over) this.onError(error);
    }
  }

  // HuntOwner

  onProgress(leg: OutgoingLeg, status: number, earlyMedia: boolean): void {
    if (this.over || this.callee !== undefined) return;
    if (leg.rang && !this.announced.has(leg)) {
      this.announced.add(leg);
      this.caller.emit({ type: 'dial.ringing', target: leg.target });
    }
    if (earlyMedia) this.ringback.earlyMedia(leg);
    else if (status === 180) this.ringback.ringing();
    else if (this.request.passProgress === true) this.caller.progress(status);
  }

  onAnswered(leg: OutgoingLeg): void {
    if (this.request.screening === undefined) this.accept(leg);
    else void this.screen(leg, this.request.screening);
  }

  onDigit(leg: OutgoingLeg, digit: string, duration: number): void {
    const screening = this.screenings.get(leg);
    if (screening !== undefined) screening.press(digit);
    else if (leg === this.callee) this.caller.tellKey(digit, duration, 'callee');
  }

  onRefer(leg: OutgoingLeg, refer: IncomingRefer): void {
    if (leg === this.callee) this.caller.onRefer(refer, 'callee');
    else refer.reject(603);
  }

  onLegEnded(leg: OutgoingLeg, facts: LegFacts, wasAnswered: boolean): void {
    this.caller.noteLeg(facts);
    if (leg === this.callee) {
      if (this.pending?.leaver === 'callee') {
        // RFC 5589 §6.1: who has asked for a transfer may leave it to us.
        this.calleeLeft = true;
        return;
      }
      this.finish(facts.end.by === 'callee' ? 'callee' : 'system');
      return;
    }
    this.ringback.lost(leg);
    if (wasAnswered && this.screenings.has(leg)) this.refuse(leg, hungUp);
  }

  onFailed(failure: Failure): void {
    this.close(failure);
  }

  onError(error: unknown): void {
    if (this.over) return;
    this.tearDown({ by: 'system', cause: 'error', status: 500, reason: '' });
    this.hunt.release();
    this.break(error);
  }

  // Screening.

  private async screen(
    leg: OutgoingLeg,
    { accept, timeout }: NonNullable<DialOptions['screening']>,
  ): Promise<void> {
    // Its own sound ends with its answer; the caller goes on hearing that it rings.
    this.ringback.lost(leg);
    const items = await this.question?.catch(() => undefined);
    if (items === undefined || this.over || leg.state !== 'answered') {
      if (!this.over) this.hunt.decline(leg, declined, hungUp);
      return;
    }
    if (this.callee !== undefined) return;
    const verdict = (accepted: boolean): void => {
      if (accepted) this.accept(leg);
      else this.refuse(leg, { ...hungUp, cause: 'screening' });
    };
    this.screenings.set(
      leg,
      new Screening(this.services.clock, leg, { items, accept, timeout }, verdict),
    );
  }

  private refuse(leg: OutgoingLeg, why: LegEnd): void {
    this.screenings.get(leg)?.stop();
    this.screenings.delete(leg);
    if (!this.over) this.hunt.decline(leg, declined, why);
  }

  // The conversation.

  private accept(leg: OutgoingLeg): void {
    if (this.over || this.callee !== undefined) return;
    this.callee = leg;
    this.screenings.delete(leg);
    for (const screening of this.screenings.values()) screening.stop();
    this.screenings.clear();
    this.hunt.take(leg);
    void this.connect(leg);
  }

  private async connect(leg: OutgoingLeg): Promise<void> {
    const { caller } = this;
    try {
      // A caller who has not been answered is answered with the callee's codec: then nothing is recoded.
      if (caller.state === 'ringing') caller.leg.media.prefer(leg.leg.media.codec);
      await caller.answer();
      if (this.over) return;
      this.connection = this.ringback.end(leg) ?? this.bridgeTo(leg);
      this.talk(leg);
    } catch (error) {
      // Its own end says it all when the caller has hung up.
      if (!this.over && caller.state !== 'ended') this.onError(error);
    }
  }

  private bridgeTo(leg: OutgoingLeg): Bridge {
    const { request, services, caller } = this;
    const { holdMusic } = request;
    return new Bridge(services.media, [caller.leg, leg.leg], {
      ...(holdMusic === undefined ? {} : { holdMusic: () => services.prompts.resolve(holdMusic) }),
      // Silence while somebody holds costs no conversation.
      onError: (error) => {
        services.logger.warn(
          { call: caller.info.id, error: describeError(error) },
          'no music on hold',
        );
      },
    });
  }

  private talk(leg: OutgoingLeg): void {
    const { caller, request, services } = this;
    this.talkingSince = services.clock.now();
    this.cleanups.push(
      caller.divertKeys((digit, duration) => {
        if (digit === request.hangupKey) this.leave('hangupKey', hungUp);
        else caller.tellKey(digit, duration, 'caller');
      }),
    );
    if (request.timeLimit !== undefined) {
      this.timeLimit = services.clock.setTimeout(
        () => this.leave('timeLimit', { ...hungUp, by: 'system', cause: 'time-limit' }),
        request.timeLimit,
      );
    }
    if (request.record !== undefined) {
      const path = caller.newRecordingPath(request.record.name ?? '');
      this.connection?.record(path, (recording) => caller.follow(recording));
    }
    caller.emit({ type: 'dial.answered', target: leg.target });
  }

  // The end.

  private callerEnded(end: CallEnd): void {
    // He has hung up himself, or somebody has come in his place.
    const byHimself = end.by === 'caller' || (end.by === 'system' && end.cause === 'bye');
    if (byHimself && this.pending?.leaver === 'caller') this.pending.keep(this.giveAway());
    this.leave(
      end.by === 'caller' ? 'caller' : 'system',
      this.callee === undefined ? gaveUp : hungUp,
    );
  }

  /** From the caller's side, or ours. */
  private leave(endedBy: Answered['endedBy'], why: LegEnd): void {
    if (this.over) return;
    if (this.givenAway !== undefined) {
      this.finish('transfer', why);
      return;
    }
    const { callee } = this;
    if (callee === undefined) {
      this.tearDown(why);
      this.hunt.release();
      this.settle({ result: { type: 'cancelled' }, status: 487, reason: '' });
      return;
    }
    this.finish(endedBy, why);
  }

  /** The conversation is over: what is left of it ends, and the recording is closed. */
  private finish(endedBy: Answered['endedBy'], why: LegEnd = hungUp): void {
    if (this.over) return;
    const { callee, connection } = this;
    const since = this.talkingSince;
    const talkTime = since === undefined ? 0 : Math.round(this.services.clock.now() - since);
    this.tearDown(why);
    if (this.givenAway === undefined) this.hunt.release();
    for (const release of this.releases.splice(0)) release();
    const result: Answered = {
      type: 'answered',
      target: this.givenAway ?? callee?.target ?? '',
      talkTime,
      endedBy,
    };
    const settle = (recording: RecordingResult | undefined): void => {
      const path = recording?.path;
      this.settle({
        result:
          path === undefined
            ? result
            : { ...result, recording: { path, duration: recording?.duration ?? 0 } },
        status: 200,
        reason: '',
      });
    };
    const recorded = connection?.recordingDone;
    if (recorded === undefined) settle(undefined);
    else void recorded.then(settle, () => settle(undefined));
  }

  private close({ result, status, reason, response }: Failure): void {
    if (this.over) return;
    this.tearDown(gaveUp);
    this.hunt.release();
    this.settle({ result, status, reason, response });
  }

  private tearDown(why: LegEnd): void {
    this.over = true;
    this.services.clock.clearTimeout(this.timeLimit);
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    for (const screening of this.screenings.values()) screening.stop();
    this.screenings.clear();
    this.ringback.end();
    this.connection?.close();
    this.callee?.end(why);
    for (const each of this.leaving) each.end(why);
    if (this.givenAway === undefined) this.pending?.cancel();
    this.hunt.stop(why);
  }
}
