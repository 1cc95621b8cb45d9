import { VirtualClock } from '../../runtime/core/virtual-clock';
import { TestApi } from './support/test-api';

let api: TestApi;

beforeAll(async () => {
  api = await TestApi.open();
});

afterAll(() => api.close());

describe('health', () => {
  it('tells whether the process lives and takes calls, without a key', async () => {
    expect(await api.get('/health/live', { key: undefined })).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    expect(await api.get('/health/ready', { key: undefined })).toMatchObject({ status: 200 });
  });

  it('is not ready while the server drains, or has no listener, and says so', async () => {
    api.service.draining = true;
    const { listeners } = api.service;
    api.service.listeners = [];
    expect(await api.get('/health/ready')).toMatchObject({
      status: 503,
      body: {
        status: 'unavailable',
        reasons: ['the server is being stopped', 'no SIP listener is open'],
      },
    });
    api.service.draining = false;
    api.service.listeners = listeners;
    expect(await api.get('/health/ready')).toMatchObject({ status: 200 });
  });
});

describe('what is wrong with a request', () => {
  it('is answered as problem+json: a path that there is not', async () => {
    const answer = await api.get('/v1/nothing', { headers: { 'X-Request-Id': 'mine-1' } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is nothing at /v1/nothing',
      code: 'CALLCHART_NOT_FOUND',
      requestId: 'mine-1',
    });
  });

  it.each(['DELETE', 'POST', 'OPTIONS'])('405 with Allow for %s', async (method) => {
    const answer = await api.ask(method, '/metrics');
    expect(answer).toMatchObject({ status: 405, body: { code: 'CALLCHART_METHOD' } });
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  it('a path that cannot be decoded', async () => {
    expect(await api.get('/v1/calls/%E0%A4%A')).toMatchObject({
      status: 400,
      body: { code: 'CALLCHART_INVALID_REQUEST' },
    });
  });

  it('names each part of the query that is wrong', async () => {
    expect(await api.get('/v1/calls?limit=0&flwo=menu')).toMatchObject({
      status: 400,
      body: {
        errors: [
          { in: 'query', at: 'limit' },
          { in: 'query', at: '', message: expect.stringContaining('flwo') as string },
        ],
      },
    });
  });

  it('what is no HTTP at all, and a header that is too large', async () => {
    expect(await api.raw('nonsense\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 .*application\/problem\+json.*"status":400/s,
    );
    const huge = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`;
    expect(await api.raw(huge)).toMatch(/^HTTP\/1\.1 431 .*"title":"Request Header Fields Too L/s);
  });
});

describe('every answer', () => {
  it('has an id of the request, the one that the client gave where that is harmless', async () => {
    const own = await api.get('/health/live');
    expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    const odd = await api.get('/health/live', { headers: { 'X-Request-Id': 'a b<script>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('keeps browsers from guessing, framing and keeping it, and does not name what made it', async () => {
    const { headers } = await api.get('/health/live');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('metrics', () => {
  it('count requests by route and status, and never by what a client makes up', async () => {
    await api.get('/v1/calls/nobody-1');
    await api.get('/made/up/1');
    const { text, headers } = await api.get('/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(text).toMatch(
      /callchart_http_requests_total\{method="GET",route="\/v1\/calls\/\{id\}",status="404"\} 1/,
    );
    expect(text).toMatch(/route="none",status="404"/);
    expect(text).not.toContain('nobody-1');
    expect(text).not.toContain('made/up');
  });

  it('have names and units as Prometheus asks, and help for each', async () => {
    const { text } = await api.get('/metrics');
    const names = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)];
    expect(names.length).toBeGreaterThan(15);
    for (const [, name = '', type = ''] of names) {
      expect(name).toMatch(/^(callchart|process)_[a-z0-9_]+$/);
      expect(name).not.toMatch(/millisecond|_ms\b/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(text).toMatch(new RegExp(`^# HELP ${name} .{5,}$`, 'm'));
    }
  });
});

it('nothing is open once it is closed', async () => {
  const clock = new VirtualClock();
  const other = await TestApi.open({ clock });
  await other.get('/v1/calls');
  await other.close();
  expect(clock.pending).toBe(0);
  expect(other.service.watchers).toBe(0);
  await expect(other.get('/health/live')).rejects.toThrow();
});
