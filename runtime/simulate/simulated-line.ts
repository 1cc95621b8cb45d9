import type { Clock, TimerHandle } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import { CallListeners } from '../call/call-listeners';
import { TypeAhead } from '../call/digit-queue';
import { CallEndedError, ResponseStatusError } from '../call/errors';
import type {
  CallControl,
  CallEnd,
  CallEvent,
  CallInfo,
  CallNote,
  DialOptions,
  DialResult,
  TransferResult,
} from '../call/port';
import type {
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
} from '../call/conference/port';
import type {
  DequeueRequest,
  DequeueResult,
  QueuePlace,
  QueueRequest,
  QueueResult,
} from '../call/queue/port';
import { rejection } from '../call/rejection';
import type { Prompt } from '../prompt/port';
import type { Callee, ConferenceScene, QueueScene, TransferScene } from './port';
import type { PromptSound } from './prompt-sound';
import { SimulatedConference } from './simulated-conference';
import { SimulatedServing, SimulatedWait } from './simulated-queue';
import { SimulatedDial, type SimulatedLeg } from './simulated-dial';
import type { SimulatedPlayback } from './simulated-playback';
import type { SimulatedRecording } from './simulated-recording';
import { SimulatedSound, type SoundScript } from './simulated-sound';
import type { Transcript } from './transcript';

/** Milliseconds that a key is held. */
const keyDuration = 100;
/** Milliseconds until somebody has answered a transferred call, or refused it, where the script does not say. */
const transferDuration = 2_000;

export interface LineOptions extends SoundScript {
  readonly info: CallInfo;
  readonly clock: Clock;
  readonly prompts: PromptSound;
  readonly transcript: Transcript;
  /** False for a caller who cannot hear anything before the answer. */
  readonly earlyMedia: boolean;
  readonly transfer: readonly TransferScene[];
  /** A leg that is called can neither dial nor confer. */
  readonly conference?: readonly ConferenceScene[];
  readonly queue?: readonly QueueScene[];
  /** How whoever is called next behaves. */
  readonly calleeOf?: (target: string, request: DialOptions) => Callee;
  /** A callee who has answered, for a flow of his own. */
  readonly lineOf?: (leg: SimulatedLeg) => SimulatedLine;
}

/**
 * A call without SIP and media, with the rules of `call/live-call.ts`: what the flow does to it is written into the
 * transcript, what the caller does is told to it.
 */
export class SimulatedLine implements CallControl {
  readonly info: CallInfo;
  readonly id: string;
  state: CallControl['state'] = 'ringing';
  end: CallEnd | undefined;
  readonly notes: CallNote[] = [];
  readonly digits: TypeAhead;
  readonly sound: SimulatedSound;
  wasAnswered = false;
  private held = false;
  private transfers = 0;
  private transferDone: TimerHandle | undefined;
  private dialling = false;
  private legs = 0;
  private conferences = 0;
  private queues = 0;
  private inConference: SimulatedConference | undefined;
  /** Who gets the caller's keys in place of the flow. */
  private keys: ((digit: string) => void) | undefined;
  private readonly listeners: CallListeners;

  constructor(private readonly options: LineOptions) {
    const { clock, prompts, transcript } = options;
    this.info = options.info;
    this.id = options.info.id;
    this.listeners = new CallListeners((thrown) => transcript.problem(describeError(thrown)));
    this.digits = new TypeAhead((digit, duration) =>
      this.listeners.offer({ type: 'dtmf', digit, duration }),
    );
    this.sound = new SimulatedSound(this, clock, prompts, options, transcript);
  }

  get speaking(): boolean {
    return this.sound.speaking;
  }

  get language(): string | undefined {
    return this.sound.language;
  }

  setLanguage(language: string): void {
    this.options.transcript.call(`language ${language}`);
    this.sound.language = language;
  }

  onEnd(listener: (end: CallEnd) => void): () => void {
    const { end } = this;
    if (end === undefined) return this.listeners.onEnd(listener);
    this.listeners.guard(() => listener(end));
    return () => undefined;
  }

  onEvent(listener: (event: CallEvent) => boolean): () => void {
    return this.listeners.onEvent(listener);
  }

  emit(event: CallEvent): void {
    this.listeners.emit(event);
  }

  // ── the caller ──────────────────────────────────────────────────────────────────────────────────

  press(digit: string): void {
    this.sound.press(digit);
    this.listeners.guard(() => {
      if (this.keys === undefined) this.digits.press(digit, keyDuration);
      else this.keys(digit);
    });
  }

  speak(speaking: boolean, text = ''): void {
    this.sound.speak(speaking, text);
    this.inConference?.speak(speaking);
  }

  hold(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    this.emit({ type: held ? 'call.held' : 'call.resumed' });
  }

  callerHangsUp(): void {
    const answered = this.state === 'answered';
    this.finish({
      by: 'caller',
      ...(answered ? { cause: 'bye', status: 200 } : { cause: 'cancel', status: 487 }),
      reason: '',
    });
  }

  // ── signalling ──────────────────────────────────────────────────────────────────────────────────

  answer(): Promise<void> {
    if (this.end !== undefined) return Promise.reject(new CallEndedError());
    if (this.state === 'answered') return Promise.resolve();
    this.state = 'answered';
    this.wasAnswered = true;
    this.options.transcript.call('answered');
    this.sound.settle();
    return Promise.resolve();
  }

  ring({ earlyMedia = false }: { readonly earlyMedia?: boolean } = {}): Promise<void> {
    if (this.end !== undefined) return Promise.reject(new CallEndedError());
    if (this.state !== 'ringing') return Promise.resolve();
    const early = earlyMedia && this.options.earlyMedia;
    this.options.transcript.call(early ? 'rings, with sound before the answer' : 'rings');
    if (early) this.state = 'early';
    return Promise.resolve();
  }

  reject(status: number, reason?: string): void {
    this.finish(rejection(this.state, status, reason));
  }

  redirect(contacts: readonly string[], status = 302): void {
    if (status < 300 || status > 399) throw new ResponseStatusError(status, '300 to 399');
    if (this.end !== undefined) return;
    if (this.state === 'answered') {
      throw new CallchartError(
        'CALLCHART_CALL_ANSWERED',
        'an answered call cannot be redirected: transfer it',
      );
    }
    this.finish({ by: 'flow', cause: 'redirected', status, reason: contacts.join(', ') });
  }

  hangup(reason = ''): void {
    // A flow whose work is done with the transfer hangs up for it.
    const cause = this.transferDone === undefined ? 'bye' : 'transferred';
    const answered = this.state === 'answered';
    this.finish({
      by: 'flow',
      ...(answered ? { cause, status: 200 } : { cause: 'rejected', status: 480 }),
      reason,
    });
  }

  terminate(cause: string, status: number, reason: string): void {
    this.finish({ by: 'system', cause, status, reason });
  }

  async transfer(to: string, { timeout }: { readonly timeout: number }): Promise<TransferResult> {
    await this.answer();
    const { clock, transfer, transcript } = this.options;
    const planned = transfer[Math.min(this.transfers, transfer.length - 1)];
    this.transfers += 1;
    const { after, ...answer } = planned ?? ({ type: 'accepted', status: 202 } as const);
    const wait = after ?? (answer.type === 'noNotify' ? timeout : transferDuration);
    transcript.call(`asks the caller's phone to call ${to}`);
    await this.pass(Math.min(wait, timeout));
    // A phone may hang up as soon as it has been asked: the transfer is in its hands.
    if (this.state === 'ended') return { type: 'accepted', status: 202 };
    const result: TransferResult = wait > timeout ? { type: 'noNotify' } : answer;
    transcript.call(`transfer ${transferWords(result)}`);
    this.note({ ...result, type: 'transfer', to, outcome: result.type });
    if (result.type === 'accepted' && this.end === undefined) {
      // The caller of this method hears of the success before it hears of the end.
      this.transferDone ??= clock.setTimeout(() => {
        this.finish({ by: 'flow', cause: 'transferred', status: 200, reason: '' });
      }, 0);
    }
    return result;
  }

  // ── others ──────────────────────────────────────────────────────────────────────────────────────

  async dial(request: DialOptions, signal?: AbortSignal): Promise<DialResult> {
    this.mustBeFree();
    if (this.state === 'ended') return { type: 'cancelled' };
    const { clock, transcript, calleeOf, lineOf } = this.options;
    if (calleeOf === undefined || lineOf === undefined) {
      throw new CallchartError('CALLCHART_NO_OUTBOUND', 'this call cannot dial');
    }
    this.dialling = true;
    try {
      const parts = {
        ...{ clock, transcript },
        calleeOf: (target: string) => calleeOf(target, request),
        newLegId: () => {
          this.legs += 1;
          return `${this.id}.${this.legs}`;
        },
        lineOf: (leg: SimulatedLeg) => lineOf(leg),
      };
      return await new SimulatedDial(this, request, parts, signal).done;
    } finally {
      this.dialling = false;
    }
  }

  async conference(
    request: ConferenceRequest,
    signal?: AbortSignal,
    onControl?: (control: ConferencePartyControl) => void,
  ): Promise<ConferenceResult> {
    await this.answer();
    this.mustLive();
    const { conference, transcript } = this.options;
    if (conference === undefined) {
      throw new CallchartError('CALLCHART_NO_CONFERENCE', 'this call can be in no conference');
    }
    const scene = conference[Math.min(this.conferences, conference.length - 1)] ?? {};
    this.conferences += 1;
    const { others = 1 } = scene;
    if (others >= request.maxParties) {
      transcript.call(`the conference ${request.name} is full`);
      return { type: 'full', parties: others };
    }
    if (signal?.aborted === true) return { type: 'left', endedBy: 'removed', duration: 0 };
    const party = new SimulatedConference(this, request, scene, this.options, signal);
    this.inConference = party;
    onControl?.(party);
    try {
      return await party.done;
    } finally {
      this.inConference = undefined;
    }
  }

  async enqueue(
    request: QueueRequest,
    signal?: AbortSignal,
    onPlace?: (place: QueuePlace) => void,
  ): Promise<QueueResult> {
    await this.answer();
    this.mustLive();
    const waiting = new SimulatedWait(this, request, this.nextQueue(), this.options, signal);
    onPlace?.(waiting);
    return this.alone(waiting);
  }

  async dequeue(request: DequeueRequest, signal?: AbortSignal): Promise<DequeueResult> {
    await this.answer();
    this.mustLive();
    return this.alone(new SimulatedServing(this, request, this.nextQueue(), this.options, signal));
  }

  private nextQueue(): QueueScene {
    const { queue } = this.options;
    if (queue === undefined) {
      throw new CallchartError('CALLCHART_NO_QUEUE', 'this call can be in no queue');
    }
    this.mustBeFree();
    this.queues += 1;
    return queue[Math.min(this.queues, queue.length) - 1] ?? {};
  }

  /** One dial, or one queue, at a time. */
  private async alone<T>(queueing: { begin(): void; readonly done: Promise<T> }): Promise<T> {
    this.dialling = true;
    try {
      queueing.begin();
      return await queueing.done;
    } finally {
      this.dialling = false;
    }
  }

  private mustBeFree(): void {
    if (!this.dialling) return;
    throw new CallchartError(
      'CALLCHART_CALL_BUSY',
      'the call dials, or is in a queue, already: one at a time',
    );
  }

  divertKeys(listener: (digit: string) => void): () => void {
    this.keys = listener;
    return () => {
      if (this.keys === listener) this.keys = undefined;
    };
  }

  tellKey(digit: string): void {
    this.listeners.offer({ type: 'dtmf', digit, duration: keyDuration, leg: 'caller' });
  }

  loop(prompt: Prompt): SimulatedPlayback {
    return this.sound.begin(prompt, { loop: Infinity });
  }

  mustHave(prompt: Prompt): void {
    this.sound.mustHave(prompt);
  }

  durationOf(prompt: Prompt): number {
    return this.options.prompts.hear(prompt, this.language).duration;
  }

  recordBoth({ name, ...options }: NonNullable<DialOptions['record']>): SimulatedRecording {
    const recording = this.sound.newRecording(
      {
        ...{ channels: 'stereo', maxDuration: Infinity, endSilence: 0, finishOn: '', beep: false },
        ...options,
      },
      name,
    );
    recording.start();
    return recording;
  }

  // ── media ───────────────────────────────────────────────────────────────────────────────────────

  async play(
    ...[prompt, options, signal]: Parameters<CallControl['play']>
  ): ReturnType<CallControl['play']> {
    this.mustLive();
    return this.sound.play(prompt, options, signal);
  }

  record(options: Parameters<CallControl['record']>[0]): ReturnType<CallControl['record']> {
    return this.sound.record(options);
  }

  async sendDigits(digits: string, duration: number, gap: number, form = 'auto'): Promise<void> {
    await this.answer();
    this.mustLive();
    this.options.transcript.call(`sends ${digits}${form === 'auto' ? '' : ` (${form})`}`);
    await this.pass(digits.length * (duration + gap));
  }

  /** Resolves after so many milliseconds, or with the end of the call. */
  private pass(duration: number): Promise<void> {
    const { clock } = this.options;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => {
        forget();
        resolve();
      }, duration);
      const forget = this.onEnd(() => {
        clock.clearTimeout(timer);
        resolve();
      });
    });
  }

  echo(): Promise<() => void> {
    return this.sound.echo();
  }

  detectMachine(): ReturnType<SimulatedSound['detectMachine']> {
    return this.sound.detectMachine();
  }

  detectSpeech(
    ...given: Parameters<SimulatedSound['detectSpeech']>
  ): ReturnType<SimulatedSound['detectSpeech']> {
    return this.sound.detectSpeech(...given);
  }

  recognize(
    ...given: Parameters<SimulatedSound['recognize']>
  ): ReturnType<SimulatedSound['recognize']> {
    return this.sound.recognize(...given);
  }

  listen(...given: Parameters<SimulatedSound['listen']>): ReturnType<SimulatedSound['listen']> {
    return this.sound.listen(...given);
  }

  note(note: CallNote): void {
    this.notes.push(note);
    if (note.type === 'error' && typeof note['message'] === 'string') {
      this.options.transcript.problem(note['message']);
    }
  }

  private mustLive(): void {
    if (this.end !== undefined) throw new CallEndedError();
  }

  private finish(end: CallEnd): void {
    if (this.end !== undefined) return;
    const { clock, transcript } = this.options;
    this.end = end;
    this.state = 'ended';
    clock.clearTimeout(this.transferDone);
    transcript.end(end);
    this.sound.close();
    this.listeners.ended(end);
  }
}

function transferWords(result: TransferResult): string {
  if (result.type === 'accepted') return 'accepted';
  if (result.type === 'noNotify') return 'without an answer';
  return `${result.type}: ${result.status} ${result.reason}`.trimEnd();
}
