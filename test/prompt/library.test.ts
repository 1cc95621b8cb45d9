import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WaveFile } from 'wavefile';
import type { PlayItem } from '../../runtime/core/audio';
import { settle, VirtualClock } from '../../runtime/core/virtual-clock';
import { createPromptLibrary, type PromptLibraryOptions } from '../../runtime/prompt/library';
import type { Prompt, PromptLibrary, SpeechRequest } from '../../runtime/prompt/port';
import { writeWav } from '../../runtime/prompt/wav';
import { lengths, listeningLogger, sine, sineSnr, temporaryFolder, ToneVoice } from './sounds';

const folder = temporaryFolder();
const clock = new VirtualClock();
let made = 0;

/** A prompts' folder of its own with files of the given milliseconds. */
function prompts(files: Readonly<Record<string, number | Buffer>>): string {
  const directory = join(folder, `prompts-${(made += 1)}`);
  mkdirSync(directory);
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(
      path,
      typeof content === 'number'
        ? writeWav({ sampleRate: 8000, samples: sine(500, 8000, content) })
        : content,
    );
  }
  return directory;
}

async function library(
  directory: string,
  options: Partial<PromptLibraryOptions> = {},
): Promise<PromptLibrary> {
  return createPromptLibrary({
    directories: [directory],
    voice: new ToneVoice(),
    clock,
    ...options,
  });
}

function clips(items: readonly PlayItem[]): string[] {
  return items.flatMap((item) => (item.type === 'clip' ? [item.clip.id] : []));
}

describe('named prompts', () => {
  it('are the WAV files of the folder and its folders, sorted, without hidden and other files', async () => {
    const directory = prompts({
      'welcome.wav': 20,
      'digits/1.WAV': 20,
      '.hidden.wav': 20,
      'README.md': Buffer.from('text'),
    });
    expect((await library(directory)).names).toEqual(['digits/1', 'welcome']);
  });

  it('are none when there is no folder', async () => {
    expect((await library(join(folder, 'nowhere'))).names).toEqual([]);
  });

  it('are found through links, also when these lead in a circle', async () => {
    const directory = prompts({ 'welcome.wav': 20 });
    symlinkSync(join(directory, 'welcome.wav'), join(directory, 'linked.wav'));
    symlinkSync(directory, join(directory, 'circle'));
    expect((await library(directory)).names).toEqual(['linked', 'welcome']);
  });

  it('come from the first folder that has them', async () => {
    const own = prompts({ 'welcome.wav': 40 });
    const shipped = prompts({ 'welcome.wav': 20, 'bye.wav': 20 });
    const both = await library(own, { directories: [own, shipped] });
    expect(both.names).toEqual(['bye', 'welcome']);
    expect(lengths(await both.resolve(['welcome', 'bye']))).toEqual([40, 20]);
  });

  it('are not read before they are needed', async () => {
    const directory = prompts({ 'broken.wav': Buffer.from('no sound'), 'welcome.wav': 20 });
    const found = await library(directory);
    expect(found.names).toEqual(['broken', 'welcome']);
    expect(lengths(await found.resolve('welcome'))).toEqual([20]);
  });

  it('become mono at 8 kHz, whatever the file is', async () => {
    const wav = new WaveFile();
    const tone = sine(500, 44_100, 1000);
    wav.fromScratch(2, 44_100, '16', [tone, tone]);
    wav.toBitDepth('24');
    const found = await library(prompts({ 'music.wav': Buffer.from(wav.toBuffer()) }));
    const [item] = await found.resolve('music');
    if (item?.type !== 'clip') throw new Error('no clip');
    expect(item.clip.sampleRate).toBe(8000);
    expect(item.clip.samples).toHaveLength(8000);
    expect(sineSnr(item.clip.samples, 500, 8000)).toBeGreaterThan(60);
  });

  it.each([
    [8_000, 8_000],
    [11_025, 16_000],
    [16_000, 16_000],
    [44_100, 48_000],
    [96_000, 48_000],
  ])('of %i Hz become clips of %i Hz, where all rates of our codecs may be', async (rate, clip) => {
    const wav = writeWav({ sampleRate: rate, samples: sine(500, rate, 200) });
    const sampleRates = [8_000, 16_000, 48_000];
    const found = await library(prompts({ 'tone.wav': wav }), { sampleRates });
    const [item] = await found.resolve('tone');
    if (item?.type !== 'clip') throw new Error('no clip');
    expect(item.clip.sampleRate).toBe(clip);
    expect(item.clip.samples).toHaveLength(clip / 5);
    expect(sineSnr(item.clip.samples, 500, clip)).toBeGreaterThan(60);
  });

  it('and spoken texts keep the rate of the voice, also from the disk', async () => {
    const cacheDirectory = join(folder, 'wide-cache');
    for (let start = 0; start < 2; start += 1) {
      const found = await library(join(folder, 'nowhere'), {
        cacheDirectory,
        sampleRates: [8_000, 16_000, 48_000],
      });
      const [item] = await found.resolve({ say: 'Hello.' });
      if (item?.type !== 'clip') throw new Error('no clip');
      expect(item.clip.sampleRate).toBe(16_000);
      await found.close();
    }
  });

  it('are converted once: the same clip is handed out again', async () => {
    const found = await library(prompts({ 'welcome.wav': 20 }));
    const [first, second] = await Promise.all([found.resolve('welcome'), found.resolve('welcome')]);
    const [third] = await found.resolve('welcome');
    expect(second[0]).toEqual(first[0]);
    if (first[0]?.type !== 'clip' || second[0]?.type !== 'clip' || third?.type !== 'clip') {
      throw new Error('no clip');
    }
    expect(second[0].clip).toBe(first[0].clip);
    expect(third.clip).toBe(first[0].clip);
  });

  it('have an id that is equal for equal sound and different for other sound', async () => {
    const found = await library(prompts({ 'a.wav': 20, 'b.wav': 20, 'c.wav': 21 }));
    const [a, b, c] = clips(await found.resolve(['a', 'b', 'c']));
    expect(a).toBe(b);
    expect(c).not.toBe(a);
    const [again] = clips(await (await library(prompts({ 'd.wav': 20 }))).resolve('d'));
    expect(again).toBe(a);
  });

  it('stand in shared memory, where other threads can read them', async () => {
    const [item] = await (await library(prompts({ 'a.wav': 20 }))).resolve('a');
    if (item?.type !== 'clip') throw new Error('no clip');
    expect(item.clip.samples.buffer.constructor.name).toBe('SharedArrayBuffer');
  });

  it('never lead out of the folder', async () => {
    const directory = prompts({ 'inside/a.wav': 20, 'secret.wav': 20 });
    const found = await library(join(directory, 'inside'));
    const names = [
      '../secret',
      '/etc/passwd',
      join(directory, 'secret'),
      'a/../../secret',
      '..',
      '',
    ];
    for (const name of [...names, 'a\0', 'C:\\secret', './a', '__proto__', 'constructor']) {
      await expect(found.resolve(name)).rejects.toMatchObject({ code: 'CALLCHART_PROMPT_MISSING' });
    }
    for (const name of names) {
      expect(found.check(name)[0]!.message).toContain('cannot be the name of a prompt');
    }
  });
});

describe('what is wrong with a prompt', () => {
  it('is nothing when all of it is there', async () => {
    const found = await library(prompts({ 'a.wav': 20 }));
    expect(
      found.check(['a', { say: 'x' }, { digits: '1*#' }, { silence: 0 }, { tone: 'beep' }]),
    ).toEqual([]);
  });

  it('is named with the prompt that was probably meant, and where to put a new one', async () => {
    const directory = prompts({ 'welcome.wav': 20 });
    expect((await library(directory)).check(['welcom', 'goodbye'])).toEqual([
      {
        prompt: 'welcom',
        message: `There is no prompt "welcom". Did you mean "welcome"? Put welcom.wav into ${directory}/en, or its text into ${directory}/en.yaml.`,
      },
      {
        prompt: 'goodbye',
        message: `There is no prompt "goodbye". Put goodbye.wav into ${directory}/en, or its text into ${directory}/en.yaml.`,
      },
    ]);
  });

  it('is a file that cannot be played, with its path and the remedy', async () => {
    const directory = prompts({
      'broken.wav': Buffer.from('no sound'),
      'empty.wav': Buffer.alloc(0),
    });
    const found = await library(directory);
    const [broken, empty] = found.check(['broken', 'empty']);
    expect(broken).toEqual({
      prompt: 'broken',
      message: `${join(directory, 'broken.wav')} cannot be played: it is none of WAV, FLAC, Ogg Opus and MP3, or its beginning is damaged. Save it as a WAV file, for example 8 kHz, 16 bit, mono, or as FLAC, Ogg Opus or MP3.`,
    });
    expect(empty!.message).toContain('the file is empty');
    await expect(found.resolve('broken')).rejects.toMatchObject({
      code: 'CALLCHART_PROMPT_UNREADABLE',
      message: broken!.message,
    });
  });

  it('is a file beyond the limit', async () => {
    const found = await library(prompts({ 'long.wav': 200 }), { maxFileSize: 1000 });
    expect(found.check('long')[0]!.message).toContain('more than the limit');
    await expect(found.resolve('long')).rejects.toMatchObject({
      code: 'CALLCHART_PROMPT_UNREADABLE',
    });
  });

  it.each<[string, unknown, string]>([
    ['an unknown kind', { sya: 'hello' }, '{"sya":"hello"} is not a prompt'],
    ['nothing', undefined, 'undefined is not a prompt'],
    ['a number', 5, '5 is not a prompt'],
    ['a letter among digits', { digits: '12a' }, 'only 0 to 9, * and #'],
    ['a misspelt tone', { tone: 'bep' }, 'Did you mean "beep"?'],
    ['a negative silence', { silence: -1 }, '0 to 3600000 milliseconds'],
    ['a silence without end', { silence: Infinity }, '0 to 3600000 milliseconds'],
    ['a tone of no number', { tone: 'beep', duration: '3' }, '0 to 3600000 milliseconds'],
    ['no text', { say: ' \n ' }, 'nothing to speak'],
    ['a file that is not there', { file: '/nowhere/a.wav' }, 'no file /nowhere/a.wav'],
  ])('is %s', async (_name, prompt, message) => {
    const found = await library(prompts({}));
    expect(found.check(prompt as Prompt)[0]!.message).toContain(message);
  });

  it('is a text or a speaker that the voice refuses', async () => {
    const voice = Object.assign(new ToneVoice(), {
      check: ({ text = '', speaker }: SpeechRequest) =>
        speaker === 'bob' ? `no ${speaker}` : text.length > 5 ? 'too long' : undefined,
    });
    const found = await library(prompts({}), { voice });
    expect(
      found.check([{ say: 'short' }, { say: 'too long' }, { say: 'x', voice: 'bob' }]),
    ).toEqual([
      { prompt: 'too long', message: 'too long' },
      { prompt: 'x', message: 'no bob' },
    ]);
    expect(voice.asked).toEqual([]);
  });

  it('is a list without end', async () => {
    const found = await library(prompts({ 'a.wav': 20 }));
    let deep: Prompt = 'a';
    for (let i = 0; i < 50_000; i += 1) deep = [deep];
    expect(found.check(deep)[0]!.message).toContain('16 lists deep');
    const long = new Array<Prompt>(2000).fill('a');
    await expect(found.resolve(long)).rejects.toMatchObject({ code: 'CALLCHART_PROMPT_MISSING' });
  });
});

describe('the other prompts', () => {
  it('silence and tones are what they say', async () => {
    const found = await library(prompts({}));
    const items = await found.resolve([
      { silence: 250 },
      { tone: 'beep' },
      { tone: 'busy', duration: 1500 },
    ]);
    expect(items.map((item) => item.type)).toEqual(['silence', 'tone', 'tone']);
    expect(lengths(items)).toEqual([250, 300, 1500]);
  });

  it('lists are flattened in order, with nothing in between', async () => {
    const found = await library(prompts({ 'a.wav': 20, 'b.wav': 40 }));
    const items = await found.resolve(['a', [{ silence: 10 }, ['b', []]], { say: 'abc' }]);
    expect(lengths(items)).toEqual([20, 10, 40, 30]);
  });

  it('texts are spoken by the voice, once', async () => {
    const voice = new ToneVoice();
    const found = await library(prompts({}), { voice });
    expect(lengths(await found.resolve({ say: 'hello' }))).toEqual([50]);
    await found.resolve([{ say: 'hello' }, { say: ' hello\n' }]);
    expect(voice.asked).toEqual([{ text: 'hello', voice: undefined }]);
  });

  it('texts without any letter play nothing, because a flow may have nothing to say', async () => {
    const voice = new ToneVoice();
    expect(await (await library(prompts({}), { voice })).resolve({ say: ' ' })).toEqual([]);
    expect(voice.asked).toEqual([]);
  });

  it('texts are spoken by the voice of their language, and name a speaker of it', async () => {
    const voice = new ToneVoice('one');
    const other = new ToneVoice('two', 900);
    const found = await library(prompts({}), { voice, voices: { de: [other] } });
    await found.resolve([
      { language: 'de-AT', prompt: { say: 'x' } },
      { say: 'y', voice: 'rms' },
    ]);
    expect(other.asked).toEqual([{ text: 'x', voice: undefined }]);
    expect(voice.asked).toEqual([{ text: 'y', voice: 'rms' }]);
  });

  it('a text that the voice fails on rejects, and is tried again the next time', async () => {
    const voice = new ToneVoice();
    voice.failure = new Error('no network');
    const found = await library(prompts({}), { voice });
    await expect(found.resolve({ say: 'x' })).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
      cause: voice.failure,
    });
    voice.failure = undefined;
    expect(lengths(await found.resolve({ say: 'x' }))).toEqual([10]);
  });

  const recorded = Object.fromEntries(
    [...Array(10).keys(), 'star', 'pound'].map((name, at) => [`digits/${name}.wav`, 100 + at]),
  );

  it('digits are read from recordings, with a pause between two', async () => {
    const voice = new ToneVoice();
    const found = await library(prompts(recorded), { voice });
    expect(lengths(await found.resolve({ digits: '1 2-*#' }))).toEqual([
      101, 60, 102, 60, 110, 60, 111,
    ]);
    expect(voice.asked).toEqual([]);
  });

  it('digits are all spoken when one of them has no recording', async () => {
    const voice = new ToneVoice();
    const rest = Object.fromEntries(
      Object.entries(recorded).filter(([name]) => name !== 'digits/2.wav'),
    );
    const found = await library(prompts(rest), { voice });
    expect(lengths(await found.resolve({ digits: '12' }))).toEqual([30, 60, 30]);
    expect(lengths(await found.resolve({ digits: '13' }))).toEqual([101, 60, 103]);
    await found.resolve({ digits: '2121' });
    expect(voice.asked.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('a file is played from where it is, and read again when it has changed', async () => {
    const found = await library(prompts({}));
    const path = join(folder, 'message.wav');
    await expect(found.resolve({ file: path })).rejects.toMatchObject({
      code: 'CALLCHART_PROMPT_MISSING',
    });
    writeFileSync(path, writeWav({ sampleRate: 8000, samples: sine(500, 8000, 30) }));
    expect(lengths(await found.resolve({ file: path }))).toEqual([30]);
    writeFileSync(path, writeWav({ sampleRate: 8000, samples: sine(500, 8000, 50) }));
    expect(lengths(await found.resolve({ file: path }))).toEqual([50]);
  });

  it('a recording without a sound plays nothing', async () => {
    const path = join(folder, 'nothing.wav');
    writeFileSync(path, writeWav({ sampleRate: 8000, samples: new Int16Array() }));
    expect(await (await library(prompts({}))).resolve({ file: path })).toEqual([]);
  });
});

describe('the library', () => {
  it('keeps within its memory and still plays everything', async () => {
    const directory = prompts({ 'a.wav': 100, 'b.wav': 100, 'c.wav': 100 });
    const found = await library(directory, { maxMemory: 3300 });
    expect(lengths(await found.resolve(['a', 'b', 'c', 'a']))).toEqual([100, 100, 100, 100]);
    const [first] = await found.resolve('a');
    await found.resolve(['b', 'c']);
    const [second] = await found.resolve('a');
    if (first?.type !== 'clip' || second?.type !== 'clip') throw new Error('no clip');
    expect(second.clip).not.toBe(first.clip);
    expect(second.clip.id).toBe(first.clip.id);
  });

  it('lets a caller go who does not wait any more, and keeps what is being made for the next', async () => {
    const voice = new ToneVoice();
    let open = (): void => undefined;
    voice.gate = new Promise((resolve) => (open = resolve));
    const found = await library(prompts({}), { voice });
    const caller = new AbortController();
    const waiting = found.resolve({ say: 'x' }, { signal: caller.signal });
    caller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    const next = found.resolve({ say: 'x' });
    open();
    expect(lengths(await next)).toEqual([10]);
    expect(voice.asked).toHaveLength(1);
    await expect(found.resolve({ say: 'x' }, { signal: caller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('prepares its voices at start, and goes on when one is not ready', async () => {
    const logger = listeningLogger();
    const prepared: string[] = [];
    const ready = Object.assign(new ToneVoice(), { prepare: async () => void prepared.push('a') });
    const broken = Object.assign(new ToneVoice(), {
      prepare: () => Promise.reject(new Error('no key')),
    });
    const found = await library(prompts({}), { voice: ready, voices: { de: [broken] }, logger });
    await settle();
    expect(prepared).toEqual(['a']);
    expect(logger.warnings).toEqual(['a voice is not ready']);
    expect(lengths(await found.resolve({ say: 'x' }))).toEqual([10]);
  });

  it('closes each voice once, speaks no more afterwards and leaves no timer', async () => {
    const clock = new VirtualClock();
    const voice = new ToneVoice();
    const found = await library(prompts({}), { voice, voices: { de: [voice] }, clock });
    await Promise.all([found.close(), found.close()]);
    expect(voice.closed).toBe(1);
    await expect(found.resolve({ say: 'x' })).rejects.toMatchObject({
      code: 'CALLCHART_VOICE_FAILED',
    });
    expect(clock.pending).toBe(0);
  });
});
