import type { CallEvent, CallRecognition, RecognizeOptions } from '../call/port';
import type { Clock, TimerHandle } from '../core/clock';

/** Milliseconds from when somebody begins to speak to the first words of him. */
const FIRST_WORDS = 500;
/** Of silence, after which what he has said is final. */
const END = 500;

/** Told what is understood; the recogniser's own. */
export interface SimulatedHandler {
  onPartial(result: { readonly text: string; readonly confidence: undefined }): void;
  onFinal(result: { readonly text: string; readonly confidence: number }): void;
  onEnd(error: Error | undefined): void;
}

/** Understands all that the script lets the caller say, from when it has begun to listen. */
export class SimulatedRecognition implements CallRecognition {
  private said: string | undefined;
  private words: TimerHandle | undefined;
  private timer: TimerHandle | undefined;
  private finishing = false;
  private over = false;

  constructor(
    private readonly clock: Clock,
    private readonly options: RecognizeOptions,
    private readonly handler: SimulatedHandler,
    private readonly emit: (event: CallEvent) => void,
    private readonly onClosed: () => void,
  ) {}

  /** The caller begins to say this. */
  begin(text: string): void {
    if (this.finishing) return;
    this.flush();
    if (this.over) return;
    this.said = text;
    if (this.options.partial && text.trim() !== '') {
      this.words = this.clock.setTimeout(() => this.partial(text), FIRST_WORDS);
    }
  }

  /** The caller has said it. */
  cease(): void {
    if (this.said === undefined || this.finishing) return;
    this.clock.clearTimeout(this.words);
    this.timer = this.clock.setTimeout(() => this.flush(), END);
  }

  finish(): void {
    if (this.finishing || this.over) return;
    this.finishing = true;
    this.clear();
    this.timer = this.clock.setTimeout(() => {
      this.flush();
      if (this.over) return;
      this.close();
      this.handler.onEnd(undefined);
    }, 0);
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.clear();
    this.onClosed();
  }

  private partial(text: string): void {
    if (this.options.tell === true) this.emit({ type: 'speech.partial', text });
    this.handler.onPartial({ text, confidence: undefined });
  }

  private flush(): void {
    const { said } = this;
    this.clear();
    this.said = undefined;
    if (said !== undefined && said.trim() !== '') {
      this.handler.onFinal({ text: said, confidence: 1 });
    }
  }

  private clear(): void {
    this.clock.clearTimeout(this.words);
    this.clock.clearTimeout(this.timer);
  }
}
