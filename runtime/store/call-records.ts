import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import { DailyLines } from './daily-lines';
import { dailyFiles, linesBackwards, parseLine } from './line-reader';

const prefix = 'calls';

/** What is needed of a record to keep it: the rest of it is the call layer's. */
export interface KeepableRecord {
  readonly id: string;
  readonly callId: string;
  /** ISO 8601; the day decides on the file. */
  readonly ended: string;
}

/** A record as it was read back. */
export type StoredRecord = KeepableRecord & Readonly<Record<string, unknown>>;

export interface CallRecordsOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Writes call records, one JSON line each, to `calls-<day>.jsonl`. */
export class CallRecords {
  private readonly lines: DailyLines;

  constructor(options: CallRecordsOptions) {
    this.lines = new DailyLines({ ...options, prefix });
  }

  /** Returns at once; never throws. */
  append(record: KeepableRecord): void {
    this.lines.append(record.ended.slice(0, 10), JSON.stringify(record));
  }

  flush(): Promise<void> {
    return this.lines.flush();
  }

  close(): Promise<void> {
    return this.lines.close();
  }
}

/** All records, newest first, read as they are asked for. */
export async function* recordsBackwards(folder: string): AsyncGenerator<StoredRecord> {
  for (const file of await dailyFiles(folder, prefix)) {
    for await (const line of linesBackwards(file)) {
      const record = toRecord(line);
      if (record !== undefined) yield record;
    }
  }
}

/** The last `count` records, newest first. */
export async function latestRecords(folder: string, count: number): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for await (const record of recordsBackwards(folder)) {
    if (found.length >= count) break;
    found.push(record);
  }
  return found;
}

/**
 * Records by Callchart's id, by the beginning of it, or by SIP Call-ID, newest first; `limit` of them at
 * the most. Those that match exactly come alone.
 */
export async function findRecords(
  folder: string,
  text: string,
  limit = 10,
): Promise<StoredRecord[]> {
  if (text === '') return [];
  // What JSON writes differently inside a string cannot be looked for in the line.
  const written = JSON.stringify(text).slice(1, -1);
  const begun: StoredRecord[] = [];
  const exact: StoredRecord[] = [];
  for (const file of await dailyFiles(folder, prefix)) {
    for await (const line of linesBackwards(file)) {
      if (!line.includes(written)) continue;
      const record = toRecord(line);
      if (record === undefined) continue;
      if (record.id === text) return [record];
      if (record.callId === text) exact.push(record);
      else if (record.id.startsWith(text) && begun.length < limit) begun.push(record);
      if (exact.length >= limit) return exact;
    }
  }
  return exact.length > 0 ? exact : begun;
}

function toRecord(line: string): StoredRecord | undefined {
  const value = parseLine(line);
  if (value === undefined) return undefined;
  const { id, callId, ended } = value;
  if (typeof id !== 'string' || typeof callId !== 'string' || typeof ended !== 'string') {
    return undefined;
  }
  return { ...value, id, callId, ended };
}
