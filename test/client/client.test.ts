import { CallchartApiError, CallchartClient } from 'callchart/client';
import type { EndpointDescription } from '../../runtime/http/api/endpoint';
import { endpoints } from '../../runtime/http/api/endpoints';
import { TestApi } from '../http/support/test-api';

let api: TestApi;
let client: CallchartClient;

beforeEach(async () => {
  api = await TestApi.open();
  client = new CallchartClient({ baseUrl: api.api.url, key: 'admin-key' });
});

afterEach(() => api.close());

/** A client whose requests go nowhere: what it would ask, and what it is told. */
function recorded(answers: readonly (() => Response | Promise<Response>)[] = []) {
  const asked: { method: string; path: string; headers: Headers; body: unknown }[] = [];
  const own = new CallchartClient({
    baseUrl: 'http://callchart.test/',
    key: 'k',
    fetch: async (url, init) => {
      const { pathname, search } = new URL(url instanceof Request ? url.url : url);
      const headers = new Headers(init?.headers);
      const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
      asked.push({ method: init?.method ?? '', path: pathname + search, headers, body });
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      return answer?.() ?? Response.json({ items: [], next: null });
    },
  });
  return { client: own, asked };
}

it('has a method for each endpoint, with its method and path', async () => {
  const { client: all, asked } = recorded([
    () => new Response(null, { status: 200, headers: { 'content-type': 'text/event-stream' } }),
  ]);
  const { calls, recordings, flows, conferences, server, deadLetters } = all;
  const signal = AbortSignal.timeout(60_000);
  await Promise.all([
    calls.create({ to: 'a', flow: 'b' }),
    calls.list(),
    calls.get('x'),
    calls.change('x', { held: true }),
    calls.redirect('x', { flow: 'b' }),
    calls.hangup('x'),
    calls.play('x', { prompt: 'p' }),
    calls.stopPlaying('x'),
    calls.sendDigits('x', '1'),
    calls.startRecording('x'),
    calls.changeRecording('x', 'x', { state: 'paused' }),
    calls.sendEvent('x', { type: 't' }),
    recordings.list(),
    recordings.get('x'),
    recordings.audio('x'),
    recordings.delete('x'),
    flows.list(),
    flows.get('x'),
    conferences.list(),
    conferences.get('x'),
    conferences.end('x'),
    conferences.play('x', { prompt: 'p' }),
    conferences.changeParticipant('x', 'x', { muted: true }),
    conferences.removeParticipant('x', 'x'),
    server.live(),
    server.ready(),
    server.get(),
    server.reload(),
    server.drain(),
    server.metrics(),
    server.describe(),
    deadLetters.list(),
    deadLetters.resend(),
    all.queues(),
    all.trunks(),
    all.registrations({ user: 'x' }),
  ]);
  const leave = new AbortController();
  const events = all.events({ signal: AbortSignal.any([signal, leave.signal]) });
  const first = events.next();
  await new Promise(setImmediate);
  leave.abort();
  await first;
  const used = asked.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
  const table = Object.values<EndpointDescription>(endpoints).map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, 'x')}`,
  );
  expect([...new Set(used)].sort()).toEqual(table.sort());
});

it('places, lists and steers calls, with their types', async () => {
  const call = await client.calls.create({ to: 'alice', flow: 'survey', timeout: 20_000 });
  const state: 'ringing' | 'early' | 'answered' | 'ended' = call.state;
  expect(state).toBe('ringing');
  await client.calls.sendDigits(call.id, '12');
  expect((await client.calls.sendEvent(call.id, { type: 'paid' })).taken).toBe(true);
  for (const id of ['a', 'b', 'c']) api.history.add(id);
  const ids: string[] = [];
  for await (const { id } of client.calls.all({ limit: 1, state: 'ended' })) ids.push(id);
  expect(ids).toEqual(['c', 'b', 'a']);
});

it('rejects with what the server has said', async () => {
  const failure = await client.calls.hangup('none').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CallchartApiError);
  expect(failure).toMatchObject({
    status: 404,
    code: 'CALLCHART_NOT_FOUND',
    message: 'there is no call none',
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  });
  await expect(client.calls.create({ to: '', flow: 'a' })).rejects.toMatchObject({
    status: 400,
    errors: [{ in: 'body', at: 'to' }],
  });
});

const busy = () => new Response('', { status: 503, headers: { 'Retry-After': '0' } });
const fine = () => Response.json({ id: 'a' });

it('sends again what may be carried out twice, a POST with the same key', async () => {
  const lost = () => Promise.reject(new TypeError('fetch failed'));
  const { client: own, asked } = recorded([lost, busy, fine]);
  await expect(own.calls.create({ to: 'a', flow: 'b' })).resolves.toEqual({ id: 'a' });
  const keys = asked.map(({ headers }) => headers.get('idempotency-key'));
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

it('takes the key that it is given, and gives up in the end', async () => {
  const { client: own, asked } = recorded([busy]);
  await expect(
    own.calls.create({ to: 'a', flow: 'b' }, { idempotencyKey: 'order-7' }),
  ).rejects.toMatchObject({ status: 503 });
  expect(asked.map(({ headers }) => headers.get('idempotency-key'))).toEqual(
    Array(3).fill('order-7'),
  );
});

it('never sends again what the server has refused', async () => {
  const { client: own, asked } = recorded([() => new Response('{}', { status: 422 })]);
  await expect(own.calls.create({ to: 'a', flow: 'b' })).rejects.toMatchObject({ status: 422 });
  expect(asked).toHaveLength(1);
});

it('follows events, and goes on behind the last one when the connection ends', async () => {
  const seen: string[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const { call, type } of client.events({ signal: stop.signal })) {
      seen.push(`${call} ${type}`);
      if (seen.length === 1) {
        // The connection ends, and something happens before it is made again.
        api.streams.close();
        api.service.happen('b', { type: 'call.ringing' });
      }
      if (seen.length === 2) stop.abort();
    }
  })();
  while (api.streams.size === 0) await new Promise(setImmediate);
  api.service.happen('a', { type: 'call.ringing' });
  await following;
  expect(seen).toEqual(['a call.ringing', 'b call.ringing']);
});

it('throws what waiting cannot mend: a wrong key', async () => {
  const stranger = new CallchartClient({ baseUrl: api.api.url, key: 'none' });
  await expect(stranger.events().next()).rejects.toMatchObject({ status: 401 });
});
