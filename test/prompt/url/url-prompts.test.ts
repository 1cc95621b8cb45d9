import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createPromptLibrary } from '../../../runtime/prompt/library';
import type { PromptLibrary } from '../../../runtime/prompt/port';
import { HttpGet } from '../../../runtime/prompt/url/http-get';
import { writeWav } from '../../../runtime/prompt/wav';
import { createWebClient } from '../../../runtime/web/client';
import type { WebClient } from '../../../runtime/web/port';
import { lengths, listeningLogger, sine, temporaryFolder, ToneVoice } from '../sounds';

const folder = temporaryFolder();
const wav = (ms: number): Buffer => writeWav({ sampleRate: 8_000, samples: sine(500, 8_000, ms) });

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let clock: VirtualClock;
let handle: Handler;
let requests: IncomingMessage[];
let base: string;
let library: PromptLibrary;
let web: WebClient;
let made = 0;

const server = createServer((request, response) => {
  requests.push(request);
  response.setHeader('date', new Date(clock.now()).toUTCString());
  handle(request, response);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function open(cacheDirectory?: string, logger = listeningLogger()): Promise<PromptLibrary> {
  return createPromptLibrary({
    directories: [],
    voice: [new ToneVoice()],
    clock,
    logger,
    web,
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
  });
}

beforeEach(async () => {
  clock = new VirtualClock(Date.UTC(2026, 10, 22));
  requests = [];
  web = createWebClient({ clock, random: new SeededRandom(1), allow: ['127.0.0.1'] });
  library = await open(join(folder, String((made += 1))));
});
afterEach(async () => {
  await library.close();
  await web.close();
});

/** Milliseconds of what is at a path. */
const play = async (path: string, from = library): Promise<number[]> =>
  lengths(await from.resolve({ url: base + path }));

/** Answers with sound and these headers. */
const gives =
  (headers: Readonly<Record<string, string>>, ms = 20): Handler =>
  (_request, response) => {
    response.writeHead(200, headers).end(wav(ms));
  };

/** Sound with an entity tag; 304 to those who have it. */
const validated =
  (headers: Readonly<Record<string, string>>): Handler =>
  (request, response) => {
    const known = request.headers['if-none-match'] === '"1"';
    response.writeHead(known ? 304 : 200, { etag: '"1"', ...headers });
    response.end(known ? undefined : wav(20));
  };

/** What the library is to show to its users: the message of a failure. */
const failure = async (path: string): Promise<unknown> =>
  library.resolve({ url: base + path }).catch((error: unknown) => error);

describe('a prompt at a URL', () => {
  it('is fetched once for all who want it at the same time', async () => {
    handle = gives({});
    expect(await Promise.all([play('/a.wav'), play('/a.wav')])).toEqual([[20], [20]]);
    expect(requests).toHaveLength(1);
    expect(requests[0]!.headers).toMatchObject({ 'user-agent': 'callchart' });
  });

  it('is played without a request while it is fresh, and asked for again afterwards', async () => {
    handle = gives({ 'cache-control': 'max-age=60' });
    await play('/a.wav');
    clock.advance(59_000);
    await play('/a.wav');
    expect(requests).toHaveLength(1);
    clock.advance(2_000);
    handle = gives({ 'cache-control': 'max-age=60' }, 40);
    expect(await play('/a.wav')).toEqual([40]);
    expect(requests).toHaveLength(2);
  });

  it('is fresh, too, where it must be asked for again only later', async () => {
    handle = gives({ 'cache-control': 'max-age=60, must-revalidate' });
    await play('/a.wav');
    await play('/a.wav');
    expect(requests).toHaveLength(1);
  });

  it.each([
    [{ etag: '"1"' }, { 'if-none-match': '"1"' }],
    [
      { 'last-modified': 'Sat, 21 Nov 2026 00:00:00 GMT' },
      { 'if-modified-since': 'Sat, 21 Nov 2026 00:00:00 GMT' },
    ],
  ])('is asked for by its validator: %j', async (headers, asked) => {
    handle = gives({ 'cache-control': 'no-cache', ...headers });
    await play('/a.wav');
    handle = (_request, response) => void response.writeHead(304, headers).end();
    expect(await play('/a.wav')).toEqual([20]);
    expect(requests[1]!.headers).toMatchObject(asked);
  });

  it('is fresh again after it was found to be the same', async () => {
    handle = validated({ 'cache-control': 'max-age=60' });
    await play('/a.wav');
    clock.advance(61_000);
    await play('/a.wav');
    await play('/a.wav');
    expect(requests).toHaveLength(2);
  });

  it('is played while it is fetched anew, where its server allows that', async () => {
    handle = gives({ 'cache-control': 'max-age=60, stale-while-revalidate=600' });
    await play('/a.wav');
    clock.advance(61_000);
    const asked = once(server, 'request');
    handle = gives({ 'cache-control': 'max-age=60' }, 40);
    expect(await play('/a.wav')).toEqual([20]);
    await asked;
    expect(requests).toHaveLength(2);
  });

  it('is not kept where its server forbids that', async () => {
    handle = gives({ 'cache-control': 'no-store' });
    await play('/a.wav');
    await play('/a.wav');
    expect(requests).toHaveLength(2);
  });

  it('is played as it was when its server is down', async () => {
    handle = gives({ 'cache-control': 'max-age=60' });
    await play('/a.wav');
    clock.advance(3_600_000);
    handle = (_request, response) => void response.writeHead(503).end();
    expect(await play('/a.wav')).toEqual([20]);
    handle = (request) => void request.socket.destroy();
    expect(await play('/a.wav')).toEqual([20]);
  });

  it('is not played as it was where its server forbids that', async () => {
    handle = gives({ 'cache-control': 'max-age=60, must-revalidate' });
    await play('/a.wav');
    clock.advance(3_600_000);
    handle = (_request, response) => void response.writeHead(503).end();
    expect(await failure('/a.wav')).toMatchObject({
      code: 'CALLCHART_PROMPT_UNREADABLE',
      message: `${base}/a.wav cannot be fetched: its server answered 503. Check the URL and its server.`,
    });
  });

  it('is gone when its server says so', async () => {
    handle = gives({ 'cache-control': 'max-age=60' });
    await play('/a.wav');
    clock.advance(61_000);
    handle = (_request, response) => void response.writeHead(404).end();
    expect(await failure('/a.wav?token=secret')).toMatchObject({
      code: 'CALLCHART_PROMPT_MISSING',
      message: `There is nothing at ${base}/a.wav?… (404). Check the URL.`,
    });
  });

  it('gives its server the user of the URL, and shows them to nobody', async () => {
    handle = gives({});
    const url = base.replace('//', '//me:p%40ss@');
    await library.resolve({ url: `${url}/a.wav` });
    expect(requests[0]!.headers.authorization).toBe(
      `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    );
    handle = (_request, response) => void response.writeHead(500).end();
    await expect(library.resolve({ url: `${url}/b.wav` })).rejects.toMatchObject({
      message: expect.not.stringContaining('p%40ss') as string,
    });
  });
});

describe('redirects', () => {
  it('are followed, and the sound is kept as its own server says', async () => {
    handle = (request, response) => {
      if (request.url === '/new.wav') gives({ 'cache-control': 'max-age=60' })(request, response);
      else response.writeHead(302, { location: '/new.wav' }).end();
    };
    expect(await play('/old.wav')).toEqual([20]);
    expect(await play('/old.wav')).toEqual([20]);
    expect(requests.map(({ url }) => url)).toEqual(['/old.wav', '/new.wav', '/old.wav']);
  });

  it('end after five', async () => {
    handle = (request, response) =>
      void response.writeHead(302, { location: `${request.url ?? ''}x` }).end();
    expect(await failure('/a')).toMatchObject({
      message: expect.stringContaining('it is redirected more than 5 times') as string,
    });
    expect(requests).toHaveLength(6);
  });

  it.each(['file:///etc/passwd', 'ftp://a.example/x', 'http://[', ''])(
    'to %j are not followed',
    async (location) => {
      handle = (_request, response) => void response.writeHead(302, { location }).end();
      const error = await failure('/a');
      expect(error).toMatchObject({ code: 'CALLCHART_PROMPT_UNREADABLE' });
      // An empty location is the URL itself.
      expect((error as Error).message).toContain(
        location === '' ? 'more than 5 times' : 'it leads to what is no http or https URL',
      );
    },
  );
});

describe('a server that gives no sound', () => {
  it.each<[string, Handler, string]>([
    [
      'a page',
      (_request, response) => void response.end('<p>Hello'),
      'it is a text, perhaps an error page',
    ],
    ['nothing', (_request, response) => void response.end(), 'the file is empty'],
    [
      'a refusal',
      (_request, response) => void response.writeHead(403).end(),
      'its server answered 403',
    ],
    [
      'half an answer',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('RIFF');
        response.destroy();
      },
      'cannot be fetched',
    ],
    [
      'too much',
      (_request, response) =>
        void response.writeHead(200, { 'content-length': '99999999' }).write('x'),
      'it has more than 16.0 MB',
    ],
  ])('but %s is told', async (_what, answer, message) => {
    handle = answer;
    const error = await failure('/a.wav');
    expect(error).toMatchObject({ code: 'CALLCHART_PROMPT_UNREADABLE' });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(`${base}/a.wav`);
  });

  it('is not waited for longer than ten seconds', async () => {
    const asked = once(server, 'request');
    handle = () => undefined;
    const result = failure('/a.wav');
    await asked;
    clock.advance(10_000);
    expect(await result).toMatchObject({
      message: expect.stringContaining('there was no answer within 10000 ms') as string,
    });
    expect(clock.pending).toBe(0);
  });

  it('is read no further than the limit when it names no length', async () => {
    const http = new HttpGet({ web, timeout: 1_000, maxSize: 1_000 });
    handle = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1_000)));
      };
      response.on('drain', more);
      more();
    };
    await expect(http.get(new URL(base), {})).rejects.toThrow('it has more than 1000 bytes');
  });

  it('or may not be asked is told, with the line that allows it; a redirect to it, too', async () => {
    const guarded = await createPromptLibrary({ directories: [], voice: [], clock });
    const url = `${base}/a.wav`;
    await expect(guarded.resolve({ url })).rejects.toMatchObject({
      message: `${url} cannot be fetched: 127.0.0.1 is a loopback address; such hosts are asked only where the configuration says so: web: { allow: ['127.0.0.1:${new URL(base).port}'] }. Check the URL and its server.`,
    });
    await guarded.close();
    handle = (_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    };
    expect(await failure('/a.wav')).toMatchObject({
      message: expect.stringContaining('169.254.169.254 is a link-local address') as string,
    });
  });

  it('or does not exist is told', async () => {
    await expect(library.resolve({ url: 'http://127.0.0.1:1/a.wav' })).rejects.toMatchObject({
      message:
        'http://127.0.0.1:1/a.wav cannot be fetched: nobody listens there. Check the URL and its server.',
    });
  });
});

describe('what was fetched', () => {
  it('is on disk, and played after a restart without its server', async () => {
    const directory = join(folder, 'kept');
    handle = validated({ 'cache-control': 'max-age=60' });
    const before = await open(directory);
    await play('/a.wav', before);
    await before.close();
    const after = await open(directory);
    expect(await play('/a.wav', after)).toEqual([20]);
    expect(requests).toHaveLength(1);
    clock.advance(61_000);
    expect(await play('/a.wav', after)).toEqual([20]);
    expect(requests[1]!.headers['if-none-match']).toBe('"1"');
    await after.close();
  });

  it('is fetched again when its file is damaged', async () => {
    const directory = join(folder, 'damaged');
    handle = gives({ 'cache-control': 'max-age=60' });
    const before = await open(directory);
    await play('/a.wav', before);
    await before.close();
    const [name] = readdirSync(join(directory, 'urls'));
    const path = join(directory, 'urls', name!);
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    writeFileSync(path, bytes);
    const after = await open(directory);
    expect(await play('/a.wav', after)).toEqual([20]);
    expect(requests).toHaveLength(2);
    await after.close();
  });

  it('is played, and the log says so once, when nothing can be written', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const logger = listeningLogger();
    handle = gives({ 'cache-control': 'max-age=60' });
    const found = await open(file, logger);
    expect(await play('/a.wav', found)).toEqual([20]);
    expect(await play('/b.wav', found)).toEqual([20]);
    await found.close();
    expect(logger.warnings).toEqual([
      'fetched prompts are not kept on disk: the cache cannot be written',
    ]);
  });

  it('is kept in memory where there is no folder', async () => {
    handle = gives({ 'cache-control': 'max-age=60' });
    const found = await open();
    await play('/a.wav', found);
    await play('/a.wav', found);
    expect(requests).toHaveLength(1);
    await found.close();
  });
});
