import type { Clock, TimerHandle } from '../core/clock';
import type { Playback, PlaybackOptions, PlaybackResult } from '../media/port';

/** A prompt that nobody hears, and that takes its time. */
export class SimulatedPlayback implements Playback {
  readonly done: Promise<PlaybackResult>;
  private resolve: (result: PlaybackResult) => void = () => undefined;
  /** Milliseconds from the beginning of the first round, when `since` was now. */
  private position: number;
  private since: number;
  private paused = false;
  private over = false;
  private timer: TimerHandle | undefined;
  private readonly total: number;

  /**
   * @param round milliseconds
   * @param onEnd told once, how far it came when it was stopped
   */
  constructor(
    private readonly clock: Clock,
    private readonly round: number,
    { loop = 1, offset = 0 }: PlaybackOptions,
    private readonly onEnd: (stopped: number | undefined) => void,
  ) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    // Silence that is repeated for ever is not.
    this.total = round === 0 ? 0 : round * loop;
    this.position = Math.min(offset, this.total);
    this.since = clock.now();
    this.schedule();
  }

  stop(): void {
    this.end('stopped');
  }

  pause(): void {
    if (this.over || this.paused) return;
    this.position = this.now();
    this.paused = true;
    this.clock.clearTimeout(this.timer);
  }

  resume(): void {
    if (this.over || !this.paused) return;
    this.paused = false;
    this.schedule();
  }

  seek(position: number, options: { readonly relative?: boolean } = {}): void {
    if (this.over || Number.isNaN(position)) return;
    const { round } = this;
    const now = this.now();
    const begun = round === 0 ? 0 : Math.floor(now / round) * round;
    const inRound = options.relative === true ? now - begun + position : position;
    this.position = begun + Math.min(Math.max(0, inRound), round);
    if (!this.paused) this.schedule();
  }

  setGain(): void {
    // Loudness takes no time.
  }

  private now(): number {
    return this.paused ? this.position : this.position + this.clock.now() - this.since;
  }

  private schedule(): void {
    const { clock } = this;
    clock.clearTimeout(this.timer);
    this.since = clock.now();
    if (!Number.isFinite(this.total)) return;
    this.timer = clock.setTimeout(() => this.end('completed'), this.total - this.position);
  }

  private end(type: PlaybackResult['type']): void {
    if (this.over) return;
    this.over = true;
    const position = Math.min(this.now(), this.total);
    this.clock.clearTimeout(this.timer);
    this.onEnd(type === 'stopped' ? position : undefined);
    this.resolve({ type, position });
  }
}
