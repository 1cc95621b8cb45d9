import type { CallPath } from '../graph/calls-overlay';
import { recordsBackwards, type StoredRecord } from '../store/call-records';

/** The paths of the calls of a flow, from their records, newest first; `since` is in milliseconds since the epoch. */
export async function callPaths(
  folder: string,
  flow: string,
  since: number | undefined,
): Promise<CallPath[]> {
  const found: CallPath[] = [];
  for await (const record of recordsBackwards(folder)) {
    if (since !== undefined && Date.parse(record.ended) < since) break;
    const path = pathOf(record, flow);
    if (path !== undefined) found.push(path);
  }
  return found;
}

/** Undefined when the call was another flow's; what an older or damaged record lacks is left out. */
function pathOf(record: StoredRecord, name: string): CallPath | undefined {
  const flow = membersOf(record['flow']);
  const path: unknown = record['path'];
  if (flow['name'] !== name || !Array.isArray(path)) return undefined;
  const { by } = membersOf(record['end']);
  const { version } = flow;
  const duration: unknown = record['duration'];
  return {
    path: path.flatMap((entry) => {
      const { state, at } = membersOf(entry);
      return typeof state === 'string' ? [{ state, at: typeof at === 'number' ? at : 0 }] : [];
    }),
    duration: typeof duration === 'number' ? duration : Infinity,
    endedBy: by === 'caller' || by === 'flow' ? by : 'system',
    version: typeof version === 'string' ? version : '',
    cut: typeof record['omitted'] === 'number' && record['omitted'] > 0,
  };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
