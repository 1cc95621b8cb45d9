import type { SubscriberSettings } from '../core/events-config';
import { Database, hasDatabase } from '../store/database';
import { OutboxTable } from '../store/outbox-table';
import { loadConfig } from './load-config';
import { formatTable } from './table';

export interface EventsOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly last?: string;
}

export interface ResendOptions extends Omit<EventsOptions, 'last'> {
  readonly all?: boolean;
}

/** `callchart events list`. Returns the exit status, as all of these do. */
export function listEvents(call: string | undefined, options: EventsOptions): number {
  const limit = countOf(options);
  if (limit === undefined) return 2;
  // The newest last, as in a log.
  const rows = Array.from(
    withOutbox(options, (outbox) => outbox.latest(limit, call)) ?? [],
  ).reverse();
  if (options.json === true) {
    for (const { body } of rows) say(body);
  } else if (rows.length === 0) {
    say('no events; they are kept where `events` is configured');
  } else {
    say(
      formatTable([
        ['number', 'time', 'call', 'type'],
        ...rows.map(({ sequence, time, call: of, type }) => [
          ...[String(sequence), shortTime(time), of, type],
        ]),
      ]),
    );
  }
  return 0;
}

/** `callchart events subscribers`. */
export function listSubscribers(options: EventsOptions): number {
  const counts = withOutbox(options, (outbox) => outbox.counts()) ?? [];
  const configured = subscribersOf(options);
  const names = new Set([
    ...configured.map(({ name }) => name),
    ...counts.map(({ subscriber }) => subscriber),
  ]);
  const rows = Array.from(names, (name) => {
    const found = counts.find(({ subscriber }) => subscriber === name);
    const { pending = 0, failing = 0, dead = 0, error } = found ?? {};
    return { subscriber: name, pending, failing, dead, error: error ?? null };
  });
  if (options.json === true) {
    for (const row of rows) say(JSON.stringify(row));
  } else if (rows.length === 0) {
    say('no subscribers in the configuration');
  } else {
    say(
      formatTable([
        ['subscriber', 'pending', 'failing', 'dead', 'last error'],
        ...rows.map(({ subscriber, pending, failing, dead, error }) => [
          ...[subscriber, String(pending), String(failing), String(dead), error ?? ''],
        ]),
      ]),
    );
  }
  return 0;
}

/** `callchart events dead`. */
export function listDead(options: EventsOptions): number {
  const limit = countOf(options);
  if (limit === undefined) return 2;
  const rows = withOutbox(options, (outbox) => outbox.dead(limit)) ?? [];
  if (options.json === true) {
    for (const { time, died, ...row } of rows) {
      say(JSON.stringify({ ...row, time: iso(time), died: iso(died) }));
    }
  } else if (rows.length === 0) {
    say('everything was delivered, or waits to be');
  } else {
    say(
      formatTable([
        ['number', 'time', 'call', 'type', 'subscriber', 'attempts', 'error'],
        ...rows.map(({ sequence, time, call, type, subscriber, attempts, error }) => [
          ...[String(sequence), shortTime(time), call, type, subscriber, String(attempts), error],
        ]),
      ]),
    );
  }
  return rows.length === 0 ? 0 : 1;
}

/** `callchart events resend`. */
export function resendEvents(id: string | undefined, options: ResendOptions): number {
  if ((id === undefined) === (options.all !== true)) {
    return complain('name one event, or give --all', 2);
  }
  const number = id === undefined ? undefined : sequenceOf(id);
  if (id !== undefined && number === undefined) {
    return complain(`${id} is no id of an event, nor a number of one`, 2);
  }
  const names = subscribersOf(options).map(({ name }) => name);
  const sent = withOutbox(options, (outbox) => outbox.resend(names, Date.now(), number)) ?? 0;
  if (options.json === true) say(JSON.stringify({ resent: sent }));
  else if (sent > 0) say(`${sent} to be sent again`);
  if (sent > 0 || id === undefined) {
    if (sent === 0 && options.json !== true) say('there is nothing to be sent again');
    return 0;
  }
  return complain(`${id} is no dead letter of a subscriber in the configuration`, 1);
}

function withOutbox<T>(
  options: Pick<EventsOptions, 'config'>,
  work: (outbox: OutboxTable) => T,
): T | undefined {
  const { directory } = loadConfig(options.config).data;
  if (!hasDatabase(directory)) return undefined;
  const database = Database.open({ directory });
  try {
    return work(new OutboxTable(database));
  } finally {
    database.close();
  }
}

function subscribersOf({ config }: Pick<EventsOptions, 'config'>): readonly SubscriberSettings[] {
  return loadConfig(config).events?.subscribers ?? [];
}

/** Undefined when it is none: that has been said then. */
function countOf({ last = '20' }: EventsOptions): number | undefined {
  if (/^[1-9]\d{0,6}$/.test(last)) return Number(last);
  complain(`--last ${last}: must be a number of 1 or more`, 2);
  return undefined;
}

/** `1207`, or `<call>.1207`. */
function sequenceOf(id: string): number | undefined {
  const [, digits] = /^(?:.+\.)?(\d{1,15})$/.exec(id) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function shortTime(time: number): string {
  return iso(time).replace('T', ' ').replace(/\..*$/, '');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain<Status extends number>(text: string, status: Status): Status {
  process.stderr.write(`callchart: ${text}\n`);
  return status;
}
