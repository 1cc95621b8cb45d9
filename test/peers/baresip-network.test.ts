import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { Baresip, type BaresipOptions } from './support/baresip';
import { CallchartProcess } from './support/callchart-process';
import { until } from './support/command';
import { freePort } from './support/ports';
import { writeSpeech } from './support/speech';

jest.setTimeout(180_000);

const open: { stop(): Promise<unknown> }[] = [];
let directory: string;
let voice: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-phones-'));
  voice = join(directory, 'speech.wav');
  writeSpeech(voice);
});

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const users = { alice: 'wonderland', bob: 'builder', carol: 'singer' };

async function startServer(
  options: Parameters<typeof CallchartProcess.start>[0] = {},
): Promise<CallchartProcess> {
  const server = await CallchartProcess.start({ users, ...options });
  open.push(server);
  return server;
}

async function phone(
  server: CallchartProcess,
  user: keyof typeof users,
  options: Partial<BaresipOptions> & { readonly transport?: 'udp' | 'tcp' | 'tls' } = {},
): Promise<Baresip> {
  const { transport = 'udp', ...rest } = options;
  const started = await Baresip.start({
    user,
    speaks: voice,
    registrar: {
      port: transport === 'tls' ? server.port + 1 : server.port,
      password: users[user],
      transport,
    },
    ...rest,
  });
  open.push(started);
  // The event may come before anybody listens.
  await until(`${user} is registered`, () => started.output.includes('200 OK'));
  return started;
}

function registrationsOf(registered: Baresip): number {
  return registered.output.split('[1 binding]').length - 1;
}

const uriOf = (server: CallchartProcess, user: string) => `sip:${user}@127.0.0.1:${server.port}`;

describe('a phone registers, and is called through the proxy', () => {
  test.each(['udp', 'tcp'] as const)('over %s', async (transport) => {
    const server = await startServer();
    const bob = await phone(server, 'bob', { transport });
    const alice = await phone(server, 'alice');
    await alice.dial(uriOf(server, 'bob'));
    await alice.waitFor('CALL_ESTABLISHED');
    await bob.waitFor('CALL_ESTABLISHED');
    await alice.command('hangup');
    await bob.waitFor('CALL_CLOSED');
  });

  test('over TLS, from UDP and back', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    writeFileSync(join(directory, 'cert.pem'), cert);
    writeFileSync(join(directory, 'key.pem'), key);
    const port = await freePort();
    const server = await startServer({
      port,
      listen: [`tls:127.0.0.1:${port + 1}`],
      config: {
        sip: { tls: { certificate: join(directory, 'cert.pem'), key: join(directory, 'key.pem') } },
      },
    });
    const bob = await phone(server, 'bob', {
      transport: 'tls',
      ca: join(directory, 'cert.pem'),
    });
    const alice = await phone(server, 'alice');
    await alice.dial(uriOf(server, 'bob'));
    await bob.waitFor('CALL_ESTABLISHED');
    // The phone on TLS ends it: the BYE goes the other way.
    await bob.command('hangup');
    await alice.waitFor('CALL_CLOSED');
  });
});

test('two phones of one user ring at once, one answers, the other stops', async () => {
  const server = await startServer();
  const slow = await phone(server, 'bob', { answer: 'manual' });
  const quick = await phone(server, 'bob', { answer: 'manual' });
  const alice = await phone(server, 'alice');
  await alice.dial(uriOf(server, 'bob'));
  await slow.waitFor('CALL_INCOMING');
  await quick.waitFor('CALL_INCOMING');
  await quick.command('accept');
  await alice.waitFor('CALL_ESTABLISHED');
  await slow.waitFor('CALL_CLOSED');
  expect(slow.events.some(({ type }) => type === 'CALL_ESTABLISHED')).toBe(false);
  await alice.command('hangup');
  await quick.waitFor('CALL_CLOSED');
});

test('a caller without a password is asked for one, and nobody rings', async () => {
  const server = await startServer();
  const bob = await phone(server, 'bob');
  const stranger = await Baresip.start({ user: 'mallory', speaks: voice });
  open.push(stranger);
  await stranger.dial(uriOf(server, 'bob'));
  await stranger.waitFor('CALL_CLOSED');
  expect(bob.events.some(({ type }) => type === 'CALL_INCOMING')).toBe(false);
});

test('after kill -9 phones are called without registering anew', async () => {
  const first = await startServer();
  const bob = await phone(first, 'bob');
  await phone(first, 'alice');
  await first.kill();
  const second = await CallchartProcess.start({ port: first.port, directory: first.directory });
  open.push(second);
  const registered = registrationsOf(bob);
  await until('both bindings are there', async () => {
    const { output } = await second.command('registrations', '--json');
    return output.includes('alice') && output.includes('bob');
  });
  const alice = open.find((each): each is Baresip => each instanceof Baresip && each !== bob);
  await alice?.dial(uriOf(second, 'bob'));
  await bob.waitFor('CALL_ESTABLISHED');
  expect(registrationsOf(bob)).toBe(registered);
});
