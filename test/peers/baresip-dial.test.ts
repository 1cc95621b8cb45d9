import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareAudio } from '../support/audio-compare';
import { Baresip, type BaresipOptions, delay } from './support/baresip';
import { CallchartProcess, type RecordLine } from './support/callchart-process';
import { until } from './support/command';
import { heardBy, leastSnr, readStereo, snrOfHalfSeconds } from './support/listening';
import { promptSamples, writeSpeech } from './support/speech';

jest.setTimeout(60_000);

const users = { alice: 'wonderland', bob: 'builder', carol: 'singer' };
type User = keyof typeof users;

let server: CallchartProcess;
let directory: string;
let aliceSpeech: Int16Array;
let bobSpeech: Int16Array;
let phones: Baresip[] = [];
let seen = 0;

const voiceOf = (user: User): string =>
  join(directory, user === 'alice' ? 'caller.wav' : 'callee.wav');

/** A phone that is registered. */
async function phone(user: User, options: Partial<BaresipOptions> = {}): Promise<Baresip> {
  const started = await Baresip.start({
    user,
    speaks: voiceOf(user),
    registrar: { port: server.port, password: users[user] },
    ...options,
  });
  phones.push(started);
  // The event may come before anybody listens.
  await until(`${user} is registered`, () => started.output.includes('200 OK'));
  return started;
}

const saw = (each: Baresip, type: string): boolean =>
  each.events.some((event) => event.type === type);

/** Alice calls a flow. */
async function calling(flow: string): Promise<Baresip> {
  const alice = await phone('alice');
  await alice.dial(`sip:${flow}@127.0.0.1:${server.port}`);
  return alice;
}

/** Alice and bob talk, by way of a flow. */
async function talking(
  flow: string,
  options: { readonly bob?: Partial<BaresipOptions> } = {},
): Promise<{ alice: Baresip; bob: Baresip }> {
  const bob = await phone('bob', options.bob);
  const alice = await calling(flow);
  await alice.waitFor('CALL_ESTABLISHED');
  await bob.waitFor('CALL_ESTABLISHED');
  return { alice, bob };
}

/** The record of the call that ends now. */
async function nextRecord(): Promise<RecordLine> {
  const records = await server.records(seen + 1);
  seen += 1;
  const record = records[seen - 1];
  if (record === undefined) throw new Error('there is no record');
  return record;
}

const statesOf = (record: RecordLine): string[] =>
  (record['path'] as { readonly state: string }[]).map(({ state }) => state);

interface Media {
  readonly packetsSent: number;
  readonly packetsReceived: number;
}

/** The caller left, the callee right. */
function recordedSides(record: RecordLine): { left: Int16Array; right: Int16Array } {
  const [recording] = record['recordings'] as { readonly path: string }[];
  if (recording === undefined) throw new Error('the record names no recording');
  return readStereo(recording.path);
}

const keysOf = (each: Baresip): string =>
  each.events
    .filter(({ type }) => type === 'CALL_DTMF_START')
    .map(({ param }) => param)
    .join('');

/** The direction of each offer of a session change that a phone was sent, in their order. */
function offersTo(each: Baresip): string[] {
  return server
    .messages()
    .filter(
      ({ direction, remote, text }) =>
        direction === 'out' &&
        remote.endsWith(`:${each.port}`) &&
        /^INVITE [\s\S]*^To:.*;tag=/m.test(text),
    )
    .map(({ text }) => /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(text)?.[1] ?? 'sendrecv');
}

function expectSpeech(heard: Int16Array, said: Int16Array): void {
  expect(snrOfHalfSeconds(heard, said)).toBeGreaterThanOrEqual(leastSnr);
}

beforeEach(async () => {
  seen = (await server.records(0)).length;
});

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-dial-'));
  aliceSpeech = writeSpeech(join(directory, 'caller.wav'));
  bobSpeech = writeSpeech(join(directory, 'callee.wav'), 'backwards');
  server = await CallchartProcess.start({ users, args: ['--trace'] });
});

afterEach(async () => {
  await Promise.all(phones.map((each) => each.stop()));
  phones = [];
  await until('nobody is registered', async () => {
    const { output } = await server.command('registrations', '--json');
    return !output.includes('"contact"');
  });
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
});

describe('baresip calls a flow that dials baresip', () => {
  it('hears it ring, and each hears what the other says', async () => {
    const bob = await phone('bob', { answer: 'manual' });
    const alice = await calling('dial');
    await alice.waitFor('CALL_RINGING');
    expect(saw(alice, 'CALL_ESTABLISHED')).toBe(false);
    await bob.command('accept');
    await alice.waitFor('CALL_ESTABLISHED');
    await delay(5_000);
    await alice.command('hangup');
    const [byAlice, byBob] = [await heardBy(alice), await heardBy(bob)];
    expect(byAlice.length).toBeGreaterThan(4 * 8000);
    expectSpeech(byAlice, bobSpeech);
    expectSpeech(byBob, aliceSpeech);
    // From the first word on, less what the sound files and buffers need to start.
    expect(Math.abs(compareAudio(byAlice, bobSpeech).offset)).toBeLessThan(8 * 300);
    expect(Math.abs(compareAudio(byBob, aliceSpeech).offset)).toBeLessThan(8 * 300);
    expect(await nextRecord()).toMatchObject({
      answered: true,
      end: { by: 'caller', cause: 'bye' },
      legs: [{ target: 'bob', answered: true, end: { by: 'caller' } }],
    });
  });

  it('is left by the callee: the flow goes on, and its prompt is heard', async () => {
    const { alice, bob } = await talking('dial');
    await delay(1_000);
    await bob.command('hangup');
    const heard = await heardBy(alice);
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'after', 'done']);
    expect(record).toMatchObject({
      end: { by: 'flow', cause: 'bye' },
      legs: [{ target: 'bob', answered: true, end: { by: 'callee', cause: 'bye' } }],
    });
    const menu = promptSamples('menu');
    const comparison = compareAudio(menu, heard);
    expect(comparison.snr).toBeGreaterThanOrEqual(leastSnr);
    expect(comparison.gaps).toEqual([]);
    expect(comparison.overlap).toBeGreaterThan(menu.length - 8 * 200);
  });

  it('sends its keys to the other, and gets those of the other', async () => {
    const { alice, bob } = await talking('dial');
    await delay(500);
    await alice.press('19*#');
    await bob.press('40A');
    await until('the keys have come', () => keysOf(alice).length >= 3 && keysOf(bob).length >= 4);
    await alice.command('hangup');
    await nextRecord();
    expect(keysOf(bob)).toBe('19*#');
    expect(keysOf(alice)).toBe('40A');
  });

  it.each(['alice', 'bob'] as const)('%s holds and resumes, and the other is told', async (who) => {
    const both = await talking('dial-recorded');
    const { alice, bob } = both;
    const holder = both[who];
    const other = who === 'alice' ? bob : alice;
    await delay(500);
    await holder.command('hold');
    await until('the hold is passed on', () => offersTo(other).length === 1);
    await delay(1_000);
    await holder.command('resume');
    await until('the end of the hold is passed on', () => offersTo(other).length === 2);
    await delay(2_500);
    expect(offersTo(other)).toEqual(['sendonly', 'sendrecv']);
    // baresip keeps no more of what it hears after a hold; keys come the same way.
    await alice.press('1');
    await bob.press('2');
    await until('the keys have come', () => keysOf(alice) !== '' && keysOf(bob) !== '');
    await alice.command('hangup');
    const record = await nextRecord();
    const { left, right } = recordedSides(record);
    expectSpeech(left.subarray(-2 * 8000), aliceSpeech);
    expectSpeech(right.subarray(-2 * 8000), bobSpeech);
    // All that came was sent on.
    const [leg] = record['legs'] as [{ readonly media: Media }];
    const media = record['media'] as Media;
    expect(leg.media.packetsSent).toBeGreaterThanOrEqual(media.packetsReceived - 50);
    expect(media.packetsSent).toBeGreaterThanOrEqual(leg.media.packetsReceived - 50);
  });

  it('holds while the other holds too, and both resume: keys and speech go across again', async () => {
    const { alice, bob } = await talking('dial-recorded');
    await delay(500);
    await Promise.all([alice.command('hold'), bob.command('hold')]);
    await delay(2_000);
    await Promise.all([alice.command('resume'), bob.command('resume')]);
    // Offers that cross are made again after up to 4 s (RFC 3261 §14.1), and may cross again.
    await delay(9_000);
    await alice.press('1');
    await bob.press('2');
    await until('the keys have come', () => keysOf(alice) !== '' && keysOf(bob) !== '');
    await bob.command('hangup');
    const { left, right } = recordedSides(await nextRecord());
    expectSpeech(left.subarray(-4 * 8000), aliceSpeech);
    expectSpeech(right.subarray(-4 * 8000), bobSpeech);
  });

  it('holds, and the other hears music and then the caller again', async () => {
    const { alice, bob } = await talking('dial-music');
    const music = promptSamples('menu');
    await delay(1_000);
    await alice.command('hold');
    await server.waitForOutput(/call\.held/, 5_000);
    await delay(music.length / 8 + 500);
    await alice.command('resume');
    await delay(3_000);
    await alice.command('hangup');
    const heard = await heardBy(bob);
    expect(offersTo(bob)).toEqual([]);
    expect(compareAudio(music, heard).snr).toBeGreaterThanOrEqual(leastSnr);
    expectSpeech(heard.subarray(-2 * 8000), aliceSpeech);
    await nextRecord();
  });

  it('leaves the conversation by a key, and is still in the flow', async () => {
    const { alice, bob } = await talking('dial-music');
    await delay(500);
    await alice.press('*');
    await bob.waitFor('CALL_CLOSED');
    const goodbye = promptSamples('goodbye');
    expect(compareAudio(goodbye, await heardBy(alice)).snr).toBeGreaterThanOrEqual(leastSnr);
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'after', 'done']);
    expect(record).toMatchObject({ end: { by: 'flow' }, legs: [{ end: { by: 'caller' } }] });
  });

  it('hears a prompt of ours while it rings, whole, and then the other', async () => {
    const bob = await phone('bob', { answer: 'manual' });
    const alice = await calling('dial-music');
    await bob.waitFor('CALL_INCOMING');
    const prompt = promptSamples('transferring');
    await delay(prompt.length / 8 + 500);
    expect(saw(alice, 'CALL_ESTABLISHED')).toBe(false);
    await bob.command('accept');
    await alice.waitFor('CALL_ESTABLISHED');
    await delay(2_500);
    await alice.command('hangup');
    const heard = await heardBy(alice);
    expect(compareAudio(prompt, heard).snr).toBeGreaterThanOrEqual(leastSnr);
    expectSpeech(heard.subarray(-2 * 8000), bobSpeech);
    await nextRecord();
  });

  it('gives up while it rings: the other stops ringing', async () => {
    const bob = await phone('bob', { answer: 'manual' });
    const alice = await calling('dial');
    await alice.waitFor('CALL_RINGING');
    await alice.command('hangup');
    await bob.waitFor('CALL_CLOSED');
    expect(await nextRecord()).toMatchObject({
      answered: false,
      end: { by: 'caller', cause: 'cancel', status: 487 },
      legs: [{ target: 'bob', answered: false, end: { by: 'caller', cause: 'cancel' } }],
    });
  });

  it('keeps both sides of the conversation, the caller left and the callee right', async () => {
    const { alice } = await talking('dial-recorded');
    await delay(4_000);
    await alice.command('hangup');
    const record = await nextRecord();
    const { left, right } = recordedSides(record);
    expect(left.length).toBeGreaterThan(3 * 8000);
    expectSpeech(left, aliceSpeech);
    expectSpeech(right, bobSpeech);
  });

  it('hears a ring-back tone of ours before the answer', async () => {
    const bob = await phone('bob', { answer: 'manual' });
    const alice = await calling('dial-recorded');
    await alice.waitFor('CALL_PROGRESS');
    await bob.waitFor('CALL_INCOMING');
    expect(saw(alice, 'CALL_ESTABLISHED')).toBe(false);
    await bob.command('accept');
    await alice.waitFor('CALL_ESTABLISHED');
    await bob.command('hangup');
    await alice.waitFor('CALL_CLOSED');
    await nextRecord();
  });
});

describe('baresip calls a flow that dials two phones', () => {
  it('talks to the one that answers; the other stops ringing', async () => {
    const bob = await phone('bob', { answer: 'manual' });
    const carol = await phone('carol', { answer: 'manual' });
    const alice = await calling('dial-team');
    await bob.waitFor('CALL_INCOMING');
    await carol.waitFor('CALL_INCOMING');
    await carol.command('accept');
    await alice.waitFor('CALL_ESTABLISHED');
    await bob.waitFor('CALL_CLOSED');
    expect(saw(bob, 'CALL_ESTABLISHED')).toBe(false);
    await carol.command('hangup');
    await alice.waitFor('CALL_CLOSED');
    expect((await nextRecord())['legs']).toMatchObject([
      { target: 'bob', answered: false, end: { cause: 'answered-elsewhere' } },
      { target: 'carol', answered: true, end: { by: 'callee', cause: 'bye' } },
    ]);
  });
});

describe('baresip is asked whether it takes a call', () => {
  it('and presses 1: both talk', async () => {
    const bob = await phone('bob');
    const alice = await calling('dial-screened');
    await bob.waitFor('CALL_ESTABLISHED');
    await delay(1_000);
    expect(saw(alice, 'CALL_ESTABLISHED')).toBe(false);
    await bob.press('1');
    await alice.waitFor('CALL_ESTABLISHED');
    await delay(3_000);
    await alice.command('hangup');
    expectSpeech(await heardBy(alice), bobSpeech);
    expectSpeech((await heardBy(bob)).subarray(-2 * 8000), aliceSpeech);
    expect(await nextRecord()).toMatchObject({ legs: [{ answered: true, end: { by: 'caller' } }] });
  });

  it('and hears the question out, presses another key, and is left alone', async () => {
    const bob = await phone('bob');
    const alice = await calling('dial-screened');
    await bob.waitFor('CALL_ESTABLISHED');
    const question = promptSamples('leave-message');
    await delay(question.length / 8 + 500);
    await bob.press('2');
    expect(compareAudio(question, await heardBy(bob)).snr).toBeGreaterThanOrEqual(leastSnr);
    expect(compareAudio(promptSamples('menu'), await heardBy(alice)).snr).toBeGreaterThanOrEqual(
      leastSnr,
    );
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'declined', 'done']);
    expect(record).toMatchObject({ legs: [{ answered: true, end: { cause: 'screening' } }] });
  });
});

describe('baresip hears a flow of its own before it talks', () => {
  it('and presses 1: both talk', async () => {
    const bob = await phone('bob');
    const alice = await calling('dial-whispered');
    await bob.waitFor('CALL_ESTABLISHED');
    await delay(1_000);
    expect(saw(alice, 'CALL_ESTABLISHED')).toBe(false);
    await bob.press('1');
    await alice.waitFor('CALL_ESTABLISHED');
    await delay(2_000);
    await alice.command('hangup');
    expectSpeech(await heardBy(alice), bobSpeech);
    expect(await nextRecord()).toMatchObject({ legs: [{ answered: true, end: { by: 'caller' } }] });
  });

  it('and hears it out, presses another key, and is left alone', async () => {
    const bob = await phone('bob');
    await calling('dial-whispered');
    await bob.waitFor('CALL_ESTABLISHED');
    const whisper = promptSamples('leave-message');
    await delay(whisper.length / 8 + 500);
    await bob.press('2');
    expect(compareAudio(whisper, await heardBy(bob)).snr).toBeGreaterThanOrEqual(leastSnr);
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'declined', 'done']);
    expect(record).toMatchObject({ legs: [{ answered: true, end: { cause: 'screening' } }] });
  });
});

describe('baresip calls a flow that dials somebody', () => {
  it('who is busy', async () => {
    const bob = await phone('bob', { answer: 'manual' });
    const alice = await calling('dial');
    await bob.waitFor('CALL_INCOMING');
    await bob.command('hangup');
    await alice.waitFor('CALL_CLOSED');
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'busy', 'done']);
    expect(record).toMatchObject({
      answered: false,
      end: { status: 486 },
      legs: [{ target: 'bob', answered: false, end: { by: 'callee', status: 486 } }],
    });
  });

  it('who does not answer: the phone stops ringing', async () => {
    const bob = await phone('bob', { answer: 'manual' });
    const alice = await calling('dial');
    await bob.waitFor('CALL_INCOMING');
    await bob.waitFor('CALL_CLOSED');
    await alice.waitFor('CALL_CLOSED');
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'noAnswer', 'done']);
    expect(record).toMatchObject({
      end: { status: 480 },
      legs: [{ answered: false, end: { cause: 'timeout' } }],
    });
  });

  it('who is not registered', async () => {
    const alice = await calling('dial');
    await alice.waitFor('CALL_CLOSED');
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'unreachable', 'done']);
    expect(record).toMatchObject({ answered: false, end: { status: 404 } });
  });
});

describe('the phone that a flow has dialled dies', () => {
  let shared: CallchartProcess;

  // It cannot say that it has gone: a server of its own, for the others to find nobody registered.
  beforeEach(async () => {
    shared = server;
    server = await CallchartProcess.start({ users, config: { media: { timeout: 2_000 } } });
    seen = 0;
  });

  afterEach(async () => {
    const own = server;
    server = shared;
    await Promise.all(phones.splice(0).map((each) => each.stop()));
    await own.stop();
  });

  it('and the flow goes on when nothing was heard of it for a while', async () => {
    const { alice, bob } = await talking('dial');
    await delay(1_000);
    await bob.kill();
    const heard = await heardBy(alice);
    const record = await nextRecord();
    expect(statesOf(record)).toEqual(['colleague', 'after', 'done']);
    expect(record).toMatchObject({
      end: { by: 'flow', cause: 'bye' },
      legs: [{ target: 'bob', answered: true, end: { by: 'system', cause: 'media-timeout' } }],
    });
    expect(compareAudio(promptSamples('menu'), heard).snr).toBeGreaterThanOrEqual(leastSnr);
  });
});
