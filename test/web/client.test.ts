import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { SeededRandom } from '../../runtime/core/random';
import { settle, VirtualClock } from '../../runtime/core/virtual-clock';
import { createWebClient, type WebClientOptions } from '../../runtime/web/client';
import type { WebClient, WebRequest, WebResult } from '../../runtime/web/port';
import { WebServer } from './web-server';

const clock = new VirtualClock();
let server: WebServer;
let web: WebClient;
let answer: (path: string, response: ServerResponse) => void;
const raw: Server[] = [];
const extra: WebClient[] = [];

function client(options: Partial<WebClientOptions> = {}): WebClient {
  const random = new SeededRandom(1);
  const made = createWebClient({ clock, random, allow: ['127.0.0.0/8'], ...options });
  extra.push(made);
  return made;
}

beforeAll(async () => {
  server = await WebServer.start((request, response) => answer(request.url ?? '', response));
});

beforeEach(() => {
  server.seen.length = 0;
  web = client();
});

afterEach(async () => {
  await Promise.all(extra.splice(0).map((each) => each.close()));
  for (const each of raw.splice(0)) await new Promise((resolve) => each.close(resolve));
  // Neither a timer nor a request is left behind.
  expect(clock.pending).toBe(0);
  expect(web.counts.open).toBe(0);
});

afterAll(() => server.close());

function get(url: string, more: Partial<WebRequest> = {}): Promise<WebResult> {
  return web.request({
    ...{ url, method: 'GET', timeout: 5_000, maxSize: 1_000, maxRedirects: 5 },
    ...more,
  });
}

/** What is told of an answer, or the reason why there is none. */
function told(result: WebResult): string {
  return result.type === 'answer'
    ? `${result.status} ${Buffer.from(result.body).toString()}`
    : result.reason;
}

function message(result: WebResult): string {
  return result.type === 'failed' ? result.message : '';
}

/** A server that writes these bytes to whoever connects, and then does what `after` says. */
async function rawServer(bytes: string, after: 'end' | 'reset' | 'wait'): Promise<string> {
  const listening = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(bytes, () => {
        if (after === 'end') socket.end();
        if (after === 'reset') socket.resetAndDestroy();
      });
    });
  });
  raw.push(listening);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`;
}

async function reached(count: number): Promise<void> {
  while (server.seen.length < count) await settle();
}

describe('an answer', () => {
  it('is given with its status, header fields, cookies and body, whatever the status', async () => {
    answer = (_, response) => {
      response.writeHead(404, { 'X-One': ['a', 'b'], 'Set-Cookie': ['a=1', 'b=2; Path=/'] });
      response.end('nothing here');
    };
    const result = await get(server.url('/voice?a=b#timeout=1'), {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain', Host: 'other.example', 'User-Agent': 'me' },
      body: 'Grüße',
    });
    expect(result).toMatchObject({
      type: 'answer',
      status: 404,
      headers: { 'x-one': 'a, b' },
      cookies: ['a=1', 'b=2; Path=/'],
      attempts: 1,
    });
    expect(told(result)).toBe('404 nothing here');
    expect(server.seen).toEqual([
      {
        method: 'POST',
        url: '/voice?a=b',
        body: 'Grüße',
        headers: expect.objectContaining({
          host: `127.0.0.1:${server.port}`,
          'content-type': 'text/plain',
          'user-agent': 'me',
        }) as unknown,
      },
    ]);
    expect(web.counts).toEqual({ requests: 1, failures: 0, open: 0, openCircuits: 0 });
  });

  it('is asked for with name and password of the URL, which no message shows', async () => {
    answer = (_, response) => response.end('fine');
    const url = server.url('/a?token=secret').replace('//', '//me:p%40ss@');
    expect(told(await get(url))).toBe('200 fine');
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${btoa('me:p@ss')}`);
    answer = (_, response) => response.destroy();
    const failed = message(await get(url));
    expect(failed).toBe(
      `http://127.0.0.1:${server.port}/a?…: the connection was closed before the answer was whole`,
    );
  });

  it('that is larger than it may be is refused, with a length and without', async () => {
    answer = (_, response) => response.end('x'.repeat(1_001));
    expect(told(await get(server.url()))).toBe('tooLarge');
    answer = (_, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(200), () => setImmediate(more));
      };
      more();
    };
    const endless = await get(server.url());
    expect(message(endless)).toContain('it has more than 1000 bytes');
  });

  it('that comes too late, or never ends, is given up by our clock', async () => {
    answer = (path, response) => {
      if (path === '/slow') response.write('x');
    };
    for (const path of ['/silent', '/slow']) {
      const result = get(server.url(path), { timeout: 700 });
      await reached(1);
      await clock.run(699);
      expect(web.counts.open).toBe(1);
      await clock.run(1);
      expect(message(await result)).toContain('there was no answer within 700 ms');
      server.seen.length = 0;
    }
  });

  it('is not waited for when the caller gives up', async () => {
    answer = () => undefined;
    const abort = new AbortController();
    const result = get(server.url(), { signal: abort.signal });
    await reached(1);
    abort.abort();
    expect(told(await result)).toBe('aborted');
    expect(told(await get(server.url(), { signal: abort.signal }))).toBe('aborted');
    while (server.sockets.size > 0) await settle();
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'end', 'closed'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'reset', 'closed'],
    ['', 'end', 'closed'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'wait', 'garbage'],
    ['HTTP/1.1 abc\r\n\r\n', 'wait', 'garbage'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'wait', 'garbage'],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 'wait', 'tooLarge'],
  ] as const)('that is none (%j, then %s) is %s', async (bytes, after, reason) => {
    expect(told(await get(await rawServer(bytes, after)))).toBe(reason);
  });

  it('of nobody is refused, of an unknown host unknown', async () => {
    const url = await rawServer('', 'end');
    await new Promise((resolve) => raw.pop()?.close(resolve));
    expect(message(await get(url))).toBe(`${url}: nobody listens there`);
    const resolve = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    web = client({ resolve });
    expect(told(await get('http://nowhere.example/'))).toBe('unknownHost');
    expect(told(await get('ftp://nowhere.example/'))).toBe('badUrl');
    expect(told(await get('/voice'))).toBe('badUrl');
    expect(web.counts).toMatchObject({ requests: 3, failures: 3 });
  });

  it('is none when a header field is not valid, or the signature fails: never an exception', async () => {
    expect(told(await get(server.url(), { headers: { 'a b': 'c' } }))).toBe('badUrl');
    expect(told(await get(server.url(), { headers: { a: 'b\r\nc: d' } }))).toBe('badUrl');
    const sign = (): never => {
      throw new Error('no key');
    };
    expect(message(await get(server.url(), { sign }))).toContain('could not be signed (no key)');
    expect(server.seen).toEqual([]);
  });
});

describe('a redirect', () => {
  const to =
    (status: number, location: string) =>
    (path: string, response: ServerResponse): void => {
      if (path === '/there') response.end('there');
      else response.writeHead(status, { location }).end();
    };
  const post = { method: 'POST', body: 'a=1', headers: { 'content-type': 'text/x' } } as const;

  it.each([
    [301, 'GET', ''],
    [302, 'GET', ''],
    [303, 'GET', ''],
    [307, 'POST', 'a=1'],
    [308, 'POST', 'a=1'],
  ])('%i leads on with %s and %j', async (status, method, body) => {
    answer = to(status, '/there');
    const result = await get(server.url('/here'), post);
    expect(result).toMatchObject({ type: 'answer', url: server.url('/there') });
    expect(server.seen.slice(1)).toMatchObject([{ method, body, url: '/there' }]);
    expect('content-type' in (server.seen[1]?.headers ?? {})).toBe(body !== '');
  });

  it('keeps who asks at the origin that he was given for', async () => {
    const headers = { Authorization: 'Bearer secret', Cookie: 'a=secret', 'X-Trace': '1' };
    const signed: string[] = [];
    const sign = ({ url }: { readonly url: string }): Record<string, string> => {
      signed.push(url);
      return {};
    };
    answer = (path, response) => {
      if (path === '/same') response.end('same');
      else if (path === '/here') response.writeHead(302, { location: '/same' }).end();
      else response.writeHead(302, { location: server.url('/same', 'localhost') }).end();
    };
    web = client({
      allow: ['127.0.0.0/8'],
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    });
    await get(server.url('/here'), { headers, sign });
    await get(server.url('/across'), { headers, sign });
    const same = server.seen.filter(({ url }) => url === '/same');
    expect(same[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-trace': '1' });
    expect(same[1]?.headers).toMatchObject({ 'x-trace': '1' });
    expect(same[1]?.headers).not.toHaveProperty('authorization');
    expect(same[1]?.headers).not.toHaveProperty('cookie');
    expect(signed.slice(-2)).toEqual([server.url('/across'), server.url('/same', 'localhost')]);
  });

  it('in a circle ends; none is followed where none may be', async () => {
    answer = to(302, '/round');
    expect(message(await get(server.url('/round')))).toContain('redirected more than 5 times');
    expect(server.seen).toHaveLength(6);
    expect(await get(server.url('/round'), { maxRedirects: 0 })).toMatchObject({ status: 302 });
    answer = (_, response) => response.writeHead(302).end();
    expect(await get(server.url('/nowhere'))).toMatchObject({ status: 302 });
  });

  it('to a private address, or to what is no web address, is not followed', async () => {
    web = client({ allow: [`127.0.0.1:${server.port}`] });
    for (const [location, reason] of [
      ['http://169.254.169.254/latest/meta-data', 'forbiddenAddress'],
      [`http://127.0.0.1:${server.port === 1 ? 2 : 1}/`, 'forbiddenAddress'],
      ['http://[::ffff:10.0.0.1]/', 'forbiddenAddress'],
      ['file:///etc/passwd', 'badUrl'],
      ['http://', 'badUrl'],
    ] as const) {
      answer = to(302, location);
      expect(told(await get(server.url('/here')))).toBe(reason);
    }
  });
});

describe('trying again', () => {
  it('comes after no answer, 429 and 5xx, with pauses that grow, and the same key', async () => {
    const statuses = [500, 429, 200];
    answer = (_, response) => response.writeHead(statuses.shift() ?? 500).end();
    const since = clock.now();
    const times: number[] = [];
    const sign = (): Record<string, string> => {
      times.push(clock.now() - since);
      return {};
    };
    const headers = { 'Idempotency-Key': 'one' };
    const result = get(server.url(), { retries: 2, headers, sign, timeout: 60_000 });
    await reached(1);
    for (let turn = 2; turn <= 3; turn += 1) {
      while (clock.pending < 2) await settle();
      await clock.run(500);
      await reached(turn);
    }
    expect(await result).toMatchObject({ status: 200, attempts: 3 });
    expect(server.seen.map((seen) => seen.headers['idempotency-key'])).toEqual([
      ...['one', 'one', 'one'],
    ]);
    // Between half the pause and all of it: 250 ms, then 500.
    expect(times[1]).toBeGreaterThanOrEqual(125);
    expect(times[1]).toBeLessThan(250);
  });

  it('waits as long as the server says, and not at all where that is too long', async () => {
    let first = true;
    answer = (_, response) => {
      response.writeHead(first ? 503 : 200, { 'Retry-After': '7' }).end();
      first = false;
    };
    const result = get(server.url(), { retries: 1, timeout: 10_000 });
    while (clock.pending < 2) await settle();
    await clock.run(6_999);
    expect(server.seen).toHaveLength(1);
    await clock.run(1);
    expect(await result).toMatchObject({ status: 200, attempts: 2 });
    first = true;
    expect(await get(server.url(), { retries: 1, timeout: 7_000 })).toMatchObject({
      ...{ status: 503, attempts: 1 },
    });
  });

  it('is not for what was answered, and ends when the caller gives up', async () => {
    answer = (_, response) => response.writeHead(400).end();
    expect(await get(server.url(), { retries: 3 })).toMatchObject({ status: 400, attempts: 1 });
    answer = (_, response) => response.destroy();
    const abort = new AbortController();
    const result = get(server.url(), { retries: 3, signal: abort.signal });
    while (clock.pending < 2) await settle();
    abort.abort();
    expect(await result).toMatchObject({ reason: 'aborted', attempts: 1 });
  });
});

describe('a host that is dead', () => {
  it('is left alone after some failures, and tried again after a rest', async () => {
    web = client({ failures: 2, rest: 1_000 });
    answer = (_, response) => response.destroy();
    expect(told(await get(server.url()))).toBe('closed');
    expect(told(await get(server.url()))).toBe('closed');
    expect(told(await get(server.url()))).toBe('circuitOpen');
    expect(server.seen).toHaveLength(2);
    expect(web.counts).toMatchObject({ openCircuits: 1, failures: 3 });
    clock.advance(1_000);
    answer = (_, response) => response.writeHead(500).end();
    expect(told(await get(server.url()))).toBe('500 ');
    expect(web.counts.openCircuits).toBe(0);
  });

  it('never delays another: its queue is its own, and bounded', async () => {
    web = client({ connections: 2, queue: 3, failures: 1 });
    const dead = await rawServer('', 'wait');
    const waiting = Array.from({ length: 5 }, () => get(dead, { timeout: 1_000 }));
    expect(told(await get(dead))).toBe('busy');
    answer = (_, response) => response.end('alive');
    expect(told(await get(server.url()))).toBe('200 alive');
    await clock.run(1_000);
    const ends = await Promise.all(waiting);
    // The first two have tried it; for the others it is too late, or it is left alone by then.
    expect(ends.map(told).slice(0, 2)).toEqual(['timeout', 'timeout']);
    for (const end of ends) expect(['timeout', 'circuitOpen']).toContain(told(end));
  });

  it('that takes no connection is given up after the time for that, whatever the rest', async () => {
    web = client({ resolve: () => new Promise(() => undefined) });
    const result = get('http://silent.example/', { timeout: 60_000 });
    while (clock.pending < 2) await settle();
    await clock.run(5_000);
    expect(message(await result)).toBe(
      'http://silent.example/: there was no connection within 5000 ms',
    );
  });

  it('lets those who waited go on when somebody else has given up', async () => {
    web = client({ connections: 1 });
    answer = (path, response) => {
      if (path !== '/silent') response.end('fine');
    };
    const abort = new AbortController();
    const first = get(server.url('/silent'), { signal: abort.signal });
    const second = get(server.url('/second'));
    await reached(1);
    abort.abort();
    expect(told(await first)).toBe('aborted');
    expect(told(await second)).toBe('200 fine');
  });
});

describe('a client that is closed', () => {
  it('gives up what is in flight, and takes nothing more', async () => {
    answer = () => undefined;
    const result = get(server.url());
    await reached(1);
    await web.close();
    expect(told(await result)).toBe('aborted');
    expect(told(await get(server.url()))).toBe('aborted');
  });
});
