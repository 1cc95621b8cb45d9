import type { CallHappening } from '../call/happenings';
import type { CallRecord } from '../call/call-record';
import type { CallInfo } from '../call/port';
import { CallTable } from '../store/call-table';
import type { Database } from '../store/database';
import { OutboxTable } from '../store/outbox-table';
import { RecordingTable } from '../store/recording-table';
import { recordingId, recordingOf } from './drafts';
import { callOutcome, type CallchartEvent } from './event';
import type { Subscriber } from './subscriber';

export interface CallStoreOptions {
  readonly database: Database;
  /** The SIDs that web applications know calls and recordings by. */
  readonly sids: { call(id: string): string; recording(path: string): string };
  /** Octets of a file, where it is there. */
  readonly sizeOf: (path: string) => number | undefined;
  /** Who is told of events. Undefined: events are not kept. */
  readonly subscribers: readonly Subscriber[] | undefined;
}

/** What is kept of calls in the database: which there are and were, their recordings, and what is told of them. */
export class CallStore {
  readonly calls: CallTable;
  readonly recordings: RecordingTable;
  readonly outbox: OutboxTable;

  constructor(readonly options: CallStoreOptions) {
    const { database } = options;
    this.calls = new CallTable(database);
    this.recordings = new RecordingTable(database);
    this.outbox = new OutboxTable(database);
  }

  /** All that a happening leaves, with the events that tell of it, or nothing; throws what the library throws. */
  write(happening: CallHappening, events: readonly CallchartEvent[]): void {
    const kept = this.options.subscribers === undefined ? [] : events;
    if (kept.length === 0 && !leavesRow.has(happening.type)) return;
    this.options.database.transaction(() => {
      this.keep(happening);
      for (const event of kept) this.tell(event, happening.time);
    });
  }

  private tell(event: CallchartEvent, time: number): void {
    const { sequence, call, type } = event;
    const { subscribers = [] } = this.options;
    const names = subscribers.flatMap(({ name, wants }) => (wants(type) ? name : []));
    // A state that nobody asks for is not worth a row.
    if (type === 'call.state' && names.length === 0) return;
    this.outbox.put({ sequence, call, type, time, body: JSON.stringify(event) }, names);
  }

  private keep(happening: CallHappening): void {
    const { call, time } = happening;
    switch (happening.type) {
      case 'call.started':
        this.calls.begin(call, openInfo(happening.info), happening.flow, happening.version);
        return;
      case 'call.ringing':
        this.calls.markRinging(call, time);
        return;
      case 'call.answered':
        this.calls.markAnswered(call, time, openInfo(happening.info));
        return;
      case 'call.flow':
        this.calls.useFlow(call, happening.flow, happening.version);
        return;
      case 'recording.completed': {
        const recording = recordingOf(happening, this.options.sizeOf);
        if (recording === undefined) return;
        const { recording: id, path, duration, format, channels, size } = recording;
        const sid = this.options.sids.recording(path);
        const row = { id, sid, call, path, duration, format, channels, size };
        this.recordings.put({ ...row, created: time, deleted: undefined });
        return;
      }
      case 'recording.deleted':
        this.recordings.markDeleted(recordingId(happening.path), time);
        return;
      case 'call.recorded':
        this.calls.put(this.rowOf(happening.record));
        this.calls.end(call);
        return;
      default:
        return;
    }
  }

  private rowOf(record: CallRecord): Parameters<CallTable['put']>[0] {
    const { id, direction, from, to, dialled, trunk, user, flow, duration, talked, end } = record;
    return {
      ...{ id, sid: this.options.sids.call(id), direction },
      ...{ fromUri: from.uri, fromUser: from.user, toUri: to.uri, dialled },
      ...{ trunk, user, flow: flow?.name },
      started: Date.parse(record.started),
      answered: record.answeredAt === undefined ? undefined : Date.parse(record.answeredAt),
      ended: Date.parse(record.ended),
      ...{ duration, talked, status: callOutcome(record), cause: end.cause },
      record: JSON.stringify(record),
    };
  }
}

/** What leaves a row although nobody is told of it. */
const leavesRow: ReadonlySet<CallHappening['type']> = new Set([
  'call.started',
  'call.ringing',
  'call.answered',
  'call.flow',
  'recording.completed',
  'recording.deleted',
  'call.recorded',
]);

/** Of a call in progress: the record has no use for header fields. */
function openInfo(info: CallInfo): string {
  return JSON.stringify({ ...info, headers: {} });
}
