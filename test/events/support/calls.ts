import type { CallRecord } from '../../../runtime/call/call-record';
import type { CallInfo } from '../../../runtime/call/port';

const party = { uri: 'sip:alice@example.com', user: 'alice', displayName: '' };

export function infoOf(id: string, started: number): CallInfo {
  return {
    ...{ id, callId: `${id}@example.com`, from: party, dialled: 'reception', headers: {} },
    ...{ to: { ...party, user: 'reception' }, remoteAddress: '192.0.2.1:5060', started },
  };
}

export function recordOf(
  id: string,
  started: number,
  ended: number,
  more: Partial<CallRecord> = {},
): CallRecord {
  const { callId, from, to, dialled, remoteAddress } = infoOf(id, started);
  return {
    ...{ id, callId, localTag: 'a', remoteTag: 'b', direction: 'inbound', from, to, dialled },
    ...{ trunk: undefined, user: undefined, remoteAddress, transport: 'UDP' },
    flow: { name: 'reception', version: '3f2a' },
    started: new Date(started).toISOString(),
    ...{ rang: undefined, answered: true, answeredAt: new Date(started).toISOString() },
    ended: new Date(ended).toISOString(),
    ...{ duration: ended - started, talked: ended - started },
    end: { by: 'caller', cause: 'bye', status: 200, reason: '' },
    ...{ path: [], digits: [], recordings: [], transfers: [], legs: [], errors: [] },
    ...{ omitted: 0, media: undefined },
    ...more,
  };
}
