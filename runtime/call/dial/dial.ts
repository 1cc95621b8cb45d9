import type { PlayItem } from '../../core/audio';
import type { Prompt } from '../../prompt/port';
import type { TimerHandle } from '../../core/clock';
import { CallchartError, describeError } from '../../core/errors';
import type { MachineOptions, MachineResult, RecordingResult } from '../../media/port';
import { Bridge } from '../bridge';
import type { SipResponse } from '../../sip/message/message';
import type { IncomingRefer } from '../../sip/ua/port';
import type { LegEnd, LegFacts } from '../call-record';
import type { OutgoingLeg } from '../outgoing-leg';
import type { CallEnd, DialOptions, DialResult } from '../port';
import type { CallServices } from '../services';
import type { DialCaller } from './caller';
import { Conversation } from './conversation';
import type { Failure } from './classify';
import { Hunt, type HuntOwner } from './hunt';
import { Ringback } from './ringback';
import { needsPreparation, Preparation } from './preparation';

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
  /** Those who have answered and are not put through yet. */
  private readonly preparations = new Map<OutgoingLeg, Preparation>();
  private readonly answerers = new Map<OutgoingLeg, MachineResult>();
  private question: Promise<readonly PlayItem[] | undefined> = Promise.resolve(undefined);

  /** Those of whom the flow knows that they ring. */
  private readonly announced = new Set<OutgoingLeg>();
  /** Set when somebody has answered, and accepted where that is asked. */
  private callee: OutgoingLeg | undefined;
  /** Set when both can hear each other. */
  private talking: Conversation | undefined;
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
        tell: (fact) => caller.tell(fact),
        passRedirects: request.passProgress,
        codec: caller.state === 'ringing' ? undefined : caller.leg.media.codec,
        near: () => (caller.state === 'ended' ? undefined : caller.leg.sound),
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

  /** Those that ring, or have answered, and whoever has come in the place of one. */
  get legs(): readonly OutgoingLeg[] {
    const { hunt, talking } = this;
    if (talking === undefined) return hunt.legs;
    return talking.calleeLeg === undefined ? [] : [talking.calleeLeg];
  }

  /** While both talk. */
  get conversation(): Conversation | undefined {
    return this.talking?.stands === true ? this.talking : undefined;
  }

  private async begin(): Promise<void> {
    const { request, caller } = this;
    try {
      if (request.screening !== undefined) {
        // Asked for while it rings, so that the callee does not wait for a voice.
        this.question = this.resolve(request.screening.prompt).catch((error: unknown) => {
          this.onError(error);
          return undefined;
        });
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
      this.caller.emit({ type: 'dial.ringing', ...nameOf(leg) });
    }
    if (earlyMedia) {
      this.bringTogether(leg);
      this.ringback.earlyMedia(leg);
    } else if (status === 180) this.ringback.ringing();
    else if (this.request.passProgress === true) this.caller.progress(status);
  }

  onAnswered(leg: OutgoingLeg): void {
    const { asked } = leg.options;
    if (asked.machineDetection !== undefined) this.identify(leg, asked.machineDetection);
    if (needsPreparation(asked, this.request)) this.prepare(leg);
    else this.accept(leg);
  }

  onDigit(leg: OutgoingLeg, digit: string, duration: number): void {
    const preparation = this.preparations.get(leg);
    if (preparation !== undefined) preparation.press(digit, duration);
    else if (this.isCallee(leg)) this.caller.tellKey(digit, duration, 'callee');
  }

  onRefer(leg: OutgoingLeg, refer: IncomingRefer): void {
    // Nobody transfers a conversation that has not begun.
    if (this.talking === undefined) refer.reject(603);
    else this.talking.onRefer(leg, refer);
  }

  onLegEnded(leg: OutgoingLeg, facts: LegFacts, wasAnswered: boolean): void {
    this.caller.noteLeg(facts);
    if (this.talking !== undefined) {
      this.talking.onLegEnded(leg, facts);
      return;
    }
    if (leg === this.callee) {
      this.finish(facts.end.by === 'callee' ? 'callee' : 'system');
      return;
    }
    this.ringback.lost(leg);
    this.preparations.get(leg)?.ended(facts);
    if (wasAnswered && this.preparations.has(leg)) this.refuse(leg, hungUp);
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

  // Between an answer and the conversation.

  private prepare(leg: OutgoingLeg): void {
    // Its own sound ends with its answer; the caller goes on hearing that it rings.
    this.ringback.lost(leg);
    const { caller, services, request, question } = this;
    this.preparations.set(
      leg,
      new Preparation(leg, {
        ...{ caller, services, question, screening: request.screening },
        onVerdict: (verdict) => {
          if (verdict === 'accepted') this.accept(leg);
          else this.refuse(leg, verdict);
        },
      }),
    );
  }

  /** Who that was is told with the result, if it is known by then. */
  private identify(leg: OutgoingLeg, options: MachineOptions): void {
    void leg.leg.sound?.detectMachine(options).done.then((result) => {
      if (result.type === 'stopped') return;
      this.answerers.set(leg, result);
      this.caller.tell({ type: 'leg.identified', ...leg.names, result });
    });
  }

  private isCallee(leg: OutgoingLeg): boolean {
    return this.talking === undefined ? leg === this.callee : this.talking.isCallee(leg);
  }

  private refuse(leg: OutgoingLeg, why: LegEnd): void {
    this.preparations.get(leg)?.stop();
    this.preparations.delete(leg);
    if (!this.over) this.hunt.decline(leg, declined, why);
  }

  // The conversation.

  private accept(leg: OutgoingLeg): void {
    if (this.over || this.callee !== undefined) return;
    this.callee = leg;
    this.preparations.delete(leg);
    this.stopPreparing();
    this.hunt.take(leg);
    void this.connect(leg);
  }

  private stopPreparing(): void {
    for (const preparation of this.preparations.values()) preparation.stop();
    this.preparations.clear();
  }

  private async connect(leg: OutgoingLeg): Promise<void> {
    const { caller } = this;
    try {
      // A caller who has not been answered is answered with the callee's codec: then nothing is recoded.
      if (caller.state === 'ringing') caller.leg.media.prefer(leg.leg.media.codec);
      this.bringTogether(leg);
      await caller.answer();
      if (this.over) return;
      const bridge = this.ringback.end(leg) ?? this.bridgeTo(leg);
      this.talking = new Conversation(caller, leg, bridge, {
        onOver: (endedBy) => this.finish(endedBy),
        releaseFirst: () => this.hunt.release(),
        letGo: (given) => this.hunt.letGo(given),
      });
      this.talk(leg, bridge);
    } catch (error) {
      // Its own end says it all when the caller has hung up.
      if (!this.over && caller.state !== 'ended') this.onError(error);
    }
  }

  /** A caller whose ports are not taken yet gets them beside those of the callee. */
  private bringTogether({ leg }: OutgoingLeg): void {
    const { caller } = this;
    if (caller.state !== 'ended') caller.leg.near = () => leg.sound;
  }

  private resolve(prompt: Prompt): Promise<PlayItem[]> {
    const { language } = this.caller;
    return this.services.prompts.resolve(prompt, { language });
  }

  private bridgeTo(leg: OutgoingLeg): Bridge {
    const { request, services, caller } = this;
    const holdMusic = request.holdMusic ?? services.holdMusic;
    return new Bridge(services.media, [caller.leg, leg.leg], {
      ...(holdMusic === undefined ? {} : { holdMusic: () => this.resolve(holdMusic) }),
      // Silence while somebody holds costs no conversation.
      onError: (error) => {
        services.logger.warn(
          { call: caller.info.id, error: describeError(error) },
          'no music on hold',
        );
      },
    });
  }

  private talk(leg: OutgoingLeg, bridge: Bridge): void {
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
      const { channels, ...file } = request.record;
      const options = {
        ...caller.newRecording({ ...file, by: 'dial' }),
        ...(channels === undefined ? {} : { channels }),
      };
      bridge.record(options, (recording) => caller.follow(recording));
    }
    caller.emit({ type: 'dial.answered', ...nameOf(leg) });
  }

  // The end.

  private callerEnded(end: CallEnd): void {
    // He has hung up himself, or somebody has come in his place.
    const byHimself = end.by === 'caller' || (end.by === 'system' && end.cause === 'bye');
    if (byHimself) this.talking?.callerLeft();
    this.leave(
      end.by === 'caller' ? 'caller' : 'system',
      this.callee === undefined ? gaveUp : hungUp,
    );
  }

  /** From the caller's side, or ours. */
  private leave(endedBy: Answered['endedBy'], why: LegEnd): void {
    if (this.over) return;
    if (this.talking?.abandoned === true) {
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
    const { callee, talking } = this;
    const target = talking?.target ?? callee?.target ?? '';
    const since = this.talkingSince;
    const talkTime = since === undefined ? 0 : Math.round(this.services.clock.now() - since);
    this.tearDown(why);
    // What a conversation has taken of limits it gives back itself, or has given away.
    if (talking === undefined) this.hunt.release();
    const answeredBy = callee === undefined ? undefined : this.answerers.get(callee);
    const result: Answered = {
      ...{ type: 'answered', target, talkTime, endedBy },
      ...(callee === undefined ? {} : { ...nameOf(callee), target }),
      ...(answeredBy === undefined ? {} : { answeredBy }),
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
    const recorded = talking?.bridge.recordingDone;
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
    this.stopPreparing();
    this.ringback.end();
    if (this.talking === undefined) this.callee?.end(why);
    else this.talking.end(why);
    this.hunt.stop(why);
  }
}

function nameOf({ id: leg, target, options: { asked } }: OutgoingLeg): {
  readonly target: string;
  readonly leg: string;
  readonly id?: string;
} {
  return { target, leg, ...(asked.id === undefined ? {} : { id: asked.id }) };
}
