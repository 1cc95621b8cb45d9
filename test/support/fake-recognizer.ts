import type {
  Recognised,
  Recognition,
  RecognitionHandler,
  RecognitionOptions,
  Recognizer,
} from '../../runtime/recognize/port';

/** A recogniser that understands what the test says. */
export class FakeRecognizer implements Recognizer {
  readonly name = 'fake';
  /** All that were ever opened, in order. */
  readonly opened: FakeRecognition[] = [];

  open(options: RecognitionOptions, handler: RecognitionHandler): Recognition {
    const recognition = new FakeRecognition(options, handler);
    this.opened.push(recognition);
    return recognition;
  }

  /** The last one. */
  get last(): FakeRecognition {
    const last = this.opened.at(-1);
    if (last === undefined) throw new Error('nobody listens');
    return last;
  }

  get recognitions(): number {
    return this.opened.filter(({ state }) => state !== 'over').length;
  }

  close(): Promise<void> {
    for (const recognition of this.opened) recognition.close();
    return Promise.resolve();
  }
}

/** Tells nothing once it is over. */
export class FakeRecognition implements Recognition {
  state: 'open' | 'finishing' | 'over' = 'open';
  /** Samples that were written. */
  samples = 0;

  constructor(
    readonly options: RecognitionOptions,
    private readonly handler: RecognitionHandler,
  ) {}

  write(samples: Int16Array): void {
    this.samples += samples.length;
  }

  finish(): void {
    if (this.state === 'open') this.state = 'finishing';
  }

  close(): void {
    this.state = 'over';
  }

  partial(text: string, stability?: number): void {
    if (this.state === 'over') return;
    this.handler.onPartial({ text, confidence: undefined, stability });
  }

  final(text: string, confidence?: number): void {
    if (this.state === 'over') return;
    const result: Recognised = { text, confidence };
    this.handler.onFinal(result);
  }

  end(error?: Error): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.handler.onEnd(error);
  }
}
