import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { callRecord, TestApi } from './support/test-api';

let clock: VirtualClock;
let api: TestApi;
const open = new Set<Reader>();

beforeEach(async () => {
  clock = new VirtualClock();
  api = await TestApi.open({ clock });
});

afterEach(async () => {
  for (const reader of open) reader.leave();
  await api.close();
  expect(clock.pending).toBe(0);
});

/** Somebody who follows the events. */
class Reader {
  readonly events: EventSourceMessage[] = [];
  comments = 0;
  private readonly watchers = new Set<() => void>();

  private constructor(readonly response: IncomingMessage) {
    const parser = createParser({
      onEvent: (event) => this.events.push(event),
      onComment: () => (this.comments += 1),
    });
    response.on('data', (chunk: Buffer) => {
      parser.feed(chunk.toString());
      for (const look of [...this.watchers]) look();
    });
    response.on('error', () => undefined);
    open.add(this);
  }

  static async open(query = '', headers = {}, key = 'read-key'): Promise<Reader> {
    const request = get(`${api.api.url}/v1/events${query}`, {
      headers: { Authorization: `Bearer ${key}`, ...headers },
      agent: false,
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    request.on('error', () => undefined);
    return new Reader(response);
  }

  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!done()) return;
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
      look();
    });
  }

  /** The data of the first events. */
  async first(count: number): Promise<Record<string, unknown>[]> {
    await this.until(() => this.events.length >= count);
    return this.events.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  }

  leave(): void {
    open.delete(this);
    this.response.destroy();
  }
}

const ring = (call: string) => api.service.happen(call, { type: 'call.ringing' });
const states = (call: string, state: string) =>
  api.service.happen(call, { type: 'call.state', flow: 'menu', state });

it('tells what happens, in order, each with its number and type', async () => {
  const reader = await Reader.open();
  expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  ring('a');
  states('a', 'asking');
  api.service.happen('a', { type: 'call.recorded', record: callRecord('a') });
  const events = await reader.first(3);
  expect(events.map(({ type }) => type)).toEqual(['call.ringing', 'call.state', 'call.ended']);
  expect(events[2]).toMatchObject({ call: 'a', data: { status: 'completed' } });
  expect(reader.events.map(({ event }) => event)).toEqual(events.map(({ type }) => type));
  const numbers = reader.events.map(({ id }) => Number(id));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(numbers[0]).toBe(events[0]?.['sequence']);
});

it('tells of one call, or of some types alone', async () => {
  const one = await Reader.open('?call=b');
  const some = await Reader.open('?type=call.state,leg.*');
  ring('a');
  states('a', 'asking');
  ring('b');
  expect(await one.first(1)).toMatchObject([{ type: 'call.ringing', call: 'b' }]);
  expect(await some.first(1)).toMatchObject([{ type: 'call.state', call: 'a' }]);
});

it.each([
  ['Last-Event-ID', (id: string) => Reader.open('', { 'Last-Event-ID': id })],
  ['the query', (id: string) => Reader.open(`?lastEventId=${id}`)],
])('goes on behind the event that %s names, and misses none', async (_, openAgain) => {
  const before = await Reader.open();
  for (const call of ['a', 'b', 'c']) ring(call);
  await before.first(3);
  const id = before.events[0]?.id ?? '';
  before.leave();
  ring('d');
  const again = await openAgain(id);
  ring('e');
  const events = await again.first(4);
  expect(events.map(({ call }) => call)).toEqual(['b', 'c', 'd', 'e']);
});

it('says so when the number is of another life of the server', async () => {
  const reader = await Reader.open('?lastEventId=9999999999999999');
  await reader.first(1);
  expect(reader.events[0]?.event).toBe('reset');
  ring('a');
  expect((await reader.first(2))[1]).toMatchObject({ call: 'a' });
});

it('400 for what is no number, 400 for types that cannot be', async () => {
  const bad = await api.get('/v1/events', { headers: { 'Last-Event-ID': 'x' } });
  expect(bad).toMatchObject({ status: 400, body: { errors: [{ in: 'header' }] } });
  expect((await api.get('/v1/events?type=*')).status).toBe(400);
});

it('gives a sign of life every 15 seconds', async () => {
  const reader = await Reader.open();
  clock.advance(15_000);
  clock.advance(15_000);
  await reader.until(() => reader.comments === 2);
});

it('ends when the key is revoked, and says so', async () => {
  const reader = await Reader.open();
  api.keys.revoked.add('read');
  clock.advance(15_000);
  expect(await reader.first(1)).toEqual([{ reason: 'the key was revoked' }]);
  if (!reader.response.readableEnded) await once(reader.response, 'end');
});

it('drops who reads too slowly, with a reason, while others read on', async () => {
  const slow = await Reader.open();
  slow.response.pause();
  const quick = await Reader.open('?call=quick');
  const event = { type: 'call.digits', digits: '1'.repeat(100_000) } as const;
  // What the system itself keeps on the way comes on top of what we allow.
  for (let i = 0; i < 200; i += 1) api.service.happen('slow', event);
  ring('quick');
  expect(await quick.first(1)).toMatchObject([{ call: 'quick' }]);
  clock.advance(15_000);
  slow.response.resume();
  await slow.until(() => slow.events.at(-1)?.event === 'dropped');
  expect(slow.events.at(-1)?.data).toContain('too slow');
  expect(slow.events.length).toBeLessThan(150);
});

it('cuts off who does not even take that he is dropped', async () => {
  const slow = await Reader.open();
  slow.response.pause();
  const event = { type: 'call.digits', digits: '1'.repeat(900_000) } as const;
  // Turn by turn: the system itself takes some megabytes first.
  for (let i = 0; i < 30; i += 1) {
    api.service.happen('slow', event);
    await new Promise(setImmediate);
  }
  const gone = new Promise((resolve) => slow.response.once('close', resolve));
  clock.advance(5_000);
  slow.response.resume();
  await gone;
  expect(slow.response.complete).toBe(false);
});

it('is closed with the server: who follows is told, and nobody is waited for', async () => {
  const reader = await Reader.open();
  const idle = await Reader.open();
  idle.response.pause();
  await api.close();
  expect(await reader.first(1)).toEqual([{ reason: 'the server is being stopped' }]);
  api = await TestApi.open({ clock });
});

it('says no more about where a recording is than its id', async () => {
  const reader = await Reader.open();
  const path = '/srv/recordings/a-1-message.wav';
  api.service.happen('a', { type: 'recording.completed', path, duration: 900 });
  const [event] = await reader.first(1);
  expect(event).toMatchObject({ data: { recording: 'a-1-message', duration: 900 } });
  expect(JSON.stringify(event)).not.toContain('/srv/');
});
