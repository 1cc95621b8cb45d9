import type { Clock, TimerHandle } from '../core/clock';
import { HANGOVER, ONSET } from '../media/detect/speech';
import type { DetectOptions } from '../media/port';

/** Sound is heard in pieces of so many milliseconds. */
const frame = 20;

/** Tells when somebody begins and ceases to speak, as late as `media/detect/speech.ts` does. */
export class SpeechOnLine {
  speaking = false;
  private told = false;
  private options: NonNullable<DetectOptions['speech']> | undefined;
  private timer: TimerHandle | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (speaking: boolean) => void,
  ) {}

  /** What is looked for from now on; undefined ends it. Who speaks goes on speaking. */
  detect(options: DetectOptions['speech']): void {
    const before = this.options;
    this.options = options;
    if (options === undefined) {
      this.close();
      this.told = false;
    } else if (before === undefined && this.speaking) {
      this.plan();
    }
  }

  speak(speaking: boolean): void {
    this.speaking = speaking;
    this.plan();
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
  }

  private plan(): void {
    this.close();
    const { options, speaking } = this;
    if (options === undefined || speaking === this.told) return;
    const { onset = ONSET, hangover = HANGOVER } = options;
    const delay = Math.ceil((speaking ? onset : hangover) / frame) * frame;
    this.timer = this.clock.setTimeout(() => {
      this.told = speaking;
      this.tell(speaking);
    }, delay);
  }
}
