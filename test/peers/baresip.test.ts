import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareAudio, type AudioComparison, readWavFile } from '../support/audio-compare';
import { Baresip, type BaresipOptions, delay } from './support/baresip';
import { CallchartProcess, type RecordLine } from './support/callchart-process';
import { heardBy, leastSnr, snrOfHalfSeconds } from './support/listening';
import { freePort } from './support/ports';
import { promptSamples, writeSpeech } from './support/speech';

jest.setTimeout(60_000);

let server: CallchartProcess;
let operatorPort: number;
let directory: string;
let speechFile: string;
let speech: Int16Array;
let phones: Baresip[] = [];

async function phone(user: string, options: Partial<BaresipOptions> = {}): Promise<Baresip> {
  const started = await Baresip.start({ user, speaks: speechFile, ...options });
  phones.push(started);
  return started;
}

function uriOf(flow: string, parameters = ''): string {
  return `sip:${flow}@127.0.0.1:${server.port}${parameters}`;
}

async function call(from: Baresip, flow: string, parameters = ''): Promise<void> {
  await from.dial(uriOf(flow, parameters));
  await from.waitFor('CALL_ESTABLISHED');
}

function expectSame(comparison: AudioComparison): void {
  expect(comparison.snr).toBeGreaterThanOrEqual(leastSnr);
  expect(comparison.shifts.length).toBeGreaterThan(0);
  expect(comparison.shifts.every((shift) => shift === 0)).toBe(true);
  expect(comparison.gaps).toEqual([]);
}

function digitsOf(record: RecordLine): string {
  const entries = record['digits'] as { readonly digits: string }[];
  return entries.map((entry) => entry.digits).join('');
}

function statesOf(record: RecordLine): string[] {
  const path = record['path'] as { readonly state: string }[];
  return path.map(({ state }) => state);
}

/**
 * The only recording of a call, from its first sound on: the jitter buffer is empty when a recording
 * starts, so the first frames have nothing to hold.
 */
function recordingOf(record: RecordLine): Int16Array {
  const [recording] = record['recordings'] as { readonly path: string }[];
  if (recording === undefined) throw new Error('the record names no recording');
  const { samples } = readWavFile(recording.path);
  const silence = samples.findIndex((sample) => sample !== 0);
  expect(silence).toBeLessThanOrEqual(8 * 200);
  return samples.subarray(silence);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-speech-'));
  speechFile = join(directory, 'speech.wav');
  speech = writeSpeech(speechFile);
  operatorPort = await freePort();
  server = await CallchartProcess.start({
    environment: { TRANSFER_TO: `sip:operator@127.0.0.1:${operatorPort};transport=tcp` },
  });
});

afterEach(async () => {
  await Promise.all(phones.map((each) => each.stop()));
  phones = [];
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
});

describe('baresip calls', () => {
  it('and hears the prompt as it was recorded, in PCMU and in PCMA', async () => {
    const menu = promptSamples('menu');
    await Promise.all(
      ['PCMU', 'PCMA'].map(async (codec) => {
        const listener = await phone(`hears-${codec}`, { codecs: `${codec}/8000/1` });
        await call(listener, 'prompt');
        const comparison = compareAudio(menu, await heardBy(listener));
        expectSame(comparison);
        // It throws away what is in its buffer when the BYE comes.
        expect(comparison.overlap).toBeGreaterThan(menu.length - 8 * 200);
        expect(await server.recordOf(`hears-${codec}`)).toMatchObject({
          media: { codec },
          end: { by: 'flow', cause: 'bye' },
        });
      }),
    );
  });

  it.each(['udp', 'tcp'])(
    'and presses keys over %s: the record shows exactly them',
    async (way) => {
      const presser = await phone(`presses-${way}`);
      await call(presser, 'digits', `;transport=${way}`);
      await presser.press('19*#');
      const record = await server.recordOf(`presses-${way}`);
      expect(digitsOf(record)).toBe('19*#');
      expect(record).toMatchObject({ transport: way.toUpperCase(), end: { by: 'flow' } });
    },
  );

  it('and leaves a message: what was kept is what it said', async () => {
    const speaker = await phone('speaks');
    await call(speaker, 'message');
    const message = recordingOf(await server.recordOf('speaks'));
    expect(message.length).toBeGreaterThan(3.8 * 8000);
    expect(snrOfHalfSeconds(message, speech)).toBeGreaterThanOrEqual(leastSnr);
  });

  it('and holds and resumes: keys count as before', async () => {
    const holder = await phone('holds');
    await call(holder, 'digits');
    await holder.command('hold');
    await server.waitForOutput(/call\.held/, 5_000);
    await holder.command('resume');
    await server.waitForOutput(/call\.resumed/, 5_000);
    await holder.press('4711');
    expect(digitsOf(await server.recordOf('holds'))).toBe('4711');
  });
});

describe('baresip is transferred by REFER', () => {
  it('to another baresip, and talks to it when our call is over', async () => {
    const operator = await phone('operator', { port: operatorPort });
    const caller = await phone('transferred');
    await call(caller, 'transfer');
    await operator.waitFor('CALL_ESTABLISHED');
    expect(await server.recordOf('transferred')).toMatchObject({
      answered: true,
      end: { by: 'flow', cause: 'transferred' },
      transfers: [{ outcome: 'accepted' }],
    });
    // Its second call, which does not end with the first.
    const established = caller.events.filter(({ type }) => type === 'CALL_ESTABLISHED');
    expect(established).toHaveLength(2);
    expect(operator.events.some(({ type }) => type === 'CALL_CLOSED')).toBe(false);
  });

  it('to nobody: the flow hears of the failure and still has its caller', async () => {
    const caller = await phone('refused');
    await call(caller, 'transfer');
    expect(await server.recordOf('refused')).toMatchObject({
      answered: true,
      end: { by: 'flow', cause: 'bye' },
      transfers: [{ outcome: 'failed' }],
    });
  });
});

describe('baresip calls the flows that come with Callchart', () => {
  it('reception: a key pressed during the welcome gives the opening hours', async () => {
    const caller = await phone('reception');
    await call(caller, 'reception');
    await caller.press('1');
    await delay(5_500);
    await caller.command('hangup');
    expectSame(compareAudio(promptSamples('opening-hours'), await heardBy(caller)));
    const record = await server.recordOf('reception');
    expect(statesOf(record)).toEqual(['welcome', 'menu', 'hours', 'menu']);
    expect(record).toMatchObject({ end: { by: 'caller', cause: 'bye' } });
  });

  it('voicemail: leaves a message, hears it again, keeps it', async () => {
    const caller = await phone('voicemail');
    await call(caller, 'voicemail');
    // The greeting (2.0 s), what to do (4.2 s) and the beep, then three seconds of message.
    await delay(10_000);
    await caller.press('#', 500);
    await caller.press('1');
    // The message once more, and the menu again.
    await delay(5_500);
    await caller.press('2');
    const heard = await heardBy(caller);
    const record = await server.recordOf('voicemail');
    expect(statesOf(record)).toEqual([
      ...['greeting', 'record', 'review', 'listen', 'review', 'kept', 'bye', 'done'],
    ]);
    const message = recordingOf(record);
    expect(message.length).toBeGreaterThan(2 * 8000);
    expect(snrOfHalfSeconds(message, speech)).toBeGreaterThanOrEqual(leastSnr);
    expectSame(compareAudio(message, heard));
  });

  it('echo: hears what it says until it presses the hash key', async () => {
    const caller = await phone('echo');
    await call(caller, 'echo');
    const welcome = promptSamples('echo-welcome');
    const ended = promptSamples('echo-ended');
    await delay(welcome.length / 8 + 3_500);
    await caller.press('#');
    const heard = await heardBy(caller);
    const afterWelcome = compareAudio(welcome, heard).offset + welcome.length;
    const hash = compareAudio(ended, heard).offset;
    // Between them is the echo; 0.3 s at each end belong to its start and to the key.
    const echo = heard.subarray(afterWelcome + 2_400, hash - 2_400);
    expect(echo.length).toBeGreaterThan(2 * 8000);
    expect(snrOfHalfSeconds(echo, speech)).toBeGreaterThanOrEqual(leastSnr);
    expect(digitsOf(await server.recordOf('echo'))).toBe('');
  });
});
