import type { CallHappening } from '../../runtime/call/happenings';
import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { StoredHistory } from '../../runtime/events/history';
import type { CallchartEvent } from '../../runtime/events/event';
import { Journal } from '../../runtime/events/journal';
import { lostCalls } from '../../runtime/events/lost-calls';
import { infoOf, recordOf } from './support/calls';
import { EventsBench, subscriber } from './support/events-bench';

let bench: EventsBench | undefined;

function open(...given: ConstructorParameters<typeof EventsBench>): EventsBench {
  bench = new EventsBench(...given);
  return bench;
}

afterEach(() => {
  bench?.remove();
  bench = undefined;
});

function historyOf({ store, clock, journal }: EventsBench, removed: string[] = []): StoredHistory {
  return new StoredHistory({
    ...{ store, clock },
    removeFile: (path) => {
      removed.push(path);
      return Promise.resolve();
    },
    onDeleted: ({ call, path }) =>
      journal.take({ type: 'recording.deleted', time: clock.now(), call, path }),
  });
}

describe('what is kept of calls', () => {
  it('is told as events with the summary of the record, of which the last is the end', () => {
    const { journal, clock, ...rest } = open([subscriber('app')]);
    const told: CallchartEvent[] = [];
    journal.listen((event) => told.push(event));
    const started = clock.now();
    bench?.begin('a');
    bench?.tell('a', {
      ...{ type: 'recording.completed', path: '/recordings/a-1-message.wav', duration: 4_000 },
      ...{ peak: 7, endedBy: 'finishOn', format: 'wav' },
    });
    bench?.tell('a', { type: 'call.digits', digits: '***', valid: true });
    bench?.tell('a', { type: 'call.transfer', to: 'sip:bob@example.com', outcome: 'accepted' });
    bench?.tell('a', {
      ...{ type: 'leg.ended', leg: 'l', target: 'bob', uri: 'sip:bob@example.com' },
      ...{ answered: true, talked: 900, status: 200, cause: 'bye' },
    });
    bench?.tell('a', {
      type: 'call.ended',
      end: { by: 'caller', cause: 'bye', status: 200, reason: '' },
    });
    const media = { codec: 'PCMU', mos: 4.4, jitter: 1, packetsReceived: 90, packetsLost: 10 };
    bench?.tell('a', {
      type: 'call.recorded',
      record: recordOf('a', started, started + 9_000, {
        path: [{ state: 'menu', at: 0 }],
        recordings: [{ at: 1, path: '/recordings/a-1-message.wav' }],
        media: { ...media, packetsSent: 80 } as never,
      }),
    });
    expect(told.map(({ type, sequence }) => [sequence, type])).toEqual([
      [1, 'call.started'],
      [2, 'recording.completed'],
      [3, 'call.digits'],
      [4, 'call.transfer'],
      [5, 'leg.ended'],
      [6, 'call.quality'],
      [7, 'call.ended'],
    ]);
    expect(told[1]?.data).toEqual({
      ...{ recording: 'a-1-message', path: '/recordings/a-1-message.wav', duration: 4_000 },
      ...{ format: 'wav', endedBy: 'finishOn', size: 1_000 },
    });
    expect(told[3]?.data).toEqual({ to: 'sip:bob@example.com', outcome: 'accepted' });
    expect(told[5]?.data).toEqual({
      media: { ...media, packetsLost: undefined, loss: 0.1, packetsSent: 80 },
      legs: [],
    });
    expect(told[6]?.data).toMatchObject({
      ...{ direction: 'inbound', status: 'completed', duration: 9_000, state: 'menu', errors: 0 },
      ...{ recordings: ['a-1-message'], end: { cause: 'bye' } },
    });
    expect(rest.store.outbox.after(0, 100).map((body) => JSON.parse(body) as unknown)).toEqual(
      JSON.parse(JSON.stringify(told)),
    );
    expect(journal.after(5, 1)).toMatchObject([{ sequence: 6 }]);
    expect(journal.latest).toBe(7);
  });

  it('lists calls newest first, page after page, by whom, to whom, flow, status, direction and time', () => {
    const { clock } = open(undefined);
    for (let count = 0; count < 25; count += 1) {
      const started = clock.now() + Math.floor(count / 2) * 1_000;
      const id = `call${String(count).padStart(2, '0')}`;
      const record = recordOf(id, started, started + 500, {
        ...(count === 7 ? { dialled: '100', answered: false } : {}),
        ...(count === 7 ? { end: { by: 'system', cause: 'x', status: 486, reason: '' } } : {}),
        ...(count === 8 ? { direction: 'outbound', flow: { name: 'sales', version: '1' } } : {}),
        ...(count === 9 ? { from: { uri: 'tel:+491', user: '+491', displayName: '' } } : {}),
      });
      bench?.tell(id, { type: 'call.recorded', record });
    }
    const history = historyOf(bench!);
    const seen: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = history.calls({}, { limit: 10, cursor });
      seen.push(...page.rows.map(({ id }) => id));
      cursor = page.next;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBe(3);
    expect(seen).toEqual(
      Array.from({ length: 25 }, (_, index) => `call${String(24 - index).padStart(2, '0')}`),
    );
    const ids = (filter: Parameters<typeof history.calls>[0]): string[] =>
      history.calls(filter, { limit: 100 }).rows.map(({ id }) => id);
    expect(ids({ to: '100' })).toEqual(['call07']);
    expect(ids({ status: 'busy' })).toEqual(['call07']);
    expect(ids({ direction: 'outbound' })).toEqual(['call08']);
    expect(ids({ flow: 'sales' })).toEqual(['call08']);
    expect(ids({ from: '+491' })).toEqual(['call09']);
    expect(ids({ from: 'tel:+491' })).toEqual(['call09']);
    expect(ids({ to: 'sip:alice@example.com', from: 'alice' })).toHaveLength(24);
    const since = clock.now() + 2_000;
    expect(ids({ startedAfter: since, startedBefore: since + 1_000 })).toEqual([
      'call05',
      'call04',
    ]);
    expect(history.call('CAcall07')).toMatchObject({
      ...{ id: 'call07', cause: 'x', record: { dialled: '100', end: { status: 486 } } },
    });
    expect(history.call('call99')).toBeUndefined();
    expect(() => history.calls({}, { limit: 1, cursor: 'bogus' })).toThrow(
      expect.objectContaining({ code: 'CALLCHART_BAD_CURSOR' }) as Error,
    );
  });

  it('lists recordings by call, and deletes one with its file, of which subscribers hear', async () => {
    const { web, clock } = open([subscriber('app', ['recording.*'])]);
    for (const call of ['a', 'b']) {
      for (const number of [1, 2]) {
        const path = `/recordings/${call}-${number}.wav`;
        bench?.tell(call, {
          type: 'recording.completed',
          path,
          duration: 1_000,
          endedBy: 'silence',
        });
        clock.advance(1);
      }
    }
    const removed: string[] = [];
    const history = historyOf(bench!, removed);
    const ids = (): string[] =>
      history.recordings({ call: 'a' }, { limit: 10 }).rows.map(({ id }) => id);
    expect(ids()).toEqual(['a-2', 'a-1']);
    expect(history.recordings({}, { limit: 3 })).toMatchObject({
      rows: [{ id: 'b-2' }, { id: 'b-1' }, { id: 'a-2', size: 1_000 }],
      next: expect.any(String) as string,
    });
    expect(await history.deleteRecording('RE/recordings/a-1.wav')).toBe(true);
    expect(await history.deleteRecording('a-1')).toBe(false);
    expect(removed).toEqual(['/recordings/a-1.wav']);
    expect(ids()).toEqual(['a-2']);
    expect(history.recording('a-1')).toBeUndefined();
    await clock.run(1_000);
    expect(web.requests.at(-1)?.event).toMatchObject({
      type: 'recording.deleted',
      data: { recording: 'a-1' },
    });
  });

  it('keeps no events where only the API is configured, but what it lists', () => {
    const { journal, store } = open(undefined);
    bench?.whole('a');
    expect(store.outbox.lastSequence()).toBe(0);
    expect(store.calls.get('a')).toMatchObject({ status: 'completed' });
    expect(journal.after(0, 10).map(({ type }) => type)).toEqual([
      ...['call.started', 'call.ringing', 'call.answered', 'call.ended'],
    ]);
  });

  it('tells of calls that were in progress when the server was killed', async () => {
    const { clock } = open([subscriber('app', undefined, true)]);
    const started = clock.now();
    bench?.begin('a');
    bench?.begin('done');
    bench?.tell('done', { type: 'call.recorded', record: recordOf('done', started, started) });
    clock.advance(2_000);
    bench?.tell('a', { type: 'call.answered', info: infoOf('a', started) });
    bench?.tell('a', { type: 'call.state', flow: 'reception', state: 'menu' });
    clock.advance(3_000);
    bench?.tell('a', { type: 'call.digits', digits: '1', valid: true });
    bench?.kill();
    clock.advance(60_000);
    bench?.start();
    const records = lostCalls(bench!.store);
    expect(records).toMatchObject([
      {
        ...{ id: 'a', answered: true, duration: 5_000, talked: 3_000 },
        end: { by: 'system', cause: 'server-lost' },
        flow: { name: 'reception', version: '3f2a' },
        path: [{ state: 'menu', at: 2_000 }],
        digits: [{ digits: '1', at: 5_000 }],
      },
    ]);
    bench?.tell('a', { type: 'call.recorded', record: records[0]! });
    expect(lostCalls(bench!.store)).toEqual([]);
    await clock.run(1_000);
    expect(bench?.web.requests.at(-1)?.event).toMatchObject({
      ...{ call: 'a', type: 'call.ended' },
      data: { end: { cause: 'server-lost' }, ended: '2026-01-05T09:00:05.000Z' },
    });
  });

  it('keeps events in their order while the database cannot be written, and writes them when it can', () => {
    const { clock, database, journal, store } = open([subscriber('app')]);
    let fails = true;
    const transaction = database.transaction.bind(database);
    database.transaction = (work) => {
      if (fails) throw new Error('disk full');
      return transaction(work);
    };
    bench?.whole('a');
    expect(store.outbox.lastSequence()).toBe(0);
    fails = false;
    bench?.begin('b');
    expect(store.outbox.lastSequence()).toBe(0);
    clock.advance(1_000);
    expect(store.outbox.latest(10).map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2, 1]);
    expect(bench?.log).toContain('events cannot be written: they wait');
    expect(journal.latest).toBe(5);
  });
});

describe('events in memory', () => {
  it('are numbered beyond those before a restart, and the last ones are kept', () => {
    const clock = new VirtualClock();
    const make = (): Journal =>
      new Journal({ clock, logger: silentLogger, sizeOf: () => undefined });
    const ring = (journal: Journal, call: string): void =>
      journal.take({ time: clock.now(), call, type: 'call.ringing' } satisfies CallHappening);
    const before = make();
    for (let count = 0; count < 12_000; count += 1) ring(before, 'a');
    const kept = before.after(0, 100_000);
    expect(kept.length).toBeGreaterThanOrEqual(5_000);
    expect(kept.at(-1)?.sequence).toBe(before.latest);
    expect(before.after(before.latest - 2, 10)).toHaveLength(2);
    clock.advance(20_000);
    const after = make();
    expect(after.latest).toBeGreaterThan(before.latest);
    const told: number[] = [];
    const forget = after.listen(({ sequence }) => told.push(sequence));
    ring(after, 'b');
    forget();
    ring(after, 'b');
    expect(told).toEqual([after.latest - 1]);
    expect(clock.pending).toBe(0);
  });
});
