import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { Baresip, type BaresipOptions, delay } from './support/baresip';
import { CallchartProcess } from './support/callchart-process';
import { until } from './support/command';
import { Kamailio } from './support/kamailio';
import { heardBy, leastSnr, readCapture, snrOfHalfSeconds } from './support/listening';
import { freePort } from './support/ports';
import { expectSuccess, runSipp, startSipp } from './support/sipp';
import { writeSpeech } from './support/speech';

jest.setTimeout(90_000);

/** What is left of speech after both laws of G.711, one after the other, in dB: 33 by calculation, less the buffers. */
const leastRecodedSnr = 32;

const users = { alice: 'wonderland', bob: 'builder' };
const open: { stop(): Promise<unknown> }[] = [];
let directory: string;
let aliceSpeech: Int16Array;
let bobSpeech: Int16Array;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-gateway-'));
  aliceSpeech = writeSpeech(join(directory, 'alice.wav'));
  bobSpeech = writeSpeech(join(directory, 'bob.wav'), 'backwards');
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  writeFileSync(join(directory, 'cert.pem'), cert);
  writeFileSync(join(directory, 'key.pem'), key);
});

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A server that bridges what is for `desk`, with TLS beside UDP and TCP. */
async function gatewayTo(gateway: string | object, config: object = {}): Promise<CallchartProcess> {
  const port = await freePort();
  const server = await CallchartProcess.start({
    users,
    port,
    listen: [`tls:127.0.0.1:${port + 1}`],
    config: {
      sip: { tls: { certificate: join(directory, 'cert.pem'), key: join(directory, 'key.pem') } },
      outbound: { hosts: ['127.0.0.1'] },
      routes: [
        { when: { method: 'REGISTER' }, register: true },
        { when: { dialled: 'desk' }, allow: 'anyone', gateway },
      ],
      ...config,
    },
  });
  open.push(server);
  return server;
}

async function phone(
  server: CallchartProcess,
  user: keyof typeof users,
  transport: 'udp' | 'tcp' | 'tls',
  options: Partial<BaresipOptions> = {},
): Promise<Baresip> {
  const started = await Baresip.start({
    user,
    speaks: join(directory, `${user}.wav`),
    registrar: {
      port: transport === 'tls' ? server.port + 1 : server.port,
      password: users[user],
      transport,
    },
    ca: join(directory, 'cert.pem'),
    ...options,
  });
  open.push(started);
  await until(`${user} is registered`, () => started.output.includes('200 OK'));
  return started;
}

const keysOf = (each: Baresip): string =>
  each.events
    .filter(({ type }) => type === 'CALL_DTMF_START')
    .map(({ param }) => param)
    .join('');

test.each(['tls', 'tcp'] as const)(
  'a phone with PCMU on UDP and one with PCMA on %s hear each other',
  async (transport) => {
    const server = await gatewayTo('bob');
    const bob = await phone(server, 'bob', transport, { codecs: 'PCMA/8000/1', answer: 'manual' });
    const alice = await phone(server, 'alice', 'udp', { codecs: 'PCMU/8000/1' });
    await alice.dial(`sip:desk@127.0.0.1:${server.port}`);
    await alice.waitFor('CALL_RINGING');
    await bob.waitFor('CALL_INCOMING');
    await bob.command('accept');
    await alice.waitFor('CALL_ESTABLISHED');
    await delay(4_000);
    await alice.press('7');
    await bob.press('8');
    await until('the keys have come', () => keysOf(alice) !== '' && keysOf(bob) !== '');
    expect([keysOf(bob), keysOf(alice)]).toEqual(['7', '8']);
    // Either side ends both.
    await (transport === 'tls' ? bob : alice).command('hangup');
    expect(snrOfHalfSeconds(await heardBy(alice), bobSpeech)).toBeGreaterThan(leastRecodedSnr);
    expect(snrOfHalfSeconds(await heardBy(bob), aliceSpeech)).toBeGreaterThan(leastRecodedSnr);
    expect(await server.recordOf('alice')).toMatchObject({
      answered: true,
      transport: 'UDP',
      media: { codec: 'PCMU', packetsLost: 0 },
      legs: [{ target: 'bob', answered: true, media: { codec: 'PCMA', packetsLost: 0 } }],
    });
  },
);

test('a phone that is busy is busy for the caller', async () => {
  const server = await gatewayTo('bob');
  const bob = await phone(server, 'bob', 'tcp', { answer: 'manual' });
  const alice = await phone(server, 'alice', 'udp');
  await alice.dial(`sip:desk@127.0.0.1:${server.port}`);
  await bob.waitFor('CALL_INCOMING');
  await bob.command('hangup');
  const closed = await alice.waitFor('CALL_CLOSED');
  expect(closed.param).toMatch(/^486 /);
});

test('what is said before the answer is heard, in the law of the caller', async () => {
  const callee = await startSipp('early-media.xml');
  open.push(callee);
  const server = await gatewayTo(`sip:answer@127.0.0.1:${callee.port}`);
  const alice = await phone(server, 'alice', 'udp');
  await alice.dial(`sip:desk@127.0.0.1:${server.port}`);
  await alice.waitFor('CALL_PROGRESS');
  await delay(2_500);
  const established = alice.events.some(({ type }) => type === 'CALL_ESTABLISHED');
  expect(established).toBe(false);
  await alice.waitFor('CALL_ESTABLISHED');
  await alice.command('hangup');
  expectSuccess(await callee.result);
  const early = (await heardBy(alice)).subarray(0, 2 * 8000);
  const said = readCapture('/usr/share/sip-tester/g711a.pcap');
  expect(snrOfHalfSeconds(early, said)).toBeGreaterThan(leastRecodedSnr);
});

test('a phone calls a number, which goes through a trunk to a phone at Kamailio', async () => {
  const number = '+4930123456';
  const carrier = await Kamailio.start({ password: 'carrier-secret' });
  open.push(carrier);
  const server = await gatewayTo(
    { to: '030123456', trunk: 'carrier' },
    {
      trunks: {
        carrier: {
          servers: `sip:127.0.0.1:${carrier.port}`,
          username: 'office',
          password: 'carrier-secret',
          numbers: { outbound: { format: 'e164', country: '49', nationalPrefix: '0' } },
        },
      },
    },
  );
  const callee = await Baresip.start({
    user: number,
    speaks: join(directory, 'bob.wav'),
    registrar: { port: carrier.port, password: 'carrier-secret' },
  });
  open.push(callee);
  await until('the callee is registered', () => callee.output.includes('200 OK'));
  const alice = await phone(server, 'alice', 'tls');
  await alice.dial(`sip:desk@127.0.0.1:${server.port + 1};transport=tls`);
  await alice.waitFor('CALL_ESTABLISHED');
  await delay(3_000);
  // By its own requests, the callee's side finds the way back too.
  await callee.command('hangup');
  expect(snrOfHalfSeconds(await heardBy(alice), bobSpeech)).toBeGreaterThan(leastSnr);
  expect(snrOfHalfSeconds(await heardBy(callee), aliceSpeech)).toBeGreaterThan(leastSnr);
  expect(await server.recordOf('alice')).toMatchObject({
    legs: [{ trunk: 'carrier', answered: true, end: { by: 'callee', cause: 'bye' } }],
  });
});

test('a callee without sound is given up, and the caller is told', async () => {
  const callee = await startSipp('answer.xml');
  open.push(callee);
  const server = await gatewayTo(`sip:answer@127.0.0.1:${callee.port}`, {
    media: { timeout: 2_000 },
  });
  const alice = await phone(server, 'alice', 'udp');
  await alice.dial(`sip:desk@127.0.0.1:${server.port}`);
  await alice.waitFor('CALL_ESTABLISHED');
  await alice.waitFor('CALL_CLOSED');
  expectSuccess(await callee.result);
  expect(await server.recordOf('alice')).toMatchObject({
    legs: [{ answered: true, end: { by: 'system', cause: 'media-timeout' } }],
  });
});

test('keys that come by INFO go on as RFC 4733 events', async () => {
  const server = await gatewayTo('bob');
  const bob = await phone(server, 'bob', 'tls', { codecs: 'PCMA/8000/1' });
  const caller = runSipp('info.xml', { server: server.port, service: 'desk' });
  await bob.waitFor('CALL_ESTABLISHED');
  await until('the keys have come', () => keysOf(bob).length >= 4);
  await bob.command('hangup');
  expectSuccess(await caller);
  expect(keysOf(bob)).toBe('19*#');
});

test('keys that come as RFC 4733 events go on by INFO', async () => {
  const callee = await startSipp('answer-info.xml');
  open.push(callee);
  const server = await gatewayTo({ to: `sip:answer@127.0.0.1:${callee.port}`, dtmf: 'info' });
  const alice = await phone(server, 'alice', 'tls');
  await alice.dial(`sip:desk@127.0.0.1:${server.port + 1};transport=tls`);
  await alice.waitFor('CALL_ESTABLISHED');
  await delay(500);
  await alice.press('1#');
  expectSuccess(await callee.result);
  await alice.waitFor('CALL_CLOSED');
});
