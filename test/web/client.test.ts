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
