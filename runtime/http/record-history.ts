import { findRecords, recordsBackwards, type StoredRecord } from '../store/call-records';
import { endedCall, fits } from './call-shapes';
import type { CallFilter, CallHistory, EndedCall, HistoryMark } from './port';

/** The calls that are over, read from the files of their records. */
export class RecordHistory implements CallHistory {
  constructor(private readonly folder: string) {}

  async page(filter: CallFilter, limit: number, after?: HistoryMark): Promise<EndedCall[]> {
    const found: EndedCall[] = [];
    for await (const record of recordsBackwards(this.folder)) {
      if (!isEnded(record)) continue;
      if (after !== undefined && !isBehind(record, after)) continue;
      if (fits(endedCall(record), filter)) found.push(record);
      if (found.length >= limit) break;
    }
    return found;
  }

  async find(id: string): Promise<EndedCall | undefined> {
    const [record] = await findRecords(this.folder, id, 1);
    return record !== undefined && isEnded(record) && record.id === id ? record : undefined;
  }
}

function isEnded(record: StoredRecord): record is StoredRecord & EndedCall {
  return typeof record['started'] === 'string';
}

function isBehind({ ended, id }: EndedCall, after: HistoryMark): boolean {
  return ended === after.ended ? id < after.id : ended < after.ended;
}
