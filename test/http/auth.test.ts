import type { Clock } from '../../runtime/core/clock';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { API_SCOPES, allowsScope } from '../../runtime/core/api-scope';
import type { EndpointDescription } from '../../runtime/http/api/endpoint';
import { endpoints } from '../../runtime/http/api/endpoints';
import { Authenticator } from '../../runtime/http/authenticator';
import { silentLogger } from '../../runtime/core/logger';
import { FakeKeys, TestApi } from './support/test-api';

const table = Object.entries<EndpointDescription>(endpoints).map(([id, endpoint]) => ({
  id,
  method: endpoint.method.toUpperCase(),
  path: endpoint.path.replace(/\{\w+\}/g, 'none-1'),
  scope: endpoint.scope,
  body: endpoint.example?.body,
}));

let api: TestApi;

/** Nobody waits: how long those do who guess is shown below. */
const hasty: Clock = {
  now: () => 0,
  setTimeout: (callback) => setImmediate(callback),
  clearTimeout: (handle) => clearImmediate(handle as NodeJS.Immediate | undefined),
};

beforeAll(async () => {
  api = await TestApi.open({ clock: hasty });
});

afterAll(() => api.close());

describe.each(table.filter(({ id }) => id !== 'followEvents'))(
  '$method $path',
  ({ method, path, scope, body }) => {
    const ask = async (key: string | undefined): Promise<number> => {
      const { status, headers } = await api.ask(method, path, { key, body });
      if (status === 401) expect(headers.get('www-authenticate')).toContain('Bearer');
      return status;
    };

    it('needs a key that is there, where it needs one', async () => {
      expect((await ask(undefined)) === 401).toBe(scope !== 'none');
      expect((await ask('wrong')) === 401).toBe(scope !== 'none');
    });

    it.each(API_SCOPES)('with a key of scope %s', async (given) => {
      const allowed = scope === 'none' || allowsScope(given, scope);
      expect((await ask(`${given}-key`)) === 403).toBe(!allowed);
    });
  },
);

it('the stream of events needs a key, too', async () => {
  expect((await api.get('/v1/events', { key: undefined })).status).toBe(401);
});

describe('who guesses keys', () => {
  const asker = (authorization: string, source = '192.0.2.1') => ({
    authorization,
    source,
    signal: new AbortController().signal,
  });
  const wrong = asker('Bearer wrong');

  async function waitOf(clock: VirtualClock, work: Promise<unknown>): Promise<number> {
    const began = clock.now();
    let done = false;
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    void settled.then(() => (done = true));
    await Promise.resolve();
    clock.next();
    await settled;
    expect(done).toBe(true);
    return clock.now() - began;
  }

  it('waits longer each time, up to a limit, while another address does not wait for him', async () => {
    const clock = new VirtualClock();
    const authenticator = new Authenticator(new FakeKeys(), clock, silentLogger);
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      waits.push(await waitOf(clock, authenticator.authenticate(wrong, 'read')));
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(
      await waitOf(clock, authenticator.authenticate(asker('Bearer wrong', '192.0.2.2'), 'read')),
    ).toBe(250);
    // The right key never waits, whoever else is behind the same address.
    await expect(
      authenticator.authenticate(asker('Bearer read-key'), 'read'),
    ).resolves.toMatchObject({ name: 'read' });
    expect(authenticator.rejected).toBe(9);
  });

  it('is forgotten after ten minutes', async () => {
    const clock = new VirtualClock();
    const authenticator = new Authenticator(new FakeKeys(), clock, silentLogger);
    await waitOf(clock, authenticator.authenticate(wrong, 'read'));
    clock.advance(601_000);
    expect(await waitOf(clock, authenticator.authenticate(wrong, 'read'))).toBe(250);
  });

  it('gets 429 at once when ten of his answers wait already, and leaves nothing behind', async () => {
    const clock = new VirtualClock();
    const authenticator = new Authenticator(new FakeKeys(), clock, silentLogger);
    const tries = Array.from({ length: 12 }, () =>
      authenticator.authenticate(wrong, 'read').catch((error: unknown) => error),
    );
    expect(await tries[11]).toMatchObject({ status: 429, headers: { 'Retry-After': '10' } });
    authenticator.close();
    const all = await Promise.all(tries);
    expect(all.filter((error) => (error as { status: number }).status === 401)).toHaveLength(10);
    expect(clock.pending).toBe(0);
  });

  it('costs nothing any more once he is gone', async () => {
    const clock = new VirtualClock();
    const authenticator = new Authenticator(new FakeKeys(), clock, silentLogger);
    const gone = new AbortController();
    const trial = authenticator.authenticate({ ...wrong, signal: gone.signal }, 'read');
    gone.abort();
    await expect(trial).rejects.toMatchObject({ status: 401 });
    expect(clock.pending).toBe(0);
  });
});

it('takes the password of Basic as the key, whatever the user name', async () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const ask = (authorization: string) =>
    api.get('/v1/calls', { key: undefined, headers: { Authorization: authorization } });
  expect((await ask(basic('AC00:read-key'))).status).toBe(200);
  expect((await ask(basic('read-key'))).status).toBe(401);
  expect((await ask('Digest read-key')).status).toBe(401);
});

it('counts wrong keys among the metrics', async () => {
  await api.get('/v1/calls', { key: 'nobody' });
  const { text } = await api.get('/metrics');
  expect(text).toMatch(/^callchart_http_wrong_keys_total [1-9]/m);
});

it('answers 429 with Retry-After when a key asks too often, and only that key', async () => {
  const strict = await TestApi.open({ config: { rateLimit: 3 } });
  try {
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      statuses.push((await strict.get('/v1/flows', { key: 'read-key' })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
    const { body, headers } = await strict.get('/v1/flows', { key: 'read-key' });
    expect(body).toMatchObject({ code: 'CALLCHART_RATE_LIMIT' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await strict.get('/v1/flows', { key: 'call-key' })).status).toBe(200);
    expect((await strict.get('/health/live', { key: undefined })).status).toBe(200);
  } finally {
    await strict.close();
  }
});
