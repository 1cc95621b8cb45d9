import type { VirtualClock } from '../../runtime/core/virtual-clock';
import { CallchartError } from '../../runtime/core/errors';
import type {
  CallControl,
  CallEnd,
  CallEvent,
  CallInfo,
  CallNote,
  DialOptions,
  DialResult,
  TransferResult,
} from '../../runtime/call/port';
import { TypeAhead } from '../../runtime/call/digit-queue';
import type {
  DetectOptions,
  MachineDetection,
  MachineOptions,
  MachineResult,
  Playback,
  PlaybackOptions,
  PlaybackResult,
  Recording,
  RecordingResult,
} from '../../runtime/media/port';
import type { Prompt } from '../../runtime/prompt/port';
import type { Recognizer } from '../../runtime/recognize/port';

export interface FakeCallOptions {
  readonly info?: Partial<CallInfo>;
  /** How long a prompt lasts, in milliseconds; 1 000. Name, or the text that is said. */
  readonly lengths?: Readonly<Record<string, number>>;
  /** Prompts that cannot be had. */
  readonly broken?: readonly string[];
  /** False for a caller without an offer and without 100rel (RFC 3262): it gets 180 in place of 183. */
  readonly earlyMedia?: boolean;
  /** Understands the caller; without it there is none. */
  readonly recognizer?: Recognizer;
  /** What `transfer` comes to; it is accepted when absent. */
  readonly transfer?: () => Promise<TransferResult>;
  /** What `dial` comes to; nobody answers when absent. `call` is there to tell events and to end. */
  readonly dial?: (
    options: DialOptions,
    signal: AbortSignal | undefined,
    call: FakeCall,
  ) => Promise<DialResult>;
}

/** A prompt as one word, for transcripts. */
export function promptName(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt;
  if (Array.isArray(prompt)) return (prompt as readonly Prompt[]).map(promptName).join('+');
  if ('say' in prompt) return prompt.say;
  if ('digits' in prompt) return `digits:${prompt.digits}`;
  if ('silence' in prompt) return `silence:${prompt.silence}`;
  if ('tone' in prompt) return `tone:${prompt.tone}`;
  return 'file' in prompt ? `file:${prompt.file}` : '';
}

/**
 * A call without SIP and media: what the flow does to it is in `log`, what the caller does is told to it
 * by `press`, `hangUp` and the recordings.
 */
export class FakeCall implements CallControl {
  readonly info: CallInfo;
  state: CallControl['state'] = 'ringing';
  end: CallEnd | undefined;
  /** `answer`, `play welcome`, `stop welcome`, `hangup`, … in order. */
  readonly log: string[] = [];
  readonly notes: CallNote[] = [];
  readonly digits = new TypeAhead((digit, duration) =>
    this.emit({ type: 'dtmf', digit, duration }),
  );
  /** What `transfer` comes to. */
  transferring: () => Promise<TransferResult>;
  /** Recordings that are running, by the order of their start. */
  readonly recordings: FakeRecording[] = [];
  readonly recognize: CallControl['recognize'];
  playing = 0;
  echoing = false;
  /** While the flow listens: tells it that the caller speaks, or does no more. */
  speak: ((speaking: boolean) => void) | undefined;
  /** What the flow listens for, by the order in which it began. */
  readonly listening: DetectOptions[] = [];
  /** While the flow wants to know: tells it who has answered. */
  tellMachine: ((result: MachineResult) => void) | undefined;
  private readonly waiting: (() => void)[] = [];
  private readonly endListeners = new Set<(end: CallEnd) => void>();
  private readonly eventListeners = new Set<(event: CallEvent) => boolean>();

  constructor(
    readonly clock: VirtualClock,
    private readonly options: FakeCallOptions = {},
  ) {
    const { recognizer } = options;
    this.recognize =
      recognizer === undefined
        ? undefined
        : async ({ tell = false, ...wanted }, handler) => {
            await this.answer();
            const { language = 'en' } = wanted;
            return recognizer.open(
              { ...wanted, language, sampleRate: 8_000 },
              {
                onFinal: (result) => handler.onFinal(result),
                onEnd: (error) => handler.onEnd(error),
                onPartial: (result) => {
                  const { text } = result;
                  if (tell) this.emit({ type: 'speech.partial', text });
                  handler.onPartial(result);
                },
              },
            );
          };
    this.transferring =
      options.transfer ?? (() => Promise.resolve({ type: 'accepted', status: 202 }));
    this.info = {
      id: 'call-1',
      callId: 'abc@caller.example',
      from: { uri: 'sip:alice@caller.example', user: 'alice', displayName: 'Alice' },
      to: { uri: 'sip:reception@callchart.example', user: 'reception', displayName: '' },
      dialled: 'reception',
      headers: {},
      remoteAddress: '127.0.0.1:5070',
      started: clock.now(),
      ...options.info,
    };
  }

  // ── the caller ──

  /** Presses each key, one after the other at once. */
  press(digits: string): void {
    for (const digit of digits) this.digits.press(digit, 100);
  }

  hangUp(cause = 'bye'): void {
    this.over({ by: 'caller', cause, status: 200, reason: '' });
  }

  emit(event: CallEvent): boolean {
    let taken = false;
    for (const listener of [...this.eventListeners]) taken = listener(event) || taken;
    return taken;
  }

  get listeners(): number {
    return this.endListeners.size + this.eventListeners.size;
  }

  // ── CallControl ──

  onEnd(listener: (end: CallEnd) => void): () => void {
    if (this.end !== undefined) listener(this.end);
    else this.endListeners.add(listener);
    return () => this.endListeners.delete(listener);
  }

  onEvent(listener: (event: CallEvent) => boolean): () => void {
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  }

  async answer(): Promise<void> {
    this.mustLive();
    if (this.state === 'answered') return;
    this.state = 'answered';
    this.log.push('answer');
    for (const wait of this.waiting.splice(0)) wait();
  }

  async ring(options: { readonly earlyMedia?: boolean } = {}): Promise<void> {
    this.mustLive();
    if (this.state === 'answered') return;
    const early = options.earlyMedia === true && this.options.earlyMedia !== false;
    this.log.push(early ? 'ring early' : 'ring');
    if (early) this.state = 'early';
  }

  reject(status: number, reason?: string): void {
    this.log.push(`reject ${status}${reason === undefined ? '' : ` ${reason}`}`);
    this.over({ by: 'flow', cause: 'rejected', status, reason: reason ?? '' });
  }

  redirect(contacts: readonly string[], status = 302): void {
    this.log.push(`redirect ${status} ${contacts.join(' ')}`);
    this.over({ by: 'flow', cause: 'redirected', status, reason: '' });
  }

  hangup(reason = ''): void {
    this.log.push(reason === '' ? 'hangup' : `hangup ${reason}`);
    this.over({ by: 'flow', cause: 'bye', status: 200, reason });
  }

  terminate(cause: string, status: number, reason: string): void {
    this.log.push(`terminate ${cause}`);
    this.over({ by: 'system', cause, status, reason });
  }

  async transfer(to: string, options: { readonly timeout: number }): Promise<TransferResult> {
    this.log.push(`transfer ${to} ${options.timeout}`);
    return this.transferring();
  }

  async play(
    prompt: Prompt,
    options: PlaybackOptions = {},
    signal?: AbortSignal,
  ): Promise<Playback> {
    this.mustLive();
    const name = promptName(prompt);
    if (this.options.broken?.includes(name) === true) {
      throw new CallchartError('CALLCHART_VOICE_FAILED', `cannot say ${name}`);
    }
    signal?.throwIfAborted();
    if (this.state === 'ringing') await this.answer();
    const round = this.options.lengths?.[name] ?? 1_000;
    const { loop = 1, offset = 0 } = options;
    this.log.push(
      `play ${name}${loop === 1 ? '' : ` x${loop}`}${offset === 0 ? '' : ` +${offset}`}`,
    );
    const length = round * loop - offset;
    const started = this.clock.now();
    this.playing += 1;
    let over = false;
    let resolve: (result: PlaybackResult) => void = () => undefined;
    const done = new Promise<PlaybackResult>((settle) => {
      resolve = settle;
    });
    const finish = (type: PlaybackResult['type']): void => {
      if (over) return;
      over = true;
      this.playing -= 1;
      forget();
      this.clock.clearTimeout(timer);
      resolve({ type, position: this.clock.now() - started });
    };
    const timer = Number.isFinite(length)
      ? this.clock.setTimeout(() => finish('completed'), length)
      : undefined;
    const forget = this.onEnd(() => finish('stopped'));
    return {
      done,
      stop: () => {
        if (!over) this.log.push(`stop ${name}`);
        finish('stopped');
      },
      pause: () => this.log.push(`pause ${name}`),
      resume: () => this.log.push(`resume ${name}`),
      seek: (position) => this.log.push(`seek ${name} ${position}`),
      setGain: (gain) => this.log.push(`gain ${name} ${gain}`),
    };
  }

  async record(options: Parameters<CallControl['record']>[0]): Promise<Recording> {
    if (options.whenAnswered === true) await this.untilAnswered();
    await this.answer();
    const { maxDuration, endSilence, finishOn, beep, name, channels, format, trim } = options;
    const more = [channels, format, trim === undefined ? undefined : `trim ${trim}`];
    this.log.push(
      [
        `record ${name ?? '-'} max ${maxDuration} silence ${endSilence} finish ${finishOn}${beep ? ' beep' : ''}`,
        ...more.filter((each) => each !== undefined),
      ].join(' '),
    );
    const ending = format === 'ogg-opus' ? 'opus' : 'wav';
    const path = `/recordings/${this.recordings.length + 1}.${ending}`;
    const recording = new FakeRecording(path, this.clock, maxDuration);
    this.recordings.push(recording);
    this.onEnd(() => recording.stop());
    return recording;
  }

  async sendDigits(digits: string, duration: number, gap: number, form = 'auto'): Promise<void> {
    this.mustLive();
    this.log.push(`send ${digits} ${duration}/${gap}${form === 'auto' ? '' : ` ${form}`}`);
  }

  async echo(): Promise<() => void> {
    await this.answer();
    this.log.push('echo');
    this.echoing = true;
    return () => {
      if (this.echoing) this.log.push('stop echo');
      this.echoing = false;
    };
  }

  async detectMachine(options: MachineOptions = {}): Promise<MachineDetection> {
    await this.answer();
    this.log.push(`detect machine ${JSON.stringify(options)}`);
    const stopped: MachineResult = { type: 'stopped', reason: 'stopped', decidedAt: 0 };
    const done = new Promise<MachineResult>((resolve) => {
      this.tellMachine = (result) => {
        this.tellMachine = undefined;
        resolve(result);
      };
    });
    return { done, stop: () => this.tellMachine?.(stopped) };
  }

  async detectSpeech(options: object, listener: (speaking: boolean) => void): Promise<() => void> {
    await this.answer();
    this.log.push(`detect speech ${JSON.stringify(options)}`);
    this.speak = listener;
    return () => {
      this.speak = undefined;
    };
  }

  async listen(options: DetectOptions): Promise<() => void> {
    await this.untilAnswered();
    this.listening.push(options);
    return () => {
      this.listening.splice(this.listening.indexOf(options), 1);
    };
  }

  async dial(options: DialOptions, signal?: AbortSignal): Promise<DialResult> {
    this.mustLive();
    this.log.push(
      `dial ${options.targets.map((target) => (typeof target === 'string' ? target : target.to)).join(' ')} ${options.strategy} ${options.timeout}`,
    );
    const dialled = this.options.dial?.(options, signal, this);
    return dialled ?? Promise.resolve({ type: 'noAnswer' });
  }

  note(note: CallNote): void {
    this.notes.push(note);
  }

  private async untilAnswered(): Promise<void> {
    while (this.state !== 'answered') {
      this.mustLive();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private mustLive(): void {
    if (this.end !== undefined) {
      throw new CallchartError('CALLCHART_CALL_ENDED', 'the call has ended');
    }
  }

  private over(end: CallEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.state = 'ended';
    const listeners = [...this.endListeners];
    this.endListeners.clear();
    this.eventListeners.clear();
    for (const listener of listeners) listener(end);
    for (const wait of this.waiting.splice(0)) wait();
  }
}

export class FakeRecording implements Recording {
  paused = false;
  readonly done: Promise<RecordingResult>;
  private settle: (result: RecordingResult) => void = () => undefined;
  private readonly started: number;
  private readonly timer: object;
  private pausedAt = 0;
  private readonly pauses: { readonly at: number; readonly duration: number }[] = [];

  constructor(
    readonly path: string,
    private readonly clock: VirtualClock,
    maxDuration: number,
  ) {
    this.started = clock.now();
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.timer = clock.setTimeout(() => this.finish({ type: 'maxDuration' }), maxDuration);
  }

  finish(result: Partial<RecordingResult>): void {
    this.clock.clearTimeout(this.timer);
    const duration = this.clock.now() - this.started;
    const pauses = this.pauses.length === 0 ? {} : { pauses: this.pauses };
    this.settle({ type: 'stopped', path: this.path, duration, peak: 1_000, ...pauses, ...result });
  }

  stop(): void {
    this.finish({ type: 'stopped' });
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.pausedAt = this.clock.now();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const duration = this.clock.now() - this.pausedAt;
    this.pauses.push({ at: this.pausedAt - this.started, duration });
  }
}
