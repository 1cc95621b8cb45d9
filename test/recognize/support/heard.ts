import type { Recognised, RecognitionHandler } from '../../../runtime/recognize/port';

/** Whoever hears of a recognition: one line each, in order. */
export class Heard implements RecognitionHandler {
  readonly lines: string[] = [];
  readonly results: Recognised[] = [];
  readonly over: Promise<void>;
  private settle: () => void = () => undefined;

  constructor() {
    this.over = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  readonly onPartial = (result: Recognised): void => {
    this.lines.push(`partial ${result.text}`);
    this.results.push(result);
  };

  readonly onFinal = (result: Recognised): void => {
    this.lines.push(`final ${result.text}`);
    this.results.push(result);
  };

  readonly onEnd = (error: Error | undefined): void => {
    this.lines.push(error === undefined ? 'end' : error.message);
    this.settle();
  };
}

/** Turns of the event loop until it is so. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 1_000_000) throw new Error('it did not happen');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const options = {
  language: 'en',
  hints: [],
  partial: false,
  singleUtterance: true,
  sampleRate: 8_000,
} as const;
