import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import { DailyLines } from './daily-lines';
import { dailyFiles, linesBackwards, parseLine } from './line-reader';

const prefix = 'flows';

/** A log as it was read back; what is in it is the flow layer's. */
export type StoredLog = Readonly<Record<string, unknown>> & { readonly call: string };

/** Writes what flows were given, a JSON line a call, to `flows-<day>.jsonl`. */
export class FlowLogs {
  private readonly lines: DailyLines;

  constructor(options: {
    readonly folder: string;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.lines = new DailyLines({ ...options, prefix });
  }

  /** Returns at once; never throws. @param ended ISO 8601: the day decides on the file. */
  append(ended: string, line: string): void {
    this.lines.append(ended.slice(0, 10), line);
  }

  close(): Promise<void> {
    return this.lines.close();
  }
}

/** Logs by Callchart's id of their call, or by its beginning, newest first; one that matches exactly comes alone. */
export async function findFlowLogs(folder: string, id: string, limit = 10): Promise<StoredLog[]> {
  const found: StoredLog[] = [];
  if (id === '') return found;
  const written = `"call":${JSON.stringify(id).slice(0, -1)}`;
  for (const file of await dailyFiles(folder, prefix)) {
    for await (const line of linesBackwards(file)) {
      if (!line.includes(written)) continue;
      const value = parseLine(line);
      if (value === undefined || typeof value['call'] !== 'string') continue;
      const log = { ...value, call: value['call'] };
      if (log.call === id) return [log];
      if (log.call.startsWith(id) && found.length < limit) found.push(log);
    }
  }
  return found;
}
