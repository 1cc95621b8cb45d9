import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resample } from '../../runtime/prompt/resample';
import { writeWav } from '../../runtime/prompt/wav';
import { type AudioComparison, compareAudio, readWavFile } from '../support/audio-compare';
import { Baresip } from './support/baresip';
import { CallchartProcess, type RecordLine } from './support/callchart-process';
import { until } from './support/command';
import { heardBy, leastSnr } from './support/listening';
import { promptSamples, writeSpeech } from './support/speech';
import { speak } from './support/wide-speech';

jest.setTimeout(180_000);

const shipped = join(__dirname, '..', '..', 'prompts', 'en');
const vectors = join(__dirname, '..', 'vectors', 'sound');
const written = 'Please have your customer number ready, and hold the line.';

let directory: string;
let web: Server;
let server: CallchartProcess;
let phone: Baresip | undefined;
const asked: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-heard-'));
  const [en, de] = ['en', 'de'].map((language) => join(directory, 'prompts', language));
  for (const folder of [en, de]) mkdirSync(folder ?? '', { recursive: true });
  copyFileSync(join(shipped, 'survey-thanks.wav'), join(en ?? '', 'as-wav.wav'));
  for (const format of ['flac', 'opus', 'mp3']) {
    copyFileSync(join(vectors, `speech.${format}`), join(en ?? '', `as-${format}.${format}`));
  }
  copyFileSync(join(shipped, 'welcome.wav'), join(en ?? '', 'greeting.wav'));
  writeFileSync(join(de ?? '', 'greeting.wav'), writeWav({ sampleRate: 8_000, samples: german() }));
  writeFileSync(join(directory, 'prompts', 'en.yaml'), `written: ${written}\n`);
  web = createServer((request, response) => {
    if (request.method === 'POST') return speakAsService(request, response);
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'audio/wav', 'cache-control': 'max-age=600' });
    response.end(readFileSync(join(shipped, 'no-answer.wav')));
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const flows = ['heard', 'long', 'service'].map((name) => `${name}.flow.ts`);
  server = await CallchartProcess.start({
    environment: { PROMPT_URL: `${origin}/no-answer.wav`, CALLCHART_GOOGLE_API_KEY: 'none' },
    config: {
      web: { allow: ['127.0.0.1'] },
      flows: { files: flows.map((file) => join(__dirname, 'prompt-flows', file)) },
      prompts: {
        directory: join(directory, 'prompts'),
        cache: join(directory, 'spoken'),
        voice: [
          { type: 'flite' },
          { type: 'google', language: 'en-US', timeout: 60_000, endpoint: origin },
        ],
      },
    },
  });
});

afterEach(async () => {
  await phone?.stop();
  phone = undefined;
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await new Promise((resolve) => web.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

/**
 * A service that speaks each sentence as one of the shipped prompts. It does not answer the request of the last one
 * until it is told to.
 */
const sentences = ['survey-calls', 'survey-recommend', 'message-failed', 'voicemail-review'];
const requests: string[] = [];
let sayTheLast: () => void = () => undefined;

function speakAsService(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: { text: string } };
    requests.push(input.text);
    const index = ['one', 'two', 'three', 'four'].findIndex((word) => input.text.includes(word));
    const sound = readFileSync(join(shipped, `${sentences[index] ?? ''}.wav`));
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ audioContent: sound.toString('base64') }));
    };
    if (index === 3) sayTheLast = answer;
    else answer();
  });
}

/** What a German would record: unlike anything else in the call. */
function german(): Int16Array {
  return promptSamples('your-message').reverse();
}

/** A phone that calls a flow. */
async function call(flow: string): Promise<Baresip> {
  const speaks = join(directory, `${flow}.wav`);
  writeSpeech(speaks);
  phone = await Baresip.start({ user: flow, speaks });
  await phone.dial(`sip:${flow}@127.0.0.1:${server.port}`);
  return phone;
}

/** Its call, when it is over. */
async function over(
  caller: Baresip,
  flow: string,
): Promise<{ heard: Int16Array; record: RecordLine }> {
  await caller.waitFor('CALL_CLOSED', 120_000);
  return { heard: await heardBy(caller), record: await server.recordOf(flow) };
}

const statesOf = (record: RecordLine): string[] =>
  (record['path'] as readonly { readonly state: string }[]).map(({ state }) => state);

const seconds = (samples: number): number => samples / 8_000;

/** The longest run of frames of 20 ms that are silent, in frames. */
function longestSilence(samples: Int16Array): number {
  let [run, longest] = [0, 0];
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    const loud = samples.subarray(at, at + 160).some((sample) => Math.abs(sample) > 100);
    run = loud ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

describe('baresip hears, in one call,', () => {
  let heard: Int16Array;
  let record: RecordLine;
  let at = 0;

  /** Finds a sound behind those that were found before. */
  function next(source: Int16Array): AudioComparison {
    // A frame that a sound does not fill is silent at its end; what had to be fetched is no packet that comes late.
    const part = heard.subarray(at, at + source.length + 400);
    const found = compareAudio(source, part);
    expect(found.overlap).toBe(source.length);
    at += found.offset + source.length;
    return found;
  }

  beforeAll(async () => {
    ({ heard, record } = await over(await call('heard'), 'heard'));
  });

  it('all that the flow plays, in its order', () => {
    expect(statesOf(record)).toEqual([
      ...['wav', 'flac', 'opus', 'mp3', 'url', 'text', 'money', 'date'],
      ...['english', 'language', 'german', 'end', 'done'],
    ]);
    expect(record).toMatchObject({ media: { codec: 'PCMU' }, end: { by: 'flow', cause: 'bye' } });
    expect(record['errors'] ?? []).toEqual([]);
  });

  it.each([
    ['a WAV file', leastSnr],
    ['the same as FLAC, which loses nothing', leastSnr],
    ['the same as Ogg Opus of 32 kbit/s', 28],
    ['the same as MP3 of 64 kbit/s', 24],
  ])('%s', (_what, least) => {
    const found = next(promptSamples('survey-thanks'));
    expect(found.snr).toBeGreaterThanOrEqual(least);
    expect(found).toMatchObject({ silentFrames: 0, gaps: [] });
  });

  it('a file from a server, which is asked once', () => {
    const found = next(promptSamples('no-answer'));
    expect(found.snr).toBeGreaterThanOrEqual(leastSnr);
    expect(found.gaps).toEqual([]);
    expect(asked).toEqual(['GET /no-answer.wav']);
  });

  it.each([
    ['the text of a manifest', written],
    ['an amount', 'twelve euros and fifty cents'],
    ['a date', 'Sunday, November twenty-second, twenty twenty-six'],
  ])('%s, spoken by the built-in voice', async (_what, text) => {
    const said = resample(await speak(text, 'slt'), 16_000, 8_000);
    expect(seconds(said.length)).toBeGreaterThan(text.length * 0.04);
    const found = next(said);
    expect(found.snr).toBeGreaterThanOrEqual(leastSnr);
    expect(found.gaps).toEqual([]);
  });

  it('a recording in English, and after setLanguage the German one of the same name', () => {
    for (const recording of [promptSamples('welcome'), german()]) {
      const found = next(recording);
      expect(found.snr).toBeGreaterThanOrEqual(leastSnr);
      expect(found.gaps).toEqual([]);
    }
  });
});

describe('baresip hears a long text that was never spoken before', () => {
  it('from its beginning on, while the end of it is not spoken yet', async () => {
    const caller = await call('service');
    const heardAnything = (): boolean => {
      const [file] = caller.files('dec');
      // Behind the header: nobody has written its lengths yet.
      const bytes = file === undefined ? Buffer.alloc(0) : readFileSync(file).subarray(44);
      return bytes.some(
        (_, i) => i % 2 === 0 && i + 1 < bytes.length && bytes.readInt16LE(i) > 1_000,
      );
    };
    await until('the beginning is heard, and the end is asked for', () => {
      return heardAnything() && requests.length === sentences.length;
    });
    // Nobody can have spoken this: its sound has not left the service.
    expect((await server.records(0)).some(({ from }) => from.user === 'service')).toBe(false);
    sayTheLast();
    const { heard, record } = await over(caller, 'service');
    expect(statesOf(record)).toEqual(['say', 'end', 'done']);
    const whole = Int16Array.from(sentences.flatMap((name) => [...promptSamples(name)]));
    expectWhole(whole, heard);
    // What the call was longer than its sound is the time until the first sentence, and any waiting for the others.
    expect(Number(record['talked']) - heard.length / 8).toBeLessThan(whole.length / 8 / 3);
  });

  it('by the built-in voice, its sentences joined as in the whole that is kept', async () => {
    const spoken = join(directory, 'spoken');
    const kept = (): string[] =>
      readdirSync(spoken, { recursive: true })
        .map(String)
        .filter((file) => file.endsWith('.wav'));
    const before = kept();
    const { heard, record } = await over(await call('long'), 'long');
    expect(statesOf(record)).toEqual(['say', 'end', 'done']);
    const added = kept().filter((file) => !before.includes(file));
    expect(added).toHaveLength(1);
    const { samples, sampleRate } = readWavFile(join(spoken, added[0] ?? ''));
    const whole = resample(samples, sampleRate, 8_000);
    expect(seconds(whole.length)).toBeGreaterThan(15);
    expectWhole(whole, heard);
  });
});

/** That all of a sound was heard at once: nothing is missing, and nothing came between. */
function expectWhole(whole: Int16Array, heard: Int16Array): void {
  const found = compareAudio(whole, heard);
  expect(found).toMatchObject({ overlap: whole.length, silentFrames: 0, gaps: [] });
  expect(found.snr).toBeGreaterThanOrEqual(leastSnr);
  expect(found.shifts.filter((shift) => shift !== 0)).toEqual([]);
  const part = heard.subarray(found.offset, found.offset + whole.length);
  // G.711 makes quiet frames a little louder or quieter: one frame more may count as silent.
  expect(longestSilence(part)).toBeLessThanOrEqual(longestSilence(whole) + 1);
}
