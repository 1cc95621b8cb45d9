import { latestRecords, type StoredRecord } from '../store/call-records';
import { liveCalls } from './live-calls';
import { loadConfig } from './load-config';
import { formatDuration } from './phone/screen';
import { formatTable } from './table';

export interface CallsOptions {
  readonly config?: string;
  readonly last: string;
  readonly live?: boolean;
  readonly json?: boolean;
}

/** `callchart calls`: the last calls, newest first, or those in progress. Resolves with the exit status. */
export async function calls(options: CallsOptions): Promise<number> {
  const count = Number(options.last);
  if (!Number.isInteger(count) || count < 1) {
    process.stderr.write(`callchart: --last ${options.last}: must be a whole number from 1\n`);
    return 2;
  }
  const config = loadConfig(options.config);
  if (options.live === true) return liveCalls(config.data.directory, options.json === true);
  const records = await latestRecords(config.records.directory, count);
  if (options.json === true) {
    for (const record of records) process.stdout.write(`${JSON.stringify(record)}\n`);
    return 0;
  }
  if (records.length === 0) {
    process.stdout.write(`no calls in ${config.records.directory}\n`);
    return 0;
  }
  process.stdout.write(`${formatTable([columns, ...records.map(row)])}\n`);
  return 0;
}

const columns = ['id', 'started', 'from', 'flow', 'duration', 'ended'] as const;

/** The cells of one record; what an older or damaged record lacks stays empty. */
function row(record: StoredRecord): string[] {
  const { started, from, flow, duration, end } = record as Readonly<Record<string, unknown>>;
  return [
    record.id,
    text(started).replace('T', ' ').replace(/\..*$/, ''),
    text(member(from, 'uri')),
    text(member(flow, 'name')),
    typeof duration === 'number' ? formatDuration(duration) : '',
    [member(end, 'by'), member(end, 'cause'), member(end, 'status')].map(text).join(' '),
  ];
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
