import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WaveFile } from 'wavefile';
import { compareAudio, readWavFile } from '../support/audio-compare';
import { Baresip, delay } from './support/baresip';
import { CallchartProcess } from './support/callchart-process';
import { until } from './support/command';
import { writeSpeech } from './support/speech';

jest.setTimeout(180_000);

const users = { alice: 'wonderland', bob: 'builder', carol: 'singer' };
type User = keyof typeof users;

const open: { stop(): Promise<unknown> }[] = [];
let directory: string;
const voices = new Map<User, { readonly file: string; readonly samples: Int16Array }>();

/** Speech that no other phone's is like: the same, begun elsewhere and backwards for two of them. */
function prepareVoices(): void {
  const file = join(directory, 'speech.wav');
  const speech = writeSpeech(file);
  const turned = Int16Array.from([...speech.subarray(speech.length / 2), ...speech]).reverse();
  const late = Int16Array.from([...speech.subarray(12 * 8_000), ...speech.subarray(0, 12 * 8_000)]);
  for (const [user, samples] of [
    ['alice', speech],
    ['bob', turned],
    ['carol', late],
  ] as const) {
    const own = join(directory, `${user}.wav`);
    const wav = new WaveFile();
    wav.fromScratch(1, 8_000, '16', samples);
    writeFileSync(own, wav.toBuffer());
    voices.set(user, { file: own, samples });
  }
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-transfers-'));
  prepareVoices();
});

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function startServer(): Promise<CallchartProcess> {
  const server = await CallchartProcess.start({
    users,
    config: {
      // Two calls are in two threads: who is transferred from one to the other leaves its thread, or is heard across.
      media: { workers: 2 },
      routes: [
        { when: { method: 'REGISTER' }, register: true },
        { when: { dialled: 'direct-*' }, gateway: { to: '$1' } },
        { flow: true },
      ],
    },
  });
  open.push(server);
  return server;
}

async function phone(server: CallchartProcess, user: User): Promise<Baresip> {
  const started = await Baresip.start({
    user,
    trace: true,
    speaks: voices.get(user)?.file ?? '',
    registrar: { port: server.port, password: users[user], transport: 'udp' },
  });
  open.push(started);
  await until(`${user} is registered`, () => started.output.includes('200 OK'));
  return started;
}

async function phones(server: CallchartProcess) {
  const [alice, bob, carol] = await Promise.all([
    phone(server, 'alice'),
    phone(server, 'bob'),
    phone(server, 'carol'),
  ]);
  return { alice, bob, carol } as const;
}

const uriOf = (server: CallchartProcess, user: string) => `sip:${user}@127.0.0.1:${server.port}`;

/** How often something has happened to a phone. */
function count(of: Baresip, type: string): number {
  return of.events.filter((event) => event.type === type).length;
}

/** The median SNR of the last seconds of what a phone heard, each half second aligned by itself. */
function clarity(listener: Baresip, speaker: User): number {
  const file = listener.files('dec').at(-1);
  const said = voices.get(speaker)?.samples;
  if (file === undefined || said === undefined) throw new Error('it kept nothing of what it heard');
  const { samples } = readWavFile(file);
  const heard = samples.subarray(Math.max(0, samples.length - 3 * 8_000), samples.length - 4_000);
  const found: number[] = [];
  const { offset } = compareAudio(heard, said);
  for (let at = 0; at + 4_000 <= heard.length; at += 4_000) {
    const part = said.subarray(Math.max(0, offset + at - 2_000), offset + at + 6_000);
    found.push(compareAudio(heard.subarray(at, at + 4_000), part).snr);
  }
  return found.sort((a, b) => a - b)[found.length >> 1] ?? 0;
}

/** The two who are left talk for a while, and one hangs up. */
async function talkAndEnd(one: Baresip, other: Baresip): Promise<void> {
  await delay(5_000);
  const closed = count(one, 'CALL_CLOSED');
  await other.command('hangup');
  await until('the other hears of it', () => count(one, 'CALL_CLOSED') > closed);
  await delay(300);
}

function expectTalked(alice: Baresip, carol: Baresip): void {
  expect(clarity(alice, 'carol')).toBeGreaterThan(20);
  expect(clarity(carol, 'alice')).toBeGreaterThan(20);
}

describe('a baresip that is bridged transfers blind', () => {
  test.each(['connect', 'direct-bob'])('as the callee of %s', async (dialled) => {
    const server = await startServer();
    const { alice, bob, carol } = await phones(server);
    await alice.dial(uriOf(server, dialled));
    await bob.waitFor('CALL_ESTABLISHED');
    await alice.waitFor('CALL_ESTABLISHED');
    await delay(1_000);
    await bob.command('transfer', uriOf(server, 'carol'));
    await carol.waitFor('CALL_ESTABLISHED');
    await bob.waitFor('CALL_CLOSED');
    await talkAndEnd(alice, carol);
    expectTalked(alice, carol);
    const record = await server.recordOf('alice');
    expect(record).toMatchObject({
      transfers: [{ by: 'callee', outcome: 'accepted' }],
      legs: [{ target: 'bob' }, { end: { by: 'callee' } }],
    });
  });

  test('as the caller, and leaves the two whom it brings together', async () => {
    const server = await startServer();
    const { alice, bob, carol } = await phones(server);
    // It is Bob who calls: he connects Alice with Carol.
    await bob.dial(uriOf(server, 'direct-alice'));
    await bob.waitFor('CALL_ESTABLISHED');
    await alice.waitFor('CALL_ESTABLISHED');
    await delay(1_000);
    await bob.command('transfer', uriOf(server, 'carol'));
    await carol.waitFor('CALL_ESTABLISHED');
    await bob.waitFor('CALL_CLOSED');
    await talkAndEnd(alice, carol);
    expectTalked(alice, carol);
  });

  test('to nobody, and is told so', async () => {
    const server = await startServer();
    const { alice, bob } = await phones(server);
    await alice.dial(uriOf(server, 'connect'));
    await bob.waitFor('CALL_ESTABLISHED');
    await bob.command('transfer', uriOf(server, 'nobody'));
    await bob.waitFor('TRANSFER_FAILED');
    // This version of baresip then hangs up: the dial is over, and the flow ends the call.
    await alice.waitFor('CALL_CLOSED');
    expect(await server.recordOf('alice')).toMatchObject({
      transfers: [{ by: 'callee', outcome: 'failed', status: 404 }],
    });
  });
});

/** The dialog of the call that a phone has made to somebody, as its peer is to name it: escaped for a URI. */
function dialogTo(from: Baresip, user: string): string {
  const answer = from.output
    .split(/\r?\n\r?\n/)
    .find(
      (text) =>
        /SIP\/2\.0 200 /.test(text) &&
        /CSeq: \d+ INVITE/i.test(text) &&
        text.includes(`<sip:${user}@`),
    );
  const value = (pattern: RegExp): string => pattern.exec(answer ?? '')?.[1] ?? '';
  const callId = value(/^Call-ID: *(\S+)/im);
  const local = value(/^From:.*;tag=([^;\s]+)/im);
  const remote = value(/^To:.*;tag=([^;\s]+)/im);
  if (callId === '' || local === '' || remote === '') throw new Error(`no dialog:\n${from.output}`);
  return encodeURIComponent(`${callId};to-tag=${remote};from-tag=${local}`);
}

describe('a baresip that is bridged transfers after it has asked', () => {
  // Baresip 1.0 has no command for it: what later ones send goes by that for the blind transfer.
  test.each([
    ['connect', 'direct-carol'],
    ['direct-bob', 'direct-carol'],
  ])('called by %s, asking by %s', async (dialled, asks) => {
    const server = await startServer();
    const { alice, bob, carol } = await phones(server);
    await alice.dial(uriOf(server, dialled));
    await bob.waitFor('CALL_ESTABLISHED');
    await delay(1_000);
    await bob.dial(uriOf(server, asks));
    await carol.waitFor('CALL_ESTABLISHED');
    await until('both of its calls stand', () => count(bob, 'CALL_ESTABLISHED') === 2);
    await delay(1_000);
    const replaces = dialogTo(bob, asks);
    await bob.command('line', '1');
    await bob.command('transfer', `<${uriOf(server, asks)}?Replaces=${replaces}>`);
    await until('both of its calls are over', () => count(bob, 'CALL_CLOSED') === 2);
    await talkAndEnd(alice, carol);
    expectTalked(alice, carol);
    // No other call was placed for it.
    expect(count(carol, 'CALL_ESTABLISHED')).toBe(1);
  });
});
