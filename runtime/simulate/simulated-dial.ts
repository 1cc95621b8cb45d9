import type { Clock, TimerHandle } from '../core/clock';
import { mostTelling, type Failure } from '../call/dial/classify';
import type {
  CallControl,
  CallEnd,
  CallEvent,
  DialOptions,
  DialResult,
  DialTarget,
} from '../call/port';
import { describeError } from '../core/errors';
import { targetName } from '../flow/dial-targets';
import type { Prompt } from '../prompt/port';
import type { Callee } from './port';
import type { SimulatedLine } from './simulated-line';
import type { SimulatedPlayback } from './simulated-playback';
import type { SimulatedRecording } from './simulated-recording';
import type { Transcript } from './transcript';

/** Milliseconds, where the test does not say: until an answer or a refusal, of talk, and of thought over a question. */
const usualRinging = 2_000;
const usualTalk = 30_000;
const usualThought = 1_000;

/** The call that dials. */
export interface DiallingCall {
  readonly state: CallControl['state'];
  answer(): Promise<void>;
  ring(options: { readonly earlyMedia: boolean }): Promise<void>;
  emit(event: CallEvent): void;
  onEnd(listener: (end: CallEnd) => void): () => void;
  /** The caller's keys go there, and wait for nobody, until the returned function is called. */
  divertKeys(listener: (digit: string) => void): () => void;
  /** Tells the flow of a key, which nobody keeps. */
  tellKey(digit: string): void;
  /** Throws when a prompt cannot be had. */
  mustHave(prompt: Prompt): void;
  /** What the caller hears, over and over. */
  loop(prompt: Prompt): SimulatedPlayback;
  /** Milliseconds of a prompt that the callee hears. */
  durationOf(prompt: Prompt): number;
  recordBoth(options: NonNullable<DialOptions['record']>): SimulatedRecording;
}

type Answered = Extract<DialResult, { readonly type: 'answered' }>;

/** Somebody who is called. */
export interface SimulatedLeg {
  readonly id: string;
  readonly target: string;
  readonly callee: Callee;
}

interface Leg extends SimulatedLeg {
  readonly asked: DialTarget;
  timer: TimerHandle | undefined;
  /** While a flow of its own runs. */
  line: SimulatedLine | undefined;
}

/** One dial, after `call/dial/dial.ts`, with callees who do what the test says. */
export class SimulatedDial {
  readonly done: Promise<DialResult>;
  private resolve: (result: DialResult) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private readonly waiting: DialTarget[];
  /** Those who ring or are asked. */
  private readonly legs = new Set<Leg>();
  private readonly failures: Failure[] = [];
  private ringback: SimulatedPlayback | undefined;
  private callee: Leg | undefined;
  private since: number | undefined;
  private recording: SimulatedRecording | undefined;
  private readonly timers: TimerHandle[] = [];
  private readonly cleanups: (() => void)[] = [];
  private over = false;

  constructor(
    private readonly call: DiallingCall,
    private readonly options: DialOptions,
    private readonly parts: {
      readonly clock: Clock;
      readonly transcript: Transcript;
      /** How whoever is called next behaves. */
      readonly calleeOf: (target: string) => Callee;
      readonly newLegId: () => string;
      /** A callee who has answered, for a flow of his own. */
      readonly lineOf: (leg: SimulatedLeg) => SimulatedLine;
    },
    signal?: AbortSignal,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.waiting = options.targets.map((each) => (typeof each === 'string' ? { to: each } : each));
    this.cleanups.push(call.onEnd(({ by }) => this.leave(by === 'caller' ? 'caller' : 'system')));
    const abort = (): void => this.leave('system');
    signal?.addEventListener('abort', abort, { once: true });
    this.cleanups.push(() => signal?.removeEventListener('abort', abort));
    if (signal?.aborted === true) abort();
    else this.begin().catch((error: unknown) => this.break(error));
  }

  private async begin(): Promise<void> {
    const { call, options, parts } = this;
    parts.transcript.call(`dials ${options.targets.map(targetName).join(', ')}`);
    // Asked for while it rings, so that the callee does not wait for a voice: a dial without it fails at once.
    if (options.screening !== undefined) call.mustHave(options.screening.prompt);
    if (!options.answerOnBridge) await call.answer();
    if (this.over) return;
    if (options.ringback !== 'pass') await this.playOwn();
    if (this.over) return;
    const first =
      options.strategy === 'parallel' ? this.waiting.splice(0) : this.waiting.splice(0, 1);
    for (const asked of first) this.start(asked);
    if (first.length === 0) this.checkFailed();
  }

  private start(asked: DialTarget): void {
    const { clock, calleeOf, newLegId } = this.parts;
    const { to: target, timeout = this.options.timeout } = asked;
    const callee = calleeOf(target);
    const leg: Leg = {
      id: newLegId(),
      target,
      asked,
      callee,
      ...{ timer: undefined, line: undefined },
    };
    this.legs.add(leg);
    const rings = callee.rings ?? ringingOf(callee, timeout);
    const overdue = rings >= timeout;
    const answers = (): void => {
      if (overdue) this.failed(leg, failureOf({ type: 'noAnswer' }));
      else if (callee.result !== undefined) this.failed(leg, failureOf(callee.result));
      else this.answered(leg);
    };
    leg.timer = clock.setTimeout(() => {
      if (rings > 0) this.ringing(leg);
      // Who hears that it rings may leave the state.
      if (!this.over) leg.timer = clock.setTimeout(answers, Math.min(rings, timeout));
    }, 0);
  }

  private ringing(leg: Leg): void {
    const { call, options, parts } = this;
    parts.transcript.call(`${leg.target} rings`);
    call.emit({ type: 'dial.ringing', ...nameOf(leg) });
    if (this.over || options.ringback !== 'pass') return;
    const passing = leg.callee.earlyMedia === true ? this.passSound() : this.passRinging();
    passing.catch((error: unknown) => this.break(error));
  }

  /** The caller hears what the callee sends before the answer. */
  private async passSound(): Promise<void> {
    const { call } = this;
    if (call.state === 'ringing') await call.ring({ earlyMedia: true });
    this.ringback?.stop();
  }

  private async passRinging(): Promise<void> {
    const { call } = this;
    if (call.state === 'ringing') await call.ring({ earlyMedia: false });
    else await this.playOwn();
  }

  private async playOwn(): Promise<void> {
    const { call, options } = this;
    if (this.ringback !== undefined) return;
    const { ringback } = options;
    if (call.state === 'ringing') await call.ring({ earlyMedia: true });
    if (this.over || call.state === 'ringing') return;
    const prompt = typeof ringback === 'object' ? ringback.prompt : { tone: 'ringback' as const };
    call.mustHave(prompt);
    this.ringback = call.loop(prompt);
  }

  // The answer.

  private answered(leg: Leg): void {
    const { onAnswered, sendDigits } = leg.asked;
    if (onAnswered === undefined && sendDigits === undefined) {
      this.ask(leg);
      return;
    }
    this.prepare(leg).catch((error: unknown) => {
      if (!this.legs.has(leg)) return;
      this.parts.transcript.problem(describeError(error));
      this.failed(leg, failureOf({ type: 'declinedByScreening' }));
    });
  }

  /** What comes between the answer of a callee and the conversation, after `call/dial/preparation.ts`. */
  private async prepare(leg: Leg): Promise<void> {
    const { clock, transcript, lineOf } = this.parts;
    const { onAnswered, sendDigits } = leg.asked;
    if (sendDigits !== undefined) {
      transcript.call(`sends ${sendDigits} to ${leg.target}`);
      await new Promise<void>((resolve) => {
        leg.timer = clock.setTimeout(resolve, durationOfKeys(sendDigits));
      });
    }
    if (!this.legs.has(leg)) return;
    if (onAnswered !== undefined) {
      transcript.call(`${leg.target} answers and hears a flow of its own`);
      const line = (leg.line = lineOf(leg));
      const verdict = await onAnswered(line);
      const gone = line.end !== undefined;
      this.endLine(leg);
      if (!this.legs.has(leg)) return;
      if (verdict === 'decline' || gone) {
        this.failed(leg, failureOf({ type: 'declinedByScreening' }));
        return;
      }
    }
    this.ask(leg);
  }

  private endLine(leg: Leg): void {
    leg.line?.terminate('connected', 200, '');
    leg.line = undefined;
  }

  private ask(leg: Leg): void {
    const { screening } = this.options;
    const { clock, transcript } = this.parts;
    if (screening === undefined) {
      this.accept(leg);
      return;
    }
    const { accept, timeout, prompt } = screening;
    const key = leg.callee.presses ?? accept;
    const thought = key === false ? timeout : usualThought;
    transcript.call(`${leg.target} answers and is asked`);
    leg.timer = clock.setTimeout(
      () => {
        if (key === accept && thought < timeout) this.accept(leg);
        else this.failed(leg, failureOf({ type: 'declinedByScreening' }));
      },
      this.call.durationOf(prompt) + Math.min(thought, timeout),
    );
  }

  private accept(leg: Leg): void {
    if (this.over || this.callee !== undefined) return;
    this.callee = leg;
    this.stopLegs();
    this.connect(leg).catch((error: unknown) => this.break(error));
  }

  private async connect(leg: Leg): Promise<void> {
    const { call, options, parts } = this;
    const { clock, transcript } = parts;
    await call.answer();
    if (this.over) return;
    this.ringback?.stop();
    this.since = clock.now();
    transcript.call(`talks with ${leg.target}`);
    this.cleanups.push(
      call.divertKeys((digit) => {
        if (digit === options.hangupKey) this.leave('hangupKey');
        else call.tellKey(digit);
      }),
    );
    if (options.record !== undefined) this.recording = call.recordBoth(options.record);
    const { talks = usualTalk, endsBy = 'callee' } = leg.callee;
    this.after(talks, () => this.finish(endsBy));
    if (options.timeLimit !== undefined)
      this.after(options.timeLimit, () => this.leave('timeLimit'));
    call.emit({ type: 'dial.answered', ...nameOf(leg) });
  }

  private after(duration: number, then: () => void): void {
    if (Number.isFinite(duration)) this.timers.push(this.parts.clock.setTimeout(then, duration));
  }

  // The end.

  private failed(leg: Leg, failure: Failure): void {
    this.legs.delete(leg);
    this.failures.push(failure);
    this.parts.transcript.call(`${leg.target}: ${resultWords(failure.result)}`);
    if (!this.over && this.callee === undefined && this.legs.size === 0) this.checkFailed();
  }

  private checkFailed(): void {
    const next = this.waiting.shift();
    if (next !== undefined) this.start(next);
    else this.settle(mostTelling(this.failures).result);
  }

  /** From the caller's side, or the flow's. */
  private leave(endedBy: Answered['endedBy']): void {
    if (this.over) return;
    if (this.callee === undefined) this.settle({ type: 'cancelled' });
    else this.finish(endedBy);
  }

  private finish(endedBy: Answered['endedBy']): void {
    if (this.over) return;
    const { callee, since, recording } = this;
    const { clock, transcript } = this.parts;
    const reached = callee as Leg;
    const talkTime = since === undefined ? 0 : Math.round(clock.now() - since);
    if (endedBy !== 'caller' && this.call.state !== 'ended') {
      transcript.call(`${endWords(endedBy)} after ${talkTime / 1_000} s`);
    }
    const result: Answered = { type: 'answered', ...nameOf(reached), talkTime, endedBy };
    recording?.stop();
    if (recording === undefined) this.settle(result);
    else {
      this.tearDown();
      void recording.done.then(({ path, duration }) =>
        this.resolve(path === undefined ? result : { ...result, recording: { path, duration } }),
      );
    }
  }

  private settle(result: DialResult): void {
    this.tearDown();
    this.resolve(result);
  }

  private break(error: unknown): void {
    // The end of the call says it all when the caller has hung up.
    if (this.over || this.call.state === 'ended') return;
    this.tearDown();
    this.reject(error);
  }

  private stopLegs(): void {
    const legs = [...this.legs];
    this.legs.clear();
    for (const leg of legs) {
      this.parts.clock.clearTimeout(leg.timer);
      this.endLine(leg);
    }
  }

  private tearDown(): void {
    this.over = true;
    this.stopLegs();
    for (const timer of this.timers) this.parts.clock.clearTimeout(timer);
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    this.ringback?.stop();
  }
}

function nameOf({ id: leg, target, asked: { id } }: Leg): {
  readonly target: string;
  readonly leg: string;
  readonly id?: string;
} {
  return { target, leg, ...(id === undefined ? {} : { id }) };
}

/** Milliseconds that keys for a callee's side take, as `call/dial/preparation.ts` sends them. */
function durationOfKeys(keys: string): number {
  return Array.from(keys, (key) => (key === 'w' ? 500 : key === 'W' ? 1_000 : 200)).reduce(
    (sum, each) => sum + each,
    0,
  );
}

/** Who is not there does not ring; who does not answer rings until that is enough. */
function ringingOf({ result }: Callee, timeout: number): number {
  if (result?.type === 'unreachable') return 0;
  return result?.type === 'noAnswer' ? timeout : usualRinging;
}

function failureOf(result: Failure['result']): Failure {
  const status = 'status' in result ? result.status : 480;
  return { result, status, reason: 'reason' in result ? result.reason : '' };
}

function resultWords(result: Failure['result']): string {
  switch (result.type) {
    case 'busy':
      return 'busy';
    case 'noAnswer':
      return 'no answer';
    case 'declinedByScreening':
      return 'declines';
    case 'cancelled':
      return 'cancelled';
    default:
      return `${result.type}: ${result.status} ${result.reason}`.trimEnd();
  }
}

function endWords(endedBy: Answered['endedBy']): string {
  switch (endedBy) {
    case 'hangupKey':
      return 'the hang-up key ends the conversation';
    case 'timeLimit':
      return 'the time limit ends the conversation';
    case 'transfer':
      return 'a transfer ends the conversation';
    case 'callee':
      return 'the callee hangs up';
    default:
      return 'the conversation ends';
  }
}
