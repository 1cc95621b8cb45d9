import type { QueueFact, QueueListener, QueueStatus } from '../call/queue/port';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { Database } from '../store/database';
import { QueueTable, type QueueDelta, type QueueNumbers } from '../store/queue-table';
import type { ServedQueue } from './port';

/** Keeps count of what comes of the calls in queues, where there is a database; nothing is written before one is used. */
export class QueueCounts {
  private table: QueueTable | undefined;

  constructor(
    private readonly database: Database | undefined,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  readonly onFact: QueueListener = (queue, fact) => {
    const { database, clock, logger } = this;
    if (database === undefined) return;
    try {
      this.table ??= new QueueTable(database);
      this.table.add(queue, deltaOf(fact), Math.round(clock.now()));
    } catch (error) {
      // A call goes on without being counted.
      logger.warn({ queue, error: describeError(error) }, 'a queue was not counted');
    }
  };

  /** Throws a StoreError. */
  forget(queue: string): void {
    const { database } = this;
    if (database === undefined) return;
    this.table ??= new QueueTable(database);
    this.table.delete(queue);
  }

  /** Queues as of now, and those that nobody is in but whose numbers are known. Throws a StoreError. */
  with(live: readonly QueueStatus[]): readonly ServedQueue[] {
    const { database } = this;
    if (database === undefined) return live;
    this.table ??= new QueueTable(database);
    const numbers = this.table.list();
    const known = new Set(live.map(({ name }) => name));
    const idle = { maxSize: undefined, members: [], agents: 0, talking: 0, averageWait: 0 };
    const others = [...numbers.keys()].filter((name) => !known.has(name));
    return [...live, ...others.map((name) => ({ name, ...idle }))]
      .map((queue) => withNumbers(queue, numbers.get(queue.name)))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }
}

function withNumbers(queue: ServedQueue, numbers: QueueNumbers | undefined): ServedQueue {
  return numbers === undefined ? queue : { ...queue, numbers };
}

function deltaOf(fact: QueueFact): QueueDelta {
  switch (fact.type) {
    case 'bridged':
      return {
        ...{ bridged: 1, waited: fact.waited, wait: fact.waited },
        inTime: fact.inTime ? 1 : 0,
      };
    case 'talked':
      return { talked: fact.duration };
    case 'left':
    case 'hungUp':
    case 'timedOut':
      return { [fact.type]: 1, wait: fact.waited };
    default:
      return { [fact.type]: 1 };
  }
}
