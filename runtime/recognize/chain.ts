import { Breaker } from '../core/breaker';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { Recognition, RecognitionHandler, RecognitionOptions, Recognizer } from './port';

/**
 * Several recognisers of which each is asked where those before it fail again and again: one that does is left alone for
 * a while. Who listens already stays with his.
 */
export class RecognizerChain implements Recognizer {
  readonly name: string;
  private readonly seats: readonly { readonly recognizer: Recognizer; readonly breaker: Breaker }[];

  constructor(
    private readonly recognizers: readonly Recognizer[],
    clock: Clock,
    private readonly logger: Logger,
  ) {
    this.name = recognizers.map(({ name }) => name).join(', ');
    this.seats = recognizers.map((recognizer) => ({ recognizer, breaker: new Breaker(clock) }));
  }

  async prepare(): Promise<void> {
    for (const recognizer of this.recognizers) await recognizer.prepare?.();
  }

  open(options: RecognitionOptions, handler: RecognitionHandler): Recognition {
    const seat = this.seats.find(({ breaker }) => breaker.ready) ?? this.seats[0];
    if (seat === undefined) throw new RangeError('a chain needs a recogniser');
    const { recognizer, breaker } = seat;
    breaker.begin();
    let told = false;
    const succeed = (): void => {
      if (told) return;
      told = true;
      if (breaker.succeed())
        this.logger.info({ recognizer: recognizer.name }, 'a recogniser works again');
    };
    const recognition = recognizer.open(options, {
      onPartial: (result) => {
        succeed();
        handler.onPartial(result);
      },
      onFinal: (result) => {
        succeed();
        handler.onFinal(result);
      },
      onEnd: (error) => {
        if (error === undefined) succeed();
        else this.failed(seat, error);
        told = true;
        handler.onEnd(error);
      },
    });
    return {
      write: (samples) => recognition.write(samples),
      finish: () => recognition.finish(),
      close: () => {
        // Nothing was heard of it: that says nothing about it.
        if (!told) breaker.release();
        told = true;
        recognition.close();
      },
    };
  }

  get recognitions(): number {
    return this.recognizers.reduce((sum, { recognitions }) => sum + recognitions, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.recognizers.map((recognizer) => recognizer.close()));
  }

  private failed({ recognizer, breaker }: (typeof this.seats)[number], error: Error): void {
    const fields = { recognizer: recognizer.name, reason: describeError(error) };
    if (breaker.fail()) {
      this.logger.warn(fields, 'a recogniser failed again and again and is not asked for a while');
    } else {
      this.logger.warn(fields, 'a recogniser failed');
    }
  }
}
