import { CallRecordBuilder, type CallRecord } from '../call/call-record';
import type { CallEnd, CallInfo } from '../call/port';
import type { OpenCall } from '../store/call-table';
import type { CallStore } from './call-store';
import type { CallchartEvent } from './event';

const lost: CallEnd = {
  ...{ by: 'system', cause: 'server-lost', status: 500 },
  reason: 'the server ended before the call did',
};

/**
 * The records of calls that were in progress when the server before this one was killed: as far as what was kept tells.
 * They end when something was last known of them.
 */
export function lostCalls(store: CallStore): readonly CallRecord[] {
  return store.calls.inProgress().map((call) => recordOf(call, store));
}

function recordOf(call: OpenCall, store: CallStore): CallRecord {
  const info = JSON.parse(call.info) as CallInfo;
  const builder = new CallRecordBuilder(info, {
    localTag: '',
    remoteTag: undefined,
    transport: '',
  });
  let known = info.started;
  const at = (time: number): number => {
    known = Math.max(known, time);
    return time;
  };
  if (call.flow !== undefined) builder.useFlow(call.flow, call.version ?? '');
  if (call.rang !== undefined) builder.markRinging(at(call.rang));
  if (call.answered !== undefined) builder.markAnswered(at(call.answered));
  for (const { body, time } of store.outbox.ofCall(call.id)) {
    replay(builder, JSON.parse(body) as CallchartEvent, at(time));
  }
  return builder.finish(lost, known, undefined);
}

function replay(builder: CallRecordBuilder, event: CallchartEvent, time: number): void {
  switch (event.type) {
    case 'call.state':
      builder.enteredState(event.data.state, time);
      return;
    case 'call.digits':
      builder.note({ ...event.data, type: 'digits' }, time);
      return;
    case 'call.transfer':
      builder.note({ ...event.data, type: 'transfer' }, time);
      return;
    case 'recording.completed': {
      const { path, duration, endedBy } = event.data;
      builder.note({ type: 'recording', path, duration, endedBy }, time);
      return;
    }
    default:
      return;
  }
}
