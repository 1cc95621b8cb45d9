import { CallchartError } from '../../runtime/core/errors';
import type { Flow } from '../../runtime/flow/load';
import type { LiveConference } from '../../runtime/call/conference/port';
import type { ServedQueue } from '../../runtime/service/port';
import type { Binding } from '../../runtime/sip/server/port';
import { TestApi } from './support/test-api';

let api: TestApi;

beforeEach(async () => {
  api = await TestApi.open();
});

afterEach(() => api.close());

it('tells what is open, and where it listens', async () => {
  expect(await api.get('/v1/server')).toMatchObject({
    status: 200,
    body: {
      version: '1.2.3',
      draining: false,
      listeners: [{ protocol: 'UDP', host: '127.0.0.1', port: 5060 }],
      open: { calls: 0, mediaPorts: 4 },
    },
  });
});

it('lists flows with their versions and calls, without the folders of the machine', async () => {
  api.service.flows = [
    { name: 'menu', version: '0123456789ab', file: '/srv/f/menu.flow.ts' } as Flow,
  ];
  api.service.add({ flow: 'menu' });
  const menu = { name: 'menu', version: '0123456789ab', file: 'menu.flow.ts', calls: 1 };
  expect((await api.get('/v1/flows')).body).toEqual({ items: [menu] });
  expect((await api.get('/v1/flows/menu')).body).toEqual(menu);
  expect((await api.get('/v1/flows/none')).status).toBe(404);
});

it('lists registrations page by page, of all users or of one', async () => {
  for (const [user, port] of [
    ['bob', 2],
    ['alice', 1],
    ['bob', 1],
  ] as const) {
    api.service.bindings.push({
      aor: `sip:${user}@callchart`,
      contact: `sip:${user}@127.0.0.1:${port}`,
      q: 1,
      expiresAt: 60_000,
      registeredAt: 0,
      source: { protocol: 'UDP', host: '::1', port },
    } as unknown as Binding);
  }
  const seen: string[] = [];
  let cursor = '';
  for (;;) {
    const { body } = await api.get(`/v1/registrations?limit=1${cursor}`);
    const { items, next } = body as { items: { contact: string }[]; next: string | null };
    seen.push(...items.map(({ contact }) => contact));
    if (next === null) break;
    cursor = `&cursor=${next}`;
  }
  expect(seen).toEqual(['sip:alice@127.0.0.1:1', 'sip:bob@127.0.0.1:1', 'sip:bob@127.0.0.1:2']);
  expect((await api.get('/v1/registrations?user=alice')).body).toMatchObject({
    items: [{ user: 'alice', expires: '1970-01-01T00:01:00.000Z', source: '[::1]:1' }],
    next: null,
  });
});

it('lists trunks', async () => {
  api.service.trunkStates.push({
    ...{ name: 'carrier', state: 'down', calls: 2, maxCalls: undefined },
    servers: [
      {
        ...{ server: 'sip:c.example', registration: 'registered', registeredUntil: 1_000 },
        ...{ reachable: 'up', roundTrip: 12, lastError: undefined },
      },
    ],
  });
  expect((await api.get('/v1/trunks')).body).toMatchObject({
    items: [{ name: 'carrier', servers: [{ registeredUntil: '1970-01-01T00:00:01.000Z' }] }],
  });
  expect((await api.get('/metrics')).text).toContain('callchart_trunk_up{trunk="carrier"} 0');
});

it('reads flows again, and drains', async () => {
  expect(await api.ask('POST', '/v1/server/reload')).toMatchObject({
    status: 200,
    body: { problems: ['flows/b.flow.ts: is broken'], kept: ['b'] },
  });
  expect(await api.ask('POST', '/v1/server/drain', { body: {} })).toMatchObject({
    status: 202,
    body: { draining: true },
  });
  expect(api.service.drained).toBe(30_000);
  expect((await api.get('/health/ready')).status).toBe(503);
});

it('lists queues and who waits in them, and measures them', async () => {
  const queue: ServedQueue = {
    ...{ name: 'sales', maxSize: undefined, agents: 1, talking: 0, averageWait: 1_500 },
    members: [{ call: 'a', since: 1_000, position: 1, waited: 20, priority: 0 }],
  };
  api.service.queueList.push(queue);
  expect((await api.get('/v1/queues')).body).toMatchObject({
    items: [{ name: 'sales', members: [{ call: 'a', since: '1970-01-01T00:00:01.000Z' }] }],
  });
  const { text } = await api.get('/metrics');
  expect(text).toContain('callchart_queue_waiting_calls{queue="sales"} 1');
  expect(text).toContain('callchart_queue_wait_seconds{queue="sales"} 1.5');
});

it('steers a conference and who is in it', async () => {
  const done: unknown[][] = [];
  const note =
    (what: string) =>
    (...more: unknown[]) =>
      void done.push([what, ...more]);
  const conference = {
    ...{ id: 'c-1', name: 'standup', started: true, since: 0 },
    participants: [{ call: 'a', label: 'ann', muted: false, deaf: false, held: false, joined: 0 }],
    mute: (party: string, muted: boolean) => {
      if (party !== 'a') {
        throw new CallchartError('CALLCHART_UNKNOWN_PARTICIPANT', `nobody is ${party}`);
      }
      done.push(['mute', muted]);
    },
    deafen: note('deafen'),
    hold: async (...more: unknown[]) => note('hold')(...more),
    announce: async (...more: unknown[]) => note('announce')(...more),
    kick: note('kick'),
    end: note('end'),
  } as unknown as LiveConference;
  api.service.conferenceList.push(conference);
  const at = '/v1/conferences/standup';
  expect((await api.get('/v1/conferences')).body).toMatchObject({ items: [{ id: 'c-1' }] });
  expect((await api.get(at)).body).toMatchObject({ participants: [{ label: 'ann' }] });
  const patch = (who: string, body: object) =>
    api.ask('PATCH', `${at}/participants/${who}`, { body });
  expect((await patch('a', { muted: true, held: true, deaf: false })).status).toBe(200);
  expect((await patch('b', { muted: true })).status).toBe(404);
  expect((await patch('a', {})).status).toBe(400);
  await api.ask('POST', `${at}/play`, { body: { prompt: 'hello' } });
  await api.ask('DELETE', `${at}/participants/a`);
  await api.ask('DELETE', at);
  expect(done).toEqual([
    ['mute', true],
    ['deafen', 'a', false],
    ['hold', 'a', true, undefined],
    ['announce', 'hello', undefined],
    ['kick', 'a'],
    ['end'],
  ]);
  expect((await api.get('/v1/conferences/none')).status).toBe(404);
});
