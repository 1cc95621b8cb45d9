import type { CallFilter } from '../../store/call-table';
import type { PastCall } from '../../events/port';
import { callSid } from '../../twiml/sid';
import {
  type CallResource,
  liveCallResource,
  liveLegResource,
  pastCallResource,
  pastLegResource,
} from './call-resource';
import type { RequestParameters } from './parameters';
import { badToken, type PageRequest, type Slice, sliceOf } from './pages';
import type { ResourceParts } from './port';

/** Rows that are read at once, and in all for one page: what narrows them may be nothing that the index knows. */
const chunk = 200;
const mostRows = 20_000;

/** Calls in progress and calls that are over, as one list; legs by their call. */
export class CallList {
  constructor(
    private readonly parts: Pick<ResourceParts, 'account' | 'server' | 'history' | 'book'>,
  ) {}

  /** By its SID: a call, or a leg that one has dialled. */
  find(sid: string): CallResource | undefined {
    const { account, history, book } = this.parts;
    const live = book.get(sid);
    if (live !== undefined) return liveCallResource(account, live, book.answererOf(sid));
    const past = history.call(sid);
    if (past !== undefined && callSid(past.id) === sid) return this.past(past);
    const parent = book.parentOf(sid);
    return parent === undefined
      ? undefined
      : this.legsOf(callSid(parent)).find((leg) => leg.sid === sid);
  }

  /** Those in progress first, then those that are over, the latest first. */
  page(given: RequestParameters, page: PageRequest): Slice<CallResource> {
    const wanted = filterOf(given);
    const parent = given.text('ParentCallSid');
    if (parent !== undefined) {
      const legs = this.legsOf(parent).filter(wanted.fits);
      return sliceOf(legs, page);
    }
    const { account, book } = this.parts;
    const [, offset, cursor] = /^(?:PT(\d{1,9})|PH(.*))$/.exec(page.token ?? 'PT0') ?? [];
    if (offset === undefined && cursor === undefined) throw badToken();
    const items: CallResource[] = [];
    if (cursor === undefined) {
      const live = book
        .all()
        .map((call) => liveCallResource(account, call, book.answererOf(call.sid)))
        .filter(wanted.fits);
      const slice = sliceOf(live, page);
      if (slice.next !== undefined) return slice;
      items.push(...slice.items);
      if (items.length === page.size) return { items, next: 'PH' };
    }
    return this.pastPage(wanted, page.size, items, cursor === '' ? undefined : cursor);
  }

  private pastPage(
    { index, fits }: Filter,
    size: number,
    items: CallResource[],
    first: string | undefined,
  ): Slice<CallResource> {
    const { history, book } = this.parts;
    let cursor = first;
    for (let read = 0; read < mostRows;) {
      // Never more than still fit: the mark of the history is behind the last that was read.
      const limit = Math.min(chunk, size - items.length);
      const { rows, next } = history.calls(index, { limit, cursor });
      // One that the book still has was there already.
      const past = rows.filter(({ id }) => book.byId(id) === undefined);
      items.push(...past.map((row) => this.past(row)).filter(fits));
      read += rows.length;
      if (next === undefined) return { items, next: undefined };
      cursor = next;
      if (items.length >= size) break;
    }
    return { items, next: cursor === undefined ? undefined : `PH${cursor}` };
  }

  /** Those whom a call has dialled. */
  private legsOf(sid: string): readonly CallResource[] {
    const { account, history, book } = this.parts;
    const live = book.get(sid);
    if (live !== undefined) return live.legs.map((leg) => liveLegResource(account, live, leg));
    const past = history.call(sid);
    if (past === undefined) return [];
    return past.record.legs.map((leg) => pastLegResource(account, past.record, leg));
  }

  private past({ sid, record }: PastCall): CallResource {
    const { account, book } = this.parts;
    return pastCallResource(account, record, book.answererOf(sid));
  }
}

interface Filter {
  /** What the index finds by itself. */
  readonly index: CallFilter;
  readonly fits: (call: CallResource) => boolean;
}

function filterOf(given: RequestParameters): Filter {
  const from = given.text('From');
  const to = given.text('To');
  const status = given.text('Status');
  const on = given.time('StartTime');
  const started = {
    after: on?.from ?? given.time('StartTime>')?.from,
    before: on?.to ?? given.time('StartTime<')?.from,
  };
  const endedOn = given.time('EndTime');
  const ended = {
    after: endedOn?.from ?? given.time('EndTime>')?.from,
    before: endedOn?.to ?? given.time('EndTime<')?.from,
  };
  const index: CallFilter = {
    ...(from === undefined ? {} : { from: plain(from) }),
    ...(to === undefined ? {} : { to: plain(to) }),
    ...(status === 'completed' ? { status } : {}),
    ...(started.after === undefined ? {} : { startedAfter: started.after }),
    ...(started.before === undefined ? {} : { startedBefore: started.before }),
  };
  const isWithin = (time: unknown, { after, before }: typeof started): boolean => {
    if (after === undefined && before === undefined) return true;
    const at = typeof time === 'string' ? Date.parse(time) : NaN;
    return !(at < (after ?? -Infinity)) && at < (before ?? Infinity);
  };
  return {
    index,
    fits: (call) =>
      (from === undefined || plain(call.from) === plain(from)) &&
      (to === undefined || plain(call.to) === plain(to)) &&
      (status === undefined || call.status === status) &&
      isWithin(call['date_created'], started) &&
      isWithin(call['end_time'], ended),
  };
}

/** `client:alice` and `alice` are the same. */
function plain(party: string): string {
  return party.replace(/^client:/i, '');
}
