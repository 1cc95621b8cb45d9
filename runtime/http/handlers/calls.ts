import { endedCall, endedDetails, fits, liveCall, liveDetails } from '../call-shapes';
import { readCursor, writeCursor } from '../cursor';
import type { CallHistory, CallService, HistoryMark } from '../port';
import { problems } from '../problem';
import type { Handlers } from '../router';

/** The calls that there are and were. */
export function callHandlers(
  server: CallService,
  history: CallHistory,
): Handlers<'listCalls' | 'getCall'> {
  return {
    listCalls: async ({ query: { limit, cursor, state, ...filter } }) => {
      const [kind = '', mark = '', id = ''] = cursor === undefined ? [] : readCursor(cursor, 3);
      const live =
        state === 'ended' || kind === 'ended'
          ? []
          : server
              .liveCalls()
              .map(liveCall)
              .filter((call) => fits(call, filter))
              .sort((a, b) => compare(b.started, a.started) || compare(b.id, a.id))
              .filter((call) => kind === '' || isBehind(call.started, call.id, mark, id));
      const shown = live.slice(0, limit);
      const last = shown.at(-1);
      if (live.length > limit && last !== undefined) {
        return page(shown, writeCursor(['live', last.started, last.id]));
      }
      if (state === 'live') return page(shown, null);
      const after: HistoryMark | undefined = kind === 'ended' ? { ended: mark, id } : undefined;
      // One more than fits says whether there is another page.
      const room = limit - shown.length;
      const found = await history.page(filter, room + 1, after);
      const ended = found.slice(0, room);
      const end = ended.at(-1);
      // A full page of calls in progress goes on with the first that is over.
      const next = end ?? { ended: '9999', id: '' };
      return page(
        [...shown, ...ended.map(endedCall)],
        found.length > room ? writeCursor(['ended', next.ended, next.id]) : null,
      );
    },
    getCall: async ({ params: { id } }) => {
      const handle = server.call(id);
      if (handle !== undefined) return { status: 200, body: liveDetails(handle) };
      const record = await history.find(id);
      if (record === undefined) throw problems.notFound(`call ${id}`);
      return { status: 200, body: endedDetails(record) };
    },
  };
}

function page<T>(items: T[], next: string | null) {
  return { status: 200 as const, body: { items, next } };
}

function isBehind(started: string, id: string, mark: string, markId: string): boolean {
  return (compare(mark, started) || compare(markId, id)) > 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
