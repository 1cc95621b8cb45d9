import type { Database, SqlValue, Statement } from './database';
import { explainStoreError } from './store-error';

/** What has come of the calls in a queue since it was used first. Durations are milliseconds. */
export interface QueueNumbers {
  /** Of the first, in milliseconds since the epoch. */
  readonly since: number;
  readonly entered: number;
  readonly bridged: number;
  /** Of those that were bridged: within the service level. */
  readonly inTime: number;
  readonly left: number;
  readonly hungUp: number;
  readonly timedOut: number;
  /** Were not let in. */
  readonly full: number;
  /** Of those that were bridged, together. */
  readonly waited: number;
  readonly talked: number;
  /** The longest wait of anybody. */
  readonly longest: number;
}

const columns = {
  ...{ entered: 'entered', bridged: 'bridged', inTime: 'in_time', left: 'left' },
  ...{ hungUp: 'hung_up', timedOut: 'timed_out', full: 'full' },
  ...{ waited: 'waited', talked: 'talked' },
} as const;
type Counter = keyof typeof columns;
const counters = Object.keys(columns) as readonly Counter[];
const names = counters.map((each) => columns[each]);

/** What is added to the numbers of a queue. */
export type QueueDelta = Readonly<Partial<Record<Counter, number>>> & {
  /** A wait that may be the longest. */
  readonly wait?: number;
};

/** The numbers of queues in the database; each member is one transaction. All throw a {@link StoreError}. */
export class QueueTable {
  private readonly upsert: Statement;
  private readonly select: Statement;
  private readonly remove: Statement;

  constructor(private readonly database: Database) {
    const values = names.map((_, index) => `?${index + 4}`);
    const sums = names.map((name) => `${name} = ${name} + excluded.${name}`);
    this.upsert = database.prepare(
      `INSERT INTO queues (name, since, longest, ${names.join(', ')})
       VALUES (?1, ?2, ?3, ${values.join(', ')})
       ON CONFLICT (name) DO UPDATE SET longest = max(longest, excluded.longest), ${sums.join(', ')}`,
    );
    this.remove = database.prepare('DELETE FROM queues WHERE name = ?');
    this.select = database.prepare(
      `SELECT name, since, longest, ${names.join(', ')} FROM queues ORDER BY name`,
    );
  }

  /** @param now milliseconds since the epoch */
  add(queue: string, { wait = 0, ...delta }: QueueDelta, now: number): void {
    this.guarded(() =>
      this.upsert.run(queue, now, wait, ...counters.map((each) => delta[each] ?? 0)),
    );
  }

  /** By name. */
  list(): ReadonlyMap<string, QueueNumbers> {
    return this.guarded(() => new Map(this.select.all().map(toNumbers)));
  }

  delete(queue: string): void {
    this.guarded(() => this.remove.run(queue));
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explainStoreError(this.database.file, error);
    }
  }
}

function toNumbers([name, since, longest, ...values]: readonly SqlValue[]): [string, QueueNumbers] {
  const counted = Object.fromEntries(
    counters.map((each, index) => [each, Number(values[index] ?? 0)]),
  ) as Record<Counter, number>;
  return [String(name), { since: Number(since), ...counted, longest: Number(longest) }];
}
