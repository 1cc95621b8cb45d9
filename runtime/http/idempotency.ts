import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock';
import type { AnswerTable, StoredAnswer } from '../store/answer-table';
import { Problem } from './problem';

/** How long an answer is given again. */
const keptFor = 86_400_000;

export type PlainAnswer = Omit<StoredAnswer, 'request'>;

/** A request that carries an Idempotency-Key. */
export interface RepeatableRequest {
  /** The prefix of the API's key: two clients never meet. */
  readonly apiKey: string;
  readonly idempotencyKey: string;
  /** Method, path and body. */
  readonly content: string;
}

/**
 * Carries a request out once, however often it comes. A failure is not kept: it may be tried again. What is in flight
 * is known to this process alone, as what it began ends with it.
 */
export class Idempotency {
  private readonly inFlight = new Set<string>();

  constructor(
    private readonly answers: Pick<AnswerTable, 'find' | 'keep'>,
    private readonly clock: Clock,
  ) {}

  /** @throws {Problem} 409 while the first is in flight, 422 when the key was used for another request */
  async once(
    { apiKey, idempotencyKey, content }: RepeatableRequest,
    work: () => Promise<PlainAnswer>,
  ): Promise<PlainAnswer & { readonly repeated: boolean }> {
    const request = createHash('sha256').update(content).digest('hex');
    const place = `${apiKey} ${idempotencyKey}`;
    if (this.inFlight.has(place)) {
      throw new Problem(
        409,
        'CALLCHART_IDEMPOTENCY_IN_FLIGHT',
        'a request with this Idempotency-Key is being carried out',
        { headers: { 'Retry-After': '1' } },
      );
    }
    const since = Math.round(this.clock.now()) - keptFor;
    const known = this.answers.find(apiKey, idempotencyKey, since);
    if (known !== undefined) {
      if (known.request === request) return { ...known, repeated: true };
      throw new Problem(
        422,
        'CALLCHART_IDEMPOTENCY_REUSED',
        'this Idempotency-Key was used for another request',
      );
    }
    this.inFlight.add(place);
    try {
      const answer = await work();
      const now = Math.round(this.clock.now());
      this.answers.keep(apiKey, idempotencyKey, { ...answer, request }, { now, since });
      return { ...answer, repeated: false };
    } finally {
      this.inFlight.delete(place);
    }
  }
}
