import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import type { SpeechRequest, Voice } from '../port';
import { Breaker } from './breaker';
import type { SpeechCache } from './cache';
import { SpeechRefused } from './refused';
import type { SpokenText } from './spoken-text';

/** What a voice has done since the start. */
export interface VoiceCounts {
  readonly voice: string;
  /** Texts that it spoke to the end, was too late with or failed at, and would not speak. */
  readonly spoken: number;
  readonly failed: number;
  readonly refused: number;
  /** It failed again and again, and is not asked for a while. */
  readonly resting: boolean;
}

/** A voice among others: how it does, and whether it is to be asked. */
export class VoiceSeat {
  private readonly breaker: Breaker;
  private spoken = 0;
  private failed = 0;
  private refused = 0;

  constructor(
    readonly voice: Voice,
    private readonly parts: {
      readonly clock: Clock;
      readonly logger: Logger;
      readonly cache: SpeechCache;
    },
  ) {
    this.breaker = new Breaker(parts.clock);
  }

  get ready(): boolean {
    return this.breaker.ready;
  }

  get counts(): VoiceCounts {
    const { spoken, failed, refused } = this;
    return { voice: this.voice.name, spoken, failed, refused, resting: this.breaker.resting };
  }

  /** `onFailed` is told when a synthesis fails that began here, and of no other. */
  make(request: SpeechRequest, onFailed: (error: Error) => void): SpokenText {
    const spoken = this.parts.cache.make(this.voice, request, (error) => {
      this.note(error);
      if (error !== undefined) onFailed(error);
    });
    this.breaker.begin();
    return spoken;
  }

  private note(error: Error | undefined): void {
    const { logger } = this.parts;
    const { name } = this.voice;
    if (error === undefined) {
      this.spoken += 1;
      if (this.breaker.succeed()) logger.info({ voice: name }, 'a voice works again');
    } else if (error instanceof SpeechRefused) {
      this.refused += 1;
      this.breaker.release();
    } else {
      this.failed += 1;
      if (this.breaker.fail()) {
        const fields = { voice: name, reason: describeError(error) };
        logger.warn(fields, 'a voice failed again and again and is not asked for a while');
      }
    }
  }
}
