import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { AudioClip } from '../../../runtime/core/audio';
import type { Logger } from '../../../runtime/core/logger';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { ClipMemory } from '../../../runtime/prompt/clip-memory';
import { SpeechCache, speechKey } from '../../../runtime/prompt/tts/cache';
import { createVoice } from '../../../runtime/prompt/tts/create-voice';
import { FliteVoice } from '../../../runtime/prompt/tts/flite';
import {
  GoogleCloudVoice,
  type GoogleCloudVoiceOptions,
} from '../../../runtime/prompt/tts/google-cloud';
import { pruneDirectory } from '../../../runtime/prompt/tts/prune';
import type { SpeechRequest, Voice } from '../../../runtime/prompt/port';
import { readWav } from '../../../runtime/prompt/wav';
import { listeningLogger, temporaryFolder, ToneVoice } from '../sounds';

const folder = temporaryFolder();
const clock = new VirtualClock();
let made = 0;

function newDirectory(): string {
  return join(folder, `cache-${(made += 1)}`, 'speech');
}

function cacheIn(directory: string | undefined, logger: Logger = listeningLogger()): SpeechCache {
  return new SpeechCache({
    directory,
    sampleRates: [8000],
    clock,
    logger,
    memory: new ClipMemory(1_000_000),
    maxDiskSize: 1_000_000,
  });
}

/** As it is kept, or else made. */
async function speak(cache: SpeechCache, voice: Voice, text: string): Promise<AudioClip> {
  return (await cache.find(voice, { text })) ?? cache.make(voice, { text }).whole();
}

/** Speaks one text with a cache of its own, and waits for the disk. */
async function speakOnce(directory: string, voice: ToneVoice, logger?: Logger): Promise<string> {
  const cache = cacheIn(directory, logger);
  const clip = await speak(cache, voice, 'hello');
  await cache.close();
  return clip.id;
}

describe('the speech cache', () => {
  it('keeps what was spoken on disk, as a WAV file that any program plays', async () => {
    const directory = newDirectory();
    const voice = new ToneVoice();
    const id = await speakOnce(directory, voice);
    expect(await speakOnce(directory, voice)).toBe(id);
    expect(voice.asked).toHaveLength(1);
    const [name] = readdirSync(directory);
    const { sampleRate, samples } = readWav(readFileSync(join(directory, name!)));
    expect(sampleRate).toBe(8000);
    expect(samples).toHaveLength(400);
  });

  it('leaves nothing but finished files', async () => {
    const directory = newDirectory();
    await speakOnce(directory, new ToneVoice());
    expect(readdirSync(directory).every((name) => /^[0-9a-f]{40}\.wav$/.test(name))).toBe(true);
  });

  it('synthesises a text once, however many want it at once', async () => {
    const voice = new ToneVoice();
    const cache = cacheIn(newDirectory());
    const clips = await Promise.all(Array.from({ length: 20 }, () => speak(cache, voice, 'hello')));
    expect(new Set(clips).size).toBe(1);
    expect(voice.asked).toHaveLength(1);
    await cache.close();
  });

  it.each([
    ['cut off', (path: string) => truncateSync(path, 100)],
    ['empty', (path: string) => truncateSync(path, 0)],
    ['not sound', (path: string) => writeFileSync(path, 'what is this')],
    [
      'changed in one sample',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[100] = bytes[100]! ^ 1;
        writeFileSync(path, bytes);
      },
    ],
  ])('makes a file again that is %s', async (_how, damage) => {
    const directory = newDirectory();
    const voice = new ToneVoice();
    const logger = listeningLogger();
    const id = await speakOnce(directory, voice);
    const path = join(directory, readdirSync(directory)[0]!);
    const whole = readFileSync(path);
    damage(path);
    expect(await speakOnce(directory, voice, logger)).toBe(id);
    expect(voice.asked).toHaveLength(2);
    expect(logger.warnings).toEqual(['a damaged file of the speech cache is made again']);
    expect(readFileSync(path)).toEqual(whole);
  });

  it('works without a folder that can be written, and warns once', async () => {
    const parent = join(folder, 'a-file');
    writeFileSync(parent, '');
    const logger = listeningLogger();
    const cache = cacheIn(join(parent, 'speech'), logger);
    const voice = new ToneVoice();
    await speak(cache, voice, 'one');
    await speak(cache, voice, 'two');
    await speak(cache, voice, 'one');
    await cache.close();
    expect(voice.asked.map(({ text }) => text)).toEqual(['one', 'two']);
    expect(logger.warnings).toEqual([
      'spoken prompts are not kept on disk: the cache cannot be written',
    ]);
  });

  it('writes nothing when no folder is given', async () => {
    const logger = listeningLogger();
    const cache = cacheIn(undefined, logger);
    const clip = await speak(cache, new ToneVoice(), 'one');
    await cache.close();
    expect(clip.samples).toHaveLength(240);
    expect(logger.warnings).toEqual([]);
  });

  it('keeps nothing of a synthesis that failed', async () => {
    const directory = newDirectory();
    const voice = new ToneVoice();
    voice.failure = new Error('no network');
    await expect(speakOnce(directory, voice)).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('notes when a file was used last', async () => {
    const directory = newDirectory();
    await speakOnce(directory, new ToneVoice());
    const path = join(directory, readdirSync(directory)[0]!);
    utimesSync(path, 1000, 1000);
    await speakOnce(directory, new ToneVoice());
    expect(Math.abs(statSync(path).mtimeMs - clock.now())).toBeLessThan(1000);
  });

  it('removes the files that were not used for longest, and what was never finished', async () => {
    const directory = newDirectory();
    mkdirSync(directory, { recursive: true });
    const now = 1_000_000_000;
    const put = (name: string, age: number): void => {
      writeFileSync(join(directory, name), Buffer.alloc(1000));
      utimesSync(join(directory, name), (now - age) / 1000, (now - age) / 1000);
    };
    const name = (letter: string): string => letter.repeat(40);
    put(`${name('a')}.wav`, 3000);
    put(`${name('b')}.wav`, 1000);
    put(`${name('c')}.wav`, 2000);
    put(`${name('d')}.12.tmp`, 4_000_000);
    put(`${name('e')}.12.tmp`, 1000);
    put('notes.txt', 9_000_000);
    await pruneDirectory(directory, 2500, now);
    expect(readdirSync(directory).sort()).toEqual([
      `${name('b')}.wav`,
      `${name('c')}.wav`,
      `${name('e')}.12.tmp`,
      'notes.txt',
    ]);
  });
});

describe('the key of a spoken text', () => {
  const base: GoogleCloudVoiceOptions = { clock, language: 'en-US' };
  const google = (options: Partial<GoogleCloudVoiceOptions>): string =>
    new GoogleCloudVoice({ ...base, ...options }).key;

  const keyOf = (
    voice: { readonly key?: string },
    request: SpeechRequest,
    sampleRates = [8000],
  ): string =>
    speechKey({ key: 'voice', dialect: (tag = 'en') => tag, ...voice }, request, sampleRates);

  it('changes with every option that shapes the sound', () => {
    const voices = [
      google({}),
      google({ language: 'en-GB' }),
      google({ voice: 'en-US-Neural2-C' }),
      google({ rate: 1.5 }),
      google({ pitch: 1.5 }),
      google({ gain: 1.5 }),
      google({ effects: ['telephony-class-application'] }),
      google({ effects: ['handset-class-device'] }),
      google({ sampleRate: 16_000 }),
      google({ endpoint: 'http://127.0.0.1:1' }),
      new FliteVoice({ clock }).key,
      new FliteVoice({ clock, voice: 'rms' }).key,
    ];
    const keys = [
      ...voices.map((key) => keyOf({ key }, { text: 'text' })),
      keyOf({}, { text: 'text' }),
      keyOf({}, { text: 'text', speaker: 'speaker' }),
      keyOf({}, { text: 'text', language: 'de' }),
      keyOf({}, { text: 'other text' }),
      keyOf({}, { ssml: 'text' }),
      keyOf({}, { text: 'text' }, [8000, 16_000]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('does not change with what does not, so that no file is made twice', () => {
    expect(google({ apiKey: 'k', timeout: 9 })).toBe(google({}));
    expect(new FliteVoice({ clock, timeout: 9, idleTimeout: 9 }).key).toBe(
      new FliteVoice({ clock }).key,
    );
    expect(keyOf({}, { text: 't', signal: new AbortController().signal })).toBe(
      keyOf({}, { text: 't' }),
    );
  });

  it('is the same for a voice of the configuration', () => {
    const logger = listeningLogger();
    const config = { type: 'google', language: 'en-US', rate: 2, effects: ['a'] } as const;
    expect(createVoice(config, { clock, logger, googleApiKey: 'k' }).key).toBe(
      google({ rate: 2, effects: ['a'], sampleRate: 16_000 }),
    );
    expect(createVoice(undefined, { clock, logger }).key).toBe(new FliteVoice({ clock }).key);
    expect(createVoice({ type: 'flite', voice: 'awb' }, { clock, logger }).key).toBe(
      new FliteVoice({ clock, voice: 'awb' }).key,
    );
  });
});
