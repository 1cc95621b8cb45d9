import { verifySignature } from '../../runtime/web/signature';
import { EventsBench, subscriber } from './support/events-bench';

const hour = 3_600_000;
const all = ['call.started', 'call.ringing', 'call.answered', 'call.ended'];
const of = (call: string): string[] => all.map((type) => `${call}:${type}`);

let bench: EventsBench;

function open(...subscribers: Parameters<typeof subscriber>[]): EventsBench {
  bench = new EventsBench(subscribers.map((given) => subscriber(...given)));
  return bench;
}

afterEach(() => bench.remove());

describe('the delivery of events', () => {
  it('sends each event once to each subscriber that wants it, in the order of the call', async () => {
    const { web, clock } = open(['app'], ['billing', ['call.ended']], ['legs', ['leg.*']]);
    bench.whole('a');
    bench.whole('b');
    bench.tell('a', { type: 'call.state', flow: 'reception', state: 'menu' });
    await clock.run(1_000);
    expect(web.taken('https://app.example/').filter((entry) => entry.startsWith('a:'))).toEqual(
      of('a'),
    );
    expect(web.taken('https://app.example/').filter((entry) => entry.startsWith('b:'))).toEqual(
      of('b'),
    );
    expect(web.taken('https://billing.example/')).toEqual(['a:call.ended', 'b:call.ended']);
    expect(web.taken('https://legs.example/')).toEqual([]);
    expect(bench.store.outbox.counts()).toEqual([]);
  });

  it('tells states only to those who ask for them', async () => {
    const { web, clock } = open(['app'], ['pictures', undefined, true]);
    bench.tell('a', { type: 'call.state', flow: 'reception', state: 'menu' });
    await clock.run(1_000);
    expect(web.requests.map(({ url }) => url)).toEqual(['https://pictures.example/']);
  });

  it('sends an event as one JSON object with its id as idempotency key, signed', async () => {
    const { web, clock } = open(['app', ['call.started']]);
    bench.begin('a');
    await clock.run(1_000);
    const [request] = web.raw;
    expect(JSON.parse(String(request?.body))).toMatchObject({
      ...{ id: 'a.1', type: 'call.started', call: 'a', sequence: 1 },
      time: '2026-01-05T09:00:00.000Z',
      data: { direction: 'inbound', from: { user: 'alice' }, flow: 'reception' },
    });
    expect(request?.headers).toEqual({
      'content-type': 'application/json',
      'idempotency-key': 'a.1',
    });
    const sent = { url: '', method: 'POST', body: request?.body };
    const signature = request?.sign?.(sent)['Callchart-Signature'];
    const now = clock.now();
    expect(verifySignature(signature, String(request?.body), 'secret', { now })).toBe(true);
  });

  it('holds back only the call whose event fails, and only for the subscriber that fails', async () => {
    const { web, clock } = open(['app'], ['billing']);
    let broken = true;
    web.answer = (url, { call }) => (broken && url.includes('app') && call === 'a' ? 500 : 200);
    bench.whole('a');
    bench.whole('b');
    await clock.run(60_000);
    expect(web.taken('https://app.example/')).toEqual(of('b'));
    expect(web.taken('https://billing.example/').sort()).toEqual([...of('a'), ...of('b')].sort());
    broken = false;
    await clock.run(60_000);
    expect(web.taken('https://app.example/').slice(-4)).toEqual(of('a'));
    expect(bench.store.outbox.counts()).toEqual([]);
  });

  it('is not delayed for one subscriber by another that does not answer', async () => {
    const { web, clock } = open(['dead'], ['app']);
    web.answer = (url) => (url.includes('dead') ? { after: 10_000 } : 200);
    for (let count = 0; count < 100; count += 1) bench.whole(`call${count}`);
    await clock.run(900);
    expect(web.taken('https://app.example/')).toHaveLength(400);
    expect(web.open).toBe(16);
    await clock.run(400_000);
    expect(bench.store.outbox.counts()).toEqual([]);
  });

  it('tries for 24 hours, ever more seldom, then puts the event with the dead letters and goes on', async () => {
    const { web, clock } = open(['app']);
    const times: number[] = [];
    const began = clock.now();
    web.answer = (_, { type }) => {
      if (type !== 'call.started') return 200;
      times.push(clock.now() - began);
      return 'refused';
    };
    bench.whole('a');
    await clock.run(23 * hour);
    expect(times.length).toBeGreaterThan(100);
    expect(times.length).toBeLessThan(350);
    expect(bench.store.outbox.dead(10)).toEqual([]);
    await clock.run(2 * hour);
    expect(Math.max(...times)).toBeGreaterThan(23.8 * hour);
    expect(Math.max(...times)).toBeLessThanOrEqual(24 * hour);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(600_000);
    expect(bench.store.outbox.dead(10)).toMatchObject([
      {
        call: 'a',
        type: 'call.started',
        attempts: times.length,
        error: 'nobody listens at the app',
      },
    ]);
    expect(web.taken('https://app.example/')).toEqual(of('a').slice(1));
    expect(
      bench.log.filter((line) => line.includes('do not take') || line.includes('not take')),
    ).toHaveLength(1);
  });

  it('sends a dead letter again when it is told to, by whatever process', async () => {
    const { web, clock, store } = open(['app'], ['other', []]);
    web.answer = () => 410;
    bench.whole('a');
    await clock.run(1_000);
    // 410: nobody there will ever want it.
    expect(web.requests).toHaveLength(4);
    expect(store.outbox.dead(10).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    web.answer = () => 200;
    web.requests.length = 0;
    expect(store.outbox.resend(['other'], clock.now())).toBe(0);
    expect(store.outbox.resend(['app'], clock.now(), 3)).toBe(1);
    bench.delivery.wake();
    await clock.run(1_000);
    expect(web.taken('https://app.example/')).toEqual(['a:call.answered']);
    expect(store.outbox.resend(['app'], clock.now())).toBe(3);
    bench.delivery.wake();
    await clock.run(1_000);
    expect(web.requests.map(({ event }) => event.sequence)).toEqual([3, 1, 2, 4]);
    expect(store.outbox.counts()).toEqual([]);
  });

  it('goes on after a restart where it was, with the attempts that were made', async () => {
    const { web, clock } = open(['app']);
    web.answer = () => 503;
    bench.whole('a');
    await clock.run(20 * hour);
    await bench.stop();
    expect(clock.pending).toBe(0);
    bench.start();
    await clock.run(3 * hour);
    expect(bench.store.outbox.dead(10)).toEqual([]);
    await clock.run(2 * hour);
    // What follows was held back, and has its own attempt before it is given up.
    expect(bench.store.outbox.dead(10).map(({ attempts }) => attempts > 0)).toEqual(
      Array.from({ length: 4 }, () => true),
    );
  });

  it('sends again what was on its way when the server was killed, so that nothing is lost', async () => {
    const { web, clock } = open(['app']);
    web.answer = () => ({ after: 5_000 });
    bench.whole('a');
    bench.begin('b');
    await clock.run(1_000);
    expect(web.open).toBe(2);
    bench.kill();
    web.answer = () => 200;
    web.requests.length = 0;
    bench.start();
    await clock.run(10_000);
    expect(web.taken('https://app.example/').filter((entry) => entry.startsWith('a'))).toEqual(
      of('a'),
    );
    expect(web.taken('https://app.example/')).toContain('b:call.started');
  });

  it('sends what is due before the server ends, and waits no longer than two seconds for it', async () => {
    const { web, clock } = open(['app']);
    bench.whole('a');
    await bench.stop();
    expect(web.taken('https://app.example/')).toEqual(of('a'));
    bench.start();
    web.answer = () => ({ after: 60_000 });
    bench.begin('b');
    await clock.run(100);
    const before = clock.now();
    await bench.stop();
    expect(clock.now() - before).toBeLessThanOrEqual(3_000);
    await clock.run(60_000);
    expect(clock.pending).toBe(0);
    bench.start();
  });

  it('keeps events for a subscriber that is not configured any more as dead letters', async () => {
    const { web, clock } = open(['app'], ['old']);
    web.answer = (url) => (url.includes('old') ? 500 : 200);
    bench.begin('a');
    await clock.run(1_000);
    await bench.stop();
    bench.start([subscriber('app')]);
    expect(bench.store.outbox.dead(10)).toMatchObject([
      { subscriber: 'old', error: 'no such subscriber is configured' },
    ]);
  });

  it('forgets in time what everybody has got, but not what somebody is to get, nor the last number', async () => {
    bench = new EventsBench([subscriber('app')], 24 * hour);
    const { web, clock } = bench;
    for (let count = 0; count < 1_200; count += 1) bench.begin(`call${count}`);
    await clock.run(10_000);
    web.answer = () => 500;
    bench.begin('late');
    await clock.run(25 * hour);
    expect(bench.store.outbox.latest(2_000).map(({ call }) => call)).toEqual(['late']);
    // It is a dead letter by now, for as long again.
    await clock.run(20 * hour);
    expect(bench.store.outbox.dead(10)).toHaveLength(1);
    await clock.run(5 * hour);
    expect(bench.store.outbox.dead(10)).toEqual([]);
    await bench.stop();
    bench.start();
    bench.begin('next');
    expect(bench.journal.latest).toBe(1_202);
  });
});
