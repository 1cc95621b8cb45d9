import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as NetServer,
} from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { generate } from 'selfsigned';
import { startServer } from '../../runtime';
import type { CallRecord } from '../../runtime/call/call-record';
import { silentLogger } from '../../runtime/core/logger';
import type { Server } from '../../runtime/main';
import { Caller } from './support/caller';

const root = join(__dirname, '..', '..');
const secrets = /hidden|sesame/;
const sorry = '<Response><Play digits="7"/><Hangup/></Response>';

/** What is wrong with each app, and how the record says it. */
const apps: Readonly<
  Record<string, readonly [listener: RequestListener | 'raw' | 'tls', says: RegExp]>
> = {
  slow: [() => undefined, /\/voice\?…: there was no answer within 2000 ms/],
  closes: [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '1000' });
      response.write('<Response>', () => response.destroy());
    },
    /\/voice\?…: the connection was closed before the answer was whole/,
  ],
  fails: [
    (_request, response) => void response.writeHead(500).end('sesame'),
    /\/voice answered 500/,
  ],
  garbage: ['raw', /\/voice\?…: .*HTTP/],
  huge: [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(Buffer.alloc(2_000_000, 32));
    },
    /\/voice\?…: .*1000000/,
  ],
  endless: [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml' });
      const write = (): void => {
        while (!response.destroyed && response.write('<!-- -->'.repeat(500)));
      };
      response.on('drain', write);
      write();
    },
    /\/voice\?…: .*1000000/,
  ],
  circle: [
    (_request, response) => void response.writeHead(302, { location: '/voice?token=sesame' }).end(),
    /\/voice\?…: .*redirect/,
  ],
  wrong: [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end('<Response/>');
    },
    /\/voice: nobody reads image\/png/,
  ],
  broken: [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml' }).end('<Response><Say>sesame');
    },
    /\/voice: .*\(line 1, column \d+\)/,
  ],
  private: [
    (_request, response) => {
      response.writeHead(302, { location: 'http://10.1.2.3/?token=sesame' }).end();
    },
    /10\.1\.2\.3.*private/,
  ],
  tls: ['tls', /\/voice\?…: .*certificate/],
};

let folder: string;
let server: Server;
const listening: NetServer[] = [];
const open = new Set<Socket>();
const log: string[] = [];
const records: CallRecord[] = [];
let recorded: () => void = () => undefined;

async function listen(one: NetServer): Promise<number> {
  one.on('connection', (socket: Socket) => {
    open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)));
  });
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  listening.push(one);
  return (one.address() as AddressInfo).port;
}

async function urlOf(listener: RequestListener | 'raw' | 'tls'): Promise<string> {
  const rest = '/voice?token=sesame#tt=2000';
  if (listener === 'tls') {
    const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
    const port = await listen(createTlsServer({ key, cert }));
    return `https://name:hidden@127.0.0.1:${port}${rest}`;
  }
  const one =
    listener === 'raw'
      ? createTcpServer((socket) => socket.end('sesame and no HTTP\r\n\r\n'))
      : createServer(listener);
  return `http://name:hidden@127.0.0.1:${await listen(one)}${rest}`;
}

const answers =
  (document: string): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' }).end(document);
  };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-bad-apps-'));
  const good = await listen(createServer(answers('<Response><Play digits="5"/></Response>')));
  const fallback = await listen(createServer(answers(sorry)));
  const routes = [
    {
      when: { dialled: 'good' },
      allow: 'anyone' as const,
      webhook: `http://127.0.0.1:${good}/voice`,
    },
  ];
  const fallbackUrl = `http://127.0.0.1:${fallback}/sorry`;
  for (const [name, [listener]] of Object.entries(apps)) {
    const url = await urlOf(listener);
    routes.push(
      { when: { dialled: name }, allow: 'anyone', webhook: url },
      {
        when: { dialled: `${name}-again` },
        allow: 'anyone',
        webhook: { url, fallbackUrl } as never,
      },
    );
  }
  const keep = (context: object, message: string): void => {
    log.push(`${message} ${JSON.stringify(context)}`);
  };
  server = await startServer(
    {
      sip: { listen: ['udp:127.0.0.1:0'] },
      flows: { directory: join(root, 'flows') },
      prompts: { directory: join(root, 'prompts') },
      media: { workers: 0 },
      web: { allow: ['127.0.0.1'] },
      routes,
    },
    {
      directory: folder,
      environment: {},
      logger: { ...silentLogger, info: keep, warn: keep, error: keep },
      onRecord: (record) => {
        records.push(record);
        recorded();
      },
    },
  );
});

afterAll(async () => {
  await server.close();
  expect(server.open).toMatchObject({ calls: 0, flows: 0, mediaSessions: 0, webRequests: 0 });
  for (const socket of open) socket.destroy();
  for (const each of listening) each.close();
  rmSync(folder, { recursive: true, force: true });
});

const dial = (name: string): Promise<Caller> =>
  Caller.dial(`sip:${name}@127.0.0.1:${server.listeners[0]?.port}`, 'sip:caller@127.0.0.1');

/** The record of the call to an app. */
async function recordOf(name: string): Promise<CallRecord> {
  for (;;) {
    const found = records.find(({ dialled }) => dialled === name);
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      recorded = resolve;
    });
  }
}

const names = Object.keys(apps);

it('a caller hears the apology, and the BYE, the record and the log say why; calls of a good app go on', async () => {
  const callers = await Promise.all(names.map(dial));
  const good = await dial('good');
  await good.done();
  expect(good.keys).toEqual(['5']);
  // The slow app had not even been given up.
  expect(records.map(({ dialled }) => dialled)).not.toContain('slow');
  const ends = await Promise.all(callers.map((caller) => caller.done()));
  for (const [at, name] of names.entries()) {
    const record = await recordOf(name);
    const [, says] = apps[name]!;
    expect({ name, ...record.end }).toMatchObject({
      name,
      by: 'system',
      cause: 'flow-error',
      status: 500,
    });
    expect(record.errors).toEqual([
      expect.objectContaining({
        code: 'CALLCHART_DOCUMENT_FAILED',
        message: expect.stringMatching(says) as unknown,
      }),
    ]);
    expect(log.join('\n')).toMatch(says);
    expect({ name, ...ends[at]?.end }).toMatchObject({
      name,
      by: 'remote',
      cause: 'bye',
      reason: 'No document',
    });
    // The apology.
    await callers[at]?.hears(500);
  }
  expect(log.join('\n')).not.toMatch(secrets);
  expect(JSON.stringify(records)).not.toMatch(secrets);
});

it('the fall-back is asked in place of each', async () => {
  const callers = await Promise.all(names.map((name) => dial(`${name}-again`)));
  for (const [at, name] of names.entries()) {
    await callers[at]?.done();
    expect({ name, keys: callers[at]?.keys }).toEqual({ name, keys: ['7'] });
    const record = await recordOf(`${name}-again`);
    expect(record.end).toMatchObject({ by: 'flow', cause: 'bye' });
    expect(record.errors).toEqual([]);
  }
  expect(log.join('\n')).not.toMatch(secrets);
});
