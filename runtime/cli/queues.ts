import { askServer } from '../control/client';
import { controlPath } from '../control/path';
import { CallchartError } from '../core/errors';
import type { ServedQueue } from '../service/port';
import { Database, hasDatabase } from '../store/database';
import { QueueTable, type QueueNumbers } from '../store/queue-table';
import { loadConfig } from './load-config';
import { formatDuration } from './phone/screen';
import { formatTable } from './table';

export interface QueuesOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `callchart queues`: those of the running server, or what is known of them. Resolves with the exit status. */
export async function queues({ config, json }: QueuesOptions): Promise<number> {
  const { directory } = loadConfig(config).data;
  const found = (await runningQueues(directory)) ?? storedQueues(directory);
  if (json === true) {
    for (const queue of found) process.stdout.write(`${JSON.stringify(queue)}\n`);
  } else if (found.length === 0) {
    process.stdout.write('no queue is in use, or was\n');
  } else {
    process.stdout.write(`${queueTable(found)}\n`);
  }
  return 0;
}

/** Undefined when no server runs. */
async function runningQueues(directory: string): Promise<readonly ServedQueue[] | undefined> {
  try {
    // What the server of this package writes; another version may leave a member out, never change one.
    return (await askServer(controlPath(directory), 'queues')) as readonly ServedQueue[];
  } catch (error) {
    if (error instanceof CallchartError && error.code === 'CALLCHART_NOT_RUNNING') return undefined;
    throw error;
  }
}

function storedQueues(directory: string): readonly ServedQueue[] {
  if (!hasDatabase(directory)) return [];
  const database = Database.open({ directory });
  try {
    const none = { maxSize: undefined, members: [], agents: 0, talking: 0, averageWait: 0 };
    return Array.from(new QueueTable(database).list(), ([name, numbers]) => ({
      ...{ name, numbers },
      ...none,
    }));
  } finally {
    database.close();
  }
}

const heading = [
  ...['queue', 'waiting', 'agents', 'talking', 'longest now'],
  ...['entered', 'served', 'left', 'hung up', 'timed out', 'full'],
  ...['average wait', 'in time'],
];

/** One line a queue: who is there now, then what has come of all who entered. */
export function queueTable(found: readonly ServedQueue[]): string {
  return formatTable([heading, ...found.map(rowOf)]);
}

function rowOf({ name, members, agents, talking, numbers }: ServedQueue): string[] {
  const longest = Math.max(0, ...members.map(({ waited }) => waited));
  const now = [members.length, agents, talking].map(String);
  return [
    ...[name.replace(/\p{Cc}/gu, '?'), ...now, members.length === 0 ? '' : formatDuration(longest)],
    ...(numbers === undefined ? [] : numberCells(numbers)),
  ];
}

function numberCells(numbers: QueueNumbers): string[] {
  const { entered, bridged, left, hungUp, timedOut, full, waited, inTime } = numbers;
  // Who left or hung up by himself says nothing of how he would have been served.
  const counted = bridged + timedOut;
  return [
    ...[entered, bridged, left, hungUp, timedOut, full].map(String),
    bridged === 0 ? '' : formatDuration(waited / bridged),
    counted === 0 ? '' : `${Math.round((100 * inTime) / counted)} %`,
  ];
}
