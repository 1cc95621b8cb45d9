import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import type { Database } from '../store/database';
import type { DueRow, OutboxTable } from '../store/outbox-table';
import type { WebClient } from '../web/port';
import { SIGNATURE_HEADER, signatureOf } from '../web/signature';
import { type Answer, judge, pauseAfter } from './attempts';
import type { Subscriber } from './subscriber';

export interface DeliveryOptions {
  readonly database: Database;
  readonly outbox: OutboxTable;
  readonly subscribers: readonly Subscriber[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly web: Pick<WebClient, 'request'>;
  /** What requests are signed with, with each; not at all when there are none. */
  readonly keys: readonly string[];
}

/** Requests to one subscriber at once: each of another call. */
const mostAtOnce = 16;
/** Milliseconds that a subscriber may take for an event. */
const answerTimeout = 10_000;
const largestAnswer = 1_000_000;
/** How long an event is tried for. */
const lifetime = 24 * 3_600_000;
/** Between two looks at whether another process has sent something again. */
const lookInterval = 5_000;
/** Until a database that could not be used is tried again. */
const troubleDelay = 1_000;
/** How long the end of the server waits for requests in progress. */
const closeTimeout = 2_000;

interface Lane {
  readonly subscriber: Subscriber;
  /** Sequence numbers of the events that are being sent. */
  readonly sending: Set<number>;
  /** What came of requests, and is not written down yet. */
  readonly answers: { readonly row: DueRow; readonly answer: Answer }[];
  /** When the next is due; undefined: as far as is known nothing is. */
  next: number | undefined;
  failing: boolean;
}

/**
 * Brings events to their subscribers: in order for each call, at least once. Of each call only the oldest event that a
 * subscriber has not got is due, so that what fails holds back its own call and no other; and each subscriber has its
 * lane. What happens is in the database before the next step is taken.
 */
export class Delivery {
  private readonly lanes: readonly Lane[];
  private turning: TimerHandle | undefined;
  private waiting: TimerHandle | undefined;
  private looking: TimerHandle | undefined;
  private closing: TimerHandle | undefined;
  private dataVersion = -1;
  private closed = false;
  private troubled = false;
  private onIdle: (() => void) | undefined;

  constructor(private readonly options: DeliveryOptions) {
    this.lanes = options.subscribers.map((subscriber) => ({
      subscriber,
      ...{ sending: new Set<number>(), answers: [], next: undefined, failing: false },
    }));
  }

  /** Sends what was left. Throws when the database cannot be used. */
  start(): void {
    const { outbox, subscribers, clock, database, logger } = this.options;
    const names = subscribers.map(({ name }) => name);
    const buried = outbox.buryOthers(names, clock.now());
    if (buried > 0) {
      logger.warn({ events: buried }, 'events of subscribers that are not configured any more');
    }
    this.dataVersion = database.dataVersion();
    this.look();
    this.wake();
  }

  /** There is something to be sent. */
  wake(): void {
    const now = this.options.clock.now();
    for (const lane of this.lanes) lane.next = now;
    this.turnSoon();
  }

  /** Sends what is due, but not for long; what is not taken until then stays for the next start. */
  async close(): Promise<void> {
    const { clock } = this.options;
    if (this.closed) return;
    this.wake();
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
      this.closing = clock.setTimeout(resolve, closeTimeout);
    });
    this.closed = true;
    for (const timer of [this.closing, this.looking, this.waiting, this.turning]) {
      clock.clearTimeout(timer);
    }
  }

  private look(): void {
    const { clock, database } = this.options;
    this.looking = clock.setTimeout(() => {
      try {
        const version = database.dataVersion();
        if (version !== this.dataVersion) this.wake();
        this.dataVersion = version;
      } catch (error) {
        this.trouble(error);
      }
      this.look();
    }, lookInterval);
  }

  /** Many answers and events of one turn of the event loop are one transaction. */
  private turnSoon(delay = 0): void {
    if (this.closed) return;
    this.turning ??= this.options.clock.setTimeout(() => {
      this.turning = undefined;
      this.turn();
    }, delay);
  }

  private turn(): void {
    try {
      this.writeAnswers();
      for (const lane of this.lanes) this.fill(lane);
      this.troubled = false;
      this.waitForNext();
    } catch (error) {
      this.trouble(error);
      this.turnSoon(troubleDelay);
    }
  }

  private waitForNext(): void {
    const { clock } = this.options;
    clock.clearTimeout(this.waiting);
    const now = clock.now();
    const next = Math.min(...this.lanes.map((lane) => lane.next ?? Infinity));
    if (next > now && this.lanes.every(({ sending }) => sending.size === 0)) this.onIdle?.();
    if (next < Infinity) this.waiting = clock.setTimeout(() => this.turn(), next - now);
  }

  private writeAnswers(): void {
    const { database } = this.options;
    if (this.lanes.every(({ answers }) => answers.length === 0)) return;
    database.transaction(() => {
      for (const lane of this.lanes) {
        for (const { row, answer } of lane.answers) this.writeAnswer(lane, row, answer);
      }
    });
    const now = this.options.clock.now();
    for (const lane of this.lanes) {
      if (lane.answers.length === 0) continue;
      for (const { row } of lane.answers) lane.sending.delete(row.sequence);
      lane.answers.length = 0;
      lane.next = now;
    }
  }

  private writeAnswer({ subscriber: { name } }: Lane, row: DueRow, answer: Answer): void {
    const { outbox, clock, random, logger } = this.options;
    const now = clock.now();
    const first = row.first ?? now;
    switch (answer.type) {
      case 'taken':
        outbox.delivered(name, row, now);
        return;
      case 'unknown':
        // Nobody was asked: the server is being stopped.
        return;
      case 'failed': {
        const { error } = answer;
        const next = now + pauseAfter(row.attempts, random);
        if (!answer.final && next <= first + lifetime) {
          outbox.retry(name, row, { first, next, error });
          return;
        }
        outbox.bury(name, row, { now, error, first });
        logger.warn(
          { subscriber: name, call: row.call, sequence: row.sequence, error },
          'an event was not delivered: callchart events dead',
        );
      }
    }
  }

  private fill(lane: Lane): void {
    const { outbox, clock } = this.options;
    const now = clock.now();
    const { subscriber, sending } = lane;
    const free = mostAtOnce - sending.size;
    if (lane.next === undefined || lane.next > now || free <= 0) return;
    const due = outbox.due(subscriber.name, now, mostAtOnce);
    const rows = due.filter(({ sequence }) => !sending.has(sequence)).slice(0, free);
    for (const row of rows) this.send(lane, row);
    // Those that are due and wait for a place have their turn with an answer.
    lane.next = outbox.nextAfter(subscriber.name, now);
  }

  private send(lane: Lane, row: DueRow): void {
    const { outbox, web, keys, clock } = this.options;
    const { subscriber, sending } = lane;
    const body = outbox.body(row.sequence);
    sending.add(row.sequence);
    const answered = (answer: Answer): void => {
      lane.answers.push({ row, answer });
      this.tell(lane, answer);
      this.turnSoon();
    };
    if (body === undefined) {
      answered({ type: 'taken' });
      return;
    }
    web
      .request({
        ...{ url: subscriber.url, method: 'POST', body, timeout: answerTimeout },
        ...{ maxSize: largestAnswer, maxRedirects: 0 },
        headers: {
          ...subscriber.headers,
          'content-type': 'application/json',
          'idempotency-key': `${row.call}.${row.sequence}`,
        },
        sign: ({ body: sent = '' }) =>
          keys.length === 0 ? {} : { [SIGNATURE_HEADER]: signatureOf(sent, keys, clock.now()) },
      })
      .then(judge, (error: unknown) => judge({ type: 'failed', message: describeError(error) }))
      .then(answered)
      .catch((error: unknown) => this.trouble(error));
  }

  /** Says it once that a subscriber does not take events, and once that it does again. */
  private tell(lane: Lane, answer: Answer): void {
    const { logger } = this.options;
    const { name } = lane.subscriber;
    if (answer.type === 'failed' && !lane.failing) {
      logger.warn(
        { subscriber: name, error: answer.error },
        'a subscriber does not take events: they wait',
      );
    } else if (answer.type === 'taken' && lane.failing) {
      logger.info({ subscriber: name }, 'a subscriber takes events again');
    }
    if (answer.type !== 'unknown') lane.failing = answer.type === 'failed';
  }

  private trouble(error: unknown): void {
    if (this.troubled) return;
    this.troubled = true;
    this.options.logger.error(
      { error: describeError(error) },
      'events cannot be delivered: retrying',
    );
  }
}
