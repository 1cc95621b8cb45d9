import type { Clock, TimerHandle } from '../core/clock';
import type { Recording, RecordingOptions, RecordingResult } from '../media/port';

/** Silence before the first word that a trimmed recording keeps at the most, as the real ones. */
const longestTrim = 5_000;

/** A recording without sound: it knows when somebody speaks, and ends by the rules of `media/recorder.ts`. */
export class SimulatedRecording implements Recording {
  readonly done: Promise<RecordingResult>;
  private resolve: (result: RecordingResult) => void = () => undefined;
  private state: 'waiting' | 'running' | 'ended' = 'waiting';
  /** When the stretch that is being recorded began, and what was recorded before it. */
  private since = 0;
  private before = 0;
  private pausedAt: number | undefined;
  private readonly pauses: { readonly at: number; readonly duration: number }[] = [];
  private speaking: boolean;
  /** In milliseconds of the file: the first and last moment of speech, and from where silence counts. */
  private firstSpeech: number | undefined;
  private spoken: number | undefined;
  private quietFrom = 0;
  private timer: TimerHandle | undefined;

  /** @param onEnd told when it takes no more sound */
  constructor(
    private readonly clock: Clock,
    private readonly options: RecordingOptions,
    speaking: boolean,
    private readonly onEnd: () => void,
  ) {
    this.speaking = speaking;
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  get path(): string {
    return this.options.path;
  }

  /** The beep is over. */
  start(): void {
    if (this.state !== 'waiting') return;
    this.state = 'running';
    this.since = this.clock.now();
    if (this.speaking) this.hearBegin();
    this.plan();
  }

  stop(): void {
    this.end('stopped');
  }

  pause(): void {
    if (this.state === 'ended' || this.pausedAt !== undefined) return;
    this.touch();
    this.before = this.length;
    this.pausedAt = this.clock.now();
    this.plan();
  }

  resume(): void {
    const { pausedAt } = this;
    if (this.state === 'ended' || pausedAt === undefined) return;
    this.pausedAt = undefined;
    const now = this.clock.now();
    this.pauses.push({ at: this.before, duration: now - pausedAt });
    this.since = now;
    this.quietFrom = this.before;
    if (this.speaking) this.hearBegin();
    this.plan();
  }

  /** Somebody whom it records begins or ceases to speak. */
  hear(speaking: boolean): void {
    this.touch();
    this.speaking = speaking;
    if (speaking) this.hearBegin();
    this.plan();
  }

  press(digit: string): void {
    if (this.options.finishOn.includes(digit)) this.end('finishOn', { digit });
  }

  fail(reason: string): void {
    this.end('failed', { error: new Error(reason) });
  }

  /** Milliseconds that were recorded until now. */
  private get length(): number {
    if (this.state !== 'running' || this.pausedAt !== undefined) return this.before;
    return this.before + this.clock.now() - this.since;
  }

  private hearBegin(): void {
    if (this.state !== 'running' || this.pausedAt !== undefined) return;
    this.firstSpeech ??= this.length;
    this.spoken = this.length;
  }

  /** Who speaks has spoken until now. */
  private touch(): void {
    if (this.speaking) this.hearBegin();
  }

  /** When it will end by itself. */
  private plan(): void {
    const { clock, options, speaking } = this;
    clock.clearTimeout(this.timer);
    if (this.state !== 'running' || this.pausedAt !== undefined) return;
    const { maxDuration, endSilence, startSilence = 0 } = options;
    const limit = this.spoken === undefined && startSilence > 0 ? startSilence : endSilence;
    const silentFrom = Math.max(this.spoken ?? 0, this.quietFrom);
    const silence = speaking || limit === 0 ? Infinity : silentFrom + limit;
    const end = Math.min(maxDuration, silence);
    const type = silence < maxDuration ? 'silence' : 'maxDuration';
    if (Number.isFinite(end)) {
      this.timer = clock.setTimeout(() => this.end(type), end - this.length);
    }
  }

  private end(
    type: RecordingResult['type'],
    more: { readonly digit?: string; readonly error?: Error } = {},
  ): void {
    if (this.state === 'ended') return;
    this.touch();
    const length = this.length;
    if (this.pausedAt !== undefined) {
      this.pauses.push({ at: this.before, duration: this.clock.now() - this.pausedAt });
    }
    this.state = 'ended';
    this.clock.clearTimeout(this.timer);
    const { options, pauses } = this;
    const { format = 'wav', channels = 'peer' } = options;
    this.onEnd();
    this.resolve({
      type,
      path: type === 'failed' ? undefined : options.path,
      duration: type === 'failed' ? 0 : this.kept(length),
      peak: this.spoken === undefined ? 0 : 10_000,
      format,
      channels,
      speech: this.spoken !== undefined,
      ...(pauses.length === 0 ? {} : { pauses }),
      ...more,
    });
  }

  /** Milliseconds of the file: what `trim` cuts off at both ends is not in it. */
  private kept(length: number): number {
    const { trim } = this.options;
    if (trim === undefined) return length;
    const { firstSpeech, spoken } = this;
    if (firstSpeech === undefined || spoken === undefined) return Math.min(length, trim);
    const skipped = Math.max(0, firstSpeech - Math.min(trim, longestTrim));
    return Math.min(length, spoken + trim) - skipped;
  }
}
