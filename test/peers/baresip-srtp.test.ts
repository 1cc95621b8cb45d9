import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareAudio, readWavFile } from '../support/audio-compare';
import { Baresip, type BaresipOptions, delay } from './support/baresip';
import { CallchartProcess, type RecordLine } from './support/callchart-process';
import { until } from './support/command';
import { heardBy, leastSnr, readStereo, snrOfHalfSeconds } from './support/listening';
import { promptSamples, writeSpeech } from './support/speech';

jest.setTimeout(60_000);

const users = { alice: 'wonderland', bob: 'builder' };
type User = keyof typeof users;
type Encryption = NonNullable<BaresipOptions['encryption']>;

let directory: string;
let aliceSpeech: Int16Array;
let bobSpeech: Int16Array;
/** Offers keys in SDP, and one that offers DTLS; both talk to nobody in plain. */
const servers = new Map<'sdes' | 'dtls', CallchartProcess>();
let phones: Baresip[] = [];

function serverWith(keys: 'sdes' | 'dtls'): CallchartProcess {
  const server = servers.get(keys);
  if (server === undefined) throw new Error(`there is no server with ${keys}`);
  return server;
}

async function phone(
  user: User,
  server: CallchartProcess,
  encryption: Encryption | undefined,
): Promise<Baresip> {
  const started = await Baresip.start({
    user,
    speaks: join(directory, `${user}.wav`),
    registrar: { port: server.port, password: users[user] },
    ...(encryption === undefined ? {} : { encryption }),
  });
  phones.push(started);
  await until(`${user} is registered`, () => started.output.includes('200 OK'));
  return started;
}

async function call(from: Baresip, flow: string, server: CallchartProcess): Promise<void> {
  await from.dial(`sip:${flow}@127.0.0.1:${server.port}`);
  await from.waitFor('CALL_ESTABLISHED');
}

async function lastRecord(server: CallchartProcess, seen: number): Promise<RecordLine> {
  const record = (await server.records(seen + 1))[seen];
  if (record === undefined) throw new Error('there is no record');
  return record;
}

const SECURITY: Readonly<Record<Encryption, RegExp>> = {
  srtp: /^sdes AES_CM_128_HMAC_SHA1_80$/,
  'srtp-mand': /^sdes AES_CM_128_HMAC_SHA1_80$/,
  dtls_srtp: /^dtls/,
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-srtp-'));
  aliceSpeech = writeSpeech(join(directory, 'alice.wav'));
  bobSpeech = writeSpeech(join(directory, 'bob.wav'), 'backwards');
  for (const srtpKeys of ['sdes', 'dtls'] as const) {
    const media = { srtp: 'required', srtpKeys };
    servers.set(srtpKeys, await CallchartProcess.start({ users, config: { media } }));
  }
});

afterEach(async () => {
  await Promise.all(phones.map((each) => each.stop()));
  phones = [];
  for (const server of servers.values()) {
    await until('nobody is registered', async () => {
      const { output } = await server.command('registrations', '--json');
      return !output.includes('"contact"');
    });
  }
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  for (const server of servers.values()) expect(await server.stop()).toBe(0);
});

describe('baresip calls with encrypted audio', () => {
  it.each(['srtp', 'srtp-mand', 'dtls_srtp'] as const)(
    'by %s: hears the prompt as it was recorded, and is heard as it spoke',
    async (encryption) => {
      const server = serverWith('sdes');
      const seen = (await server.records(0)).length;
      const listener = await phone('alice', server, encryption);
      await call(listener, 'prompt', server);
      const comparison = compareAudio(promptSamples('menu'), await heardBy(listener));
      expect(comparison.snr).toBeGreaterThanOrEqual(leastSnr);
      expect(comparison.gaps).toEqual([]);
      expect(await lastRecord(server, seen)).toMatchObject({
        media: { security: expect.stringMatching(SECURITY[encryption]) as unknown },
      });
      await call(listener, 'message', server);
      const record = await lastRecord(server, seen + 1);
      const [recording] = record['recordings'] as { readonly path: string }[];
      const { samples } = readWavFile(recording?.path ?? '');
      const begin = samples.findIndex((sample) => sample !== 0);
      expect(snrOfHalfSeconds(samples.subarray(begin), aliceSpeech)).toBeGreaterThanOrEqual(
        leastSnr,
      );
    },
  );

  it('in plain, where only encrypted audio is taken: is refused', async () => {
    const server = serverWith('sdes');
    const plain = await phone('alice', server, undefined);
    await plain.dial(`sip:prompt@127.0.0.1:${server.port}`);
    const closed = await plain.waitFor('CALL_CLOSED');
    expect(closed.param).toMatch(/488/);
  });
});

describe('baresip is called with encrypted audio', () => {
  it.each([
    ['sdes', 'srtp-mand', 'srtp-mand'],
    ['sdes', 'dtls_srtp', 'srtp-mand'],
    ['dtls', 'dtls_srtp', 'dtls_srtp'],
    ['dtls', 'srtp-mand', 'dtls_srtp'],
  ] as const)(
    'by a server that offers %s, from a caller with %s to one with %s: each hears the other',
    async (keys, callers, callees) => {
      const server = serverWith(keys);
      const bob = await phone('bob', server, callees);
      const alice = await phone('alice', server, callers);
      await call(alice, 'dial', server);
      await bob.waitFor('CALL_ESTABLISHED');
      await delay(4_000);
      await alice.command('hangup');
      expect(snrOfHalfSeconds(await heardBy(alice), bobSpeech)).toBeGreaterThanOrEqual(leastSnr);
      expect(snrOfHalfSeconds(await heardBy(bob), aliceSpeech)).toBeGreaterThanOrEqual(leastSnr);
    },
  );

  it('in plain, where all audio is to be encrypted: declines, and whoever placed the call is told why', async () => {
    const server = serverWith('sdes');
    await phone('bob', server, undefined);
    const { status, output } = await server.command('originate', 'bob', '--flow', 'prompt');
    expect(output).toMatch(/^rejected: 488 /m);
    expect(status).toBe(1);
  });
});

describe('a conversation with encrypted audio', () => {
  it.each([
    ['sdes', 'srtp-mand', 'alice'],
    ['sdes', 'srtp-mand', 'bob'],
    ['dtls', 'dtls_srtp', 'alice'],
    ['dtls', 'dtls_srtp', 'bob'],
  ] as const)(
    'by %s with %s goes on, encrypted, when %s has held and resumed it',
    async (keys, encryption, who) => {
      const server = serverWith(keys);
      const seen = (await server.records(0)).length;
      const bob = await phone('bob', server, encryption);
      const alice = await phone('alice', server, encryption);
      await call(alice, 'dial-recorded', server);
      await bob.waitFor('CALL_ESTABLISHED');
      await delay(1_000);
      const holder = who === 'alice' ? alice : bob;
      await holder.command('hold');
      await delay(1_500);
      await holder.command('resume');
      await delay(4_000);
      await alice.command('hangup');
      const record = await lastRecord(server, seen);
      const [recording] = record['recordings'] as { readonly path: string }[];
      const { left, right } = readStereo(recording?.path ?? '');
      const last = -2.5 * 8_000;
      expect(snrOfHalfSeconds(left.subarray(last), aliceSpeech)).toBeGreaterThanOrEqual(leastSnr);
      expect(snrOfHalfSeconds(right.subarray(last), bobSpeech)).toBeGreaterThanOrEqual(leastSnr);
      const security = expect.stringMatching(SECURITY[encryption]) as unknown;
      expect(record).toMatchObject({
        media: { security },
        legs: [{ target: 'bob', media: { security } }],
      });
    },
  );
});
