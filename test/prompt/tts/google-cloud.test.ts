import { execFile } from 'node:child_process';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RealClock } from '../../../runtime/core/clock';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import {
  GoogleCloudVoice,
  type GoogleCloudVoiceOptions,
} from '../../../runtime/prompt/tts/google-cloud';
import { SpeechRefused } from '../../../runtime/prompt/tts/refused';
import { writeWav } from '../../../runtime/prompt/wav';
import { soundOf, spokenBy } from '../../support/sound-of';
import { sine } from '../sounds';

/** What the double was asked, and what it answers with; undefined never answers. */
interface Asked {
  url: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}
type Answer = { status: number; body: object } | undefined;

const tone = sine(500, 8000, 100);
const spoken: Answer = {
  status: 200,
  body: { audioContent: writeWav({ sampleRate: 8000, samples: tone }).toString('base64') },
};
const root = join(__dirname, '..', '..', '..');
const clock = new VirtualClock();
const asked: Asked[] = [];
const open: GoogleCloudVoice[] = [];
/** For those who need nothing else. */
let shared: GoogleCloudVoice;
let answer: Answer = spoken;
let hungUp = 0;
let server: Server;

jest.setTimeout(30_000);

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('close', () => (hungUp += response.writableFinished ? 0 : 1));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      asked.push({ url: request.url ?? '', headers: request.headers, body });
      if (answer === undefined) return;
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  shared = newVoice();
  open.pop();
  await shared.prepare();
  expect(asked).toEqual([]);
});

beforeEach(() => {
  asked.length = 0;
  answer = spoken;
  hungUp = 0;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((voice) => voice.close()));
  expect(clock.pending).toBe(0);
});

afterAll(async () => {
  await shared.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function endpoint(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function newVoice(options: Partial<GoogleCloudVoiceOptions> = {}): GoogleCloudVoice {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const voice = new GoogleCloudVoice({
    clock,
    language: 'en-US',
    apiKey: 'k',
    endpoint,
    ...options,
  });
  open.push(voice);
  return voice;
}

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 1_000_000) throw new Error('it did not happen');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the voice of Google Cloud', () => {
  it('gives the sound that the service sends', async () => {
    expect(await spokenBy(shared, 'Hello.')).toEqual({ sampleRate: 8000, samples: tone });
  });

  it('asks for 8 kHz linear PCM in its language, with its key', async () => {
    await spokenBy(shared, ' Hello,\n world. ');
    expect(asked).toHaveLength(1);
    expect(asked[0]!.url).toContain('/v1/text:synthesize');
    expect(asked[0]!.headers['x-goog-api-key']).toBe('k');
    expect(asked[0]!.body).toEqual({
      input: { text: 'Hello, world.' },
      voice: { languageCode: 'en-US' },
      audioConfig: { audioEncoding: 1, sampleRateHertz: 8000 },
    });
  });

  it('asks nobody else: with a key, the library need not look for a project', async () => {
    // In plain Node, because the library's own search fails early inside Jest; and with every door shut.
    const program = `
      const { Socket } = require('node:net');
      const childProcess = require('node:child_process');
      const { connect } = Socket.prototype;
      const strangers = [];
      Socket.prototype.connect = function (...args) {
        if (JSON.stringify(args[0]).includes('"host":"127.0.0.1"')) return connect.apply(this, args);
        strangers.push('connect');
        return this.destroy(new Error('not in a test'));
      };
      childProcess.exec = (command, options, done) => {
        strangers.push(command);
        (done ?? options)(new Error('not in a test'));
      };
      const { GoogleCloudVoice } = require('./prompt/tts/google-cloud');
      const { RealClock } = require('./core/clock');
      const options = { language: 'en-US', apiKey: 'k', endpoint: process.argv[1] };
      const voice = new GoogleCloudVoice({ clock: new RealClock(), ...options });
      voice.speak({ text: 'Hello.' }).next().then(async ({ value: { samples } }) => {
        await voice.close();
        console.log(JSON.stringify([samples.length, strangers]));
        process.exit();
      });`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['-r', join(root, 'node_modules', 'ts-node', 'register'), '-e', program, endpoint()],
      { cwd: join(root, 'runtime') },
    );
    expect(JSON.parse(stdout)).toEqual([tone.length, []]);
    expect(asked).toHaveLength(1);
  });

  it('passes on all that shapes the sound', async () => {
    const voice = newVoice({
      voice: 'en-US-Neural2-C',
      rate: 1.25,
      pitch: -2,
      gain: 3,
      effects: ['telephony-class-application'],
      sampleRate: 16_000,
    });
    await spokenBy(voice, 'Hello.');
    expect(asked[0]!.body).toEqual({
      input: { text: 'Hello.' },
      voice: { languageCode: 'en-US', name: 'en-US-Neural2-C' },
      audioConfig: {
        audioEncoding: 1,
        sampleRateHertz: 16_000,
        speakingRate: 1.25,
        pitch: -2,
        volumeGainDb: 3,
        effectsProfileId: ['telephony-class-application'],
      },
    });
  });

  it('lets a prompt name another speaker, in that speaker’s language', async () => {
    await spokenBy(shared, 'Hallo.', { speaker: 'de-DE-Neural2-B' });
    expect(asked[0]!.body).toMatchObject({
      voice: { languageCode: 'de-DE', name: 'de-DE-Neural2-B' },
    });
  });

  it.each([
    [400, 'INVALID_ARGUMENT', 'no such voice'],
    [403, 'PERMISSION_DENIED', 'the key is wrong'],
    [500, 'INTERNAL', 'broken'],
    [503, 'UNAVAILABLE', 'not now'],
  ])('fails with what the service said when it answers %d', async (status, name, message) => {
    answer = { status, body: { error: { code: status, message, status: name } } };
    await expect(spokenBy(shared, 'Hello.')).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      message: expect.stringContaining(message) as string,
      cause: expect.anything() as unknown,
    });
  });

  it.each([
    ['nothing', {}],
    ['no sound', { audioContent: Buffer.from('hello').toString('base64') }],
  ])('fails when the service sends %s', async (_what, body) => {
    answer = { status: 200, body };
    await expect(spokenBy(shared, 'Hello.')).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
  });

  it('fails when nobody listens', async () => {
    const nobody = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as AddressInfo;
        probe.close(() => resolve(port));
      });
    });
    await expect(
      spokenBy(newVoice({ endpoint: `http://127.0.0.1:${nobody}` }), 'Hello.'),
    ).rejects.toMatchObject({ code: 'CALLCHART_VOICE_FAILED' });
  });

  it('gives up after the time limit and hangs up on the service', async () => {
    answer = undefined;
    const late = expect(spokenBy(shared, 'Hello.')).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      message: expect.stringContaining('no answer came within 5000 ms') as string,
    });
    await until(() => asked.length === 1);
    clock.advance(5000);
    await late;
    await until(() => hungUp === 1);
  });

  it('gives up when nobody waits any more, and hangs up on the service', async () => {
    answer = undefined;
    const caller = new AbortController();
    const cancelled = expect(
      spokenBy(shared, 'Hello.', { signal: caller.signal }),
    ).rejects.toMatchObject({ code: 'CALLCHART_VOICE_FAILED' });
    await until(() => asked.length === 1);
    caller.abort();
    await cancelled;
    await until(() => hungUp === 1);
  });

  it('fails what is under way when it is closed, and everything afterwards', async () => {
    answer = undefined;
    const voice = newVoice();
    const failed = expect(spokenBy(voice, 'Hello.')).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
    await until(() => asked.length === 1);
    await voice.close();
    await failed;
    await until(() => hungUp === 1);
    await expect(spokenBy(voice, 'Hello.')).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
    expect(asked).toHaveLength(1);
  });

  it('is asked for SSML as such, and for plain text as it stands', async () => {
    await soundOf(shared.speak({ ssml: 'Hello <break time="1s"/> you' }));
    await spokenBy(shared, 'Hello <break time="1s"/> & you');
    expect(asked.map(({ body }) => (body as { input: object }).input)).toEqual([
      { ssml: '<speak>Hello <break time="1s"/> you</speak>' },
      { text: 'Hello <break time="1s"/> & you' },
    ]);
  });

  it('is not asked for SSML that is not well-formed', async () => {
    expect(shared.check({ ssml: 'Hello <b>you' })).toContain('line 1, column');
    await expect(soundOf(shared.speak({ ssml: 'Hello <b>you' }))).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      message: expect.stringContaining('not well-formed') as string,
    });
    expect(asked).toEqual([]);
  });

  it('is asked for a long text sentence by sentence, and tells what is left', async () => {
    const sentences = Array.from(
      { length: 5 },
      (_, n) => `This is sentence number ${n}, of five that are said.`,
    );
    const rests: (string | undefined)[] = [];
    for await (const { rest } of shared.speak({ text: sentences.join(' ') })) {
      rests.push(rest);
      expect(asked).toHaveLength(rests.length);
    }
    expect(asked.map(({ body }) => (body as { input: { text: string } }).input.text)).toEqual(
      sentences,
    );
    expect(rests).toEqual(sentences.map((_, n) => sentences.slice(n + 1).join(' ')));
  });

  it.each([
    [400, 'INVALID_ARGUMENT', true],
    [404, 'NOT_FOUND', true],
    [403, 'PERMISSION_DENIED', false],
    [503, 'UNAVAILABLE', false],
  ])('says with %d whether it was the text (%s)', async (status, name, refused) => {
    answer = { status, body: { error: { code: status, message: 'no', status: name } } };
    const error: unknown = await spokenBy(shared, 'Hello.').catch((thrown: unknown) => thrown);
    expect(error instanceof SpeechRefused).toBe(refused);
  });

  it('speaks the language that it is configured for, in any region', () => {
    expect(['en', 'en-GB', undefined, 'de'].map((tag) => shared.dialect(tag))).toEqual([
      ...['en-US', 'en-US', 'en-US', undefined],
    ]);
    expect(
      ['en-US-Neural2-C', 'de-DE-Chirp3-HD-Kore', 'slt'].map((name) => shared.knows(name)),
    ).toEqual([...[true, true, false]]);
  });

  it('refuses a text beyond the service’s limit without asking it', async () => {
    const text = 'ä'.repeat(2501);
    expect(shared.check({ text })).toContain('5002 bytes');
    await expect(spokenBy(shared, text)).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
    expect(asked).toEqual([]);
  });

  it('is not loaded before it is prepared or speaks', () => {
    jest.isolateModules(() => {
      let loaded = false;
      jest.doMock('@google-cloud/text-to-speech', () => {
        loaded = true;
        return {};
      });
      const { GoogleCloudVoice: Fresh } = jest.requireActual<{
        GoogleCloudVoice: typeof GoogleCloudVoice;
      }>('../../../runtime/prompt/tts/google-cloud');
      expect(new Fresh({ clock: new RealClock(), language: 'en-US' }).key).toContain('en-US');
      expect(loaded).toBe(false);
      jest.dontMock('@google-cloud/text-to-speech');
    });
  });
});
