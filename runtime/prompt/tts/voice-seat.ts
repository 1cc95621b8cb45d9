import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import type { SpeechRequest, Voice, VoiceCounts } from '../port';
import { Breaker } from '../../core/breaker';
import type { SpeechCache } from './cache';
import { SpeechRefused } from './refused';
import type { SpokenText } from './spoken-text';

/** A voice among others: how it does, and whether it is to be asked. */
export class VoiceSeat {
  private readonly breaker: Breaker;
  private spoken = 0;
  private failed = 0;
  private refused = 0;
  private kept = 0;
  private takenOver = 0;

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
    const { spoken, failed, refused, kept, takenOver } = this;
    const { voice, breaker } = this;
    return {
      ...{ voice: voice.name, language: voice.dialect(undefined), resting: breaker.resting },
      ...{ spoken, kept, failed, refused, takenOver },
    };
  }

  /** A text that it spoke earlier is heard again. */
  noteKept(): void {
    this.kept += 1;
  }

  /** It goes on, or begins, where another voice failed or rests. */
  noteTakenOver(): void {
    this.takenOver += 1;
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
