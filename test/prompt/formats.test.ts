import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { RealClock } from '../../runtime/core/clock';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { createPromptLibrary } from '../../runtime/prompt/library';
import type { PromptLibrary } from '../../runtime/prompt/port';
import { SoundDecoder } from '../../runtime/prompt/sound-decoder';
import { soundKind } from '../../runtime/prompt/sound-kind';
import { sine, sineSnr, temporaryFolder, ToneVoice } from './sounds';
import { writeWav } from '../../runtime/prompt/wav';

/** Half a second of 500 Hz in each format: test/vectors/sound/README.md says how they were made. */
const vectors = join(__dirname, '..', 'vectors', 'sound');
const formats = ['flac', 'opus', 'mp3'] as const;
const sound = (format: string): Buffer => readFileSync(join(vectors, `tone.${format}`));

const folder = temporaryFolder();
const clock = new RealClock();
const decoder = new SoundDecoder({ clock });
afterAll(() => decoder.close());

let made = 0;
const opened: PromptLibrary[] = [];
afterAll(() => Promise.all(opened.map((each) => each.close())));

async function library(files: Readonly<Record<string, Buffer>>): Promise<PromptLibrary> {
  const directory = join(folder, String((made += 1)));
  mkdirSync(join(directory, 'en'), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(directory, 'en', name), bytes);
  }
  const found = await createPromptLibrary({
    directories: [directory],
    voice: [new ToneVoice()],
    clock,
    sampleRates: [8_000, 16_000, 48_000],
  });
  opened.push(found);
  return found;
}

describe('a prompt', () => {
  it.each(formats)('may be a file of %s, and sounds as it was', async (format) => {
    const [item] = await (await library({ [`a.${format}`]: sound(format) })).resolve('a');
    if (item?.type !== 'clip') throw new Error('no clip');
    expect(item.clip.samples.buffer.constructor.name).toBe('SharedArrayBuffer');
    const { sampleRate, samples } = item.clip;
    expect(samples.length / sampleRate).toBeCloseTo(0.5, 2);
    // Away from both ends, where codecs fade.
    const cycle = sampleRate / 500;
    const middle = samples.subarray(50 * cycle, 200 * cycle);
    expect(sineSnr(middle, 500, sampleRate, 10_000)).toBeGreaterThan(format === 'flac' ? 60 : 20);
  });

  it('is told by its content, whatever its ending says', async () => {
    const found = await library({ 'a.wav': sound('mp3'), 'b.mp3': sound('opus') });
    expect(found.check(['a', 'b'])).toEqual([]);
    expect(await found.resolve(['a', 'b'])).toHaveLength(2);
  });

  it('may be a large WAV file, which is decoded in the thread, too', async () => {
    const wav = writeWav({ sampleRate: 44_100, samples: sine(500, 44_100, 60_000) });
    const found = await library({ 'a.wav': wav });
    const [item] = await found.resolve('a');
    if (item?.type !== 'clip') throw new Error('no clip');
    expect(item.clip.samples).toHaveLength(2_880_000);
  });

  it('passes the check in each format', async () => {
    const found = await library(
      Object.fromEntries(formats.map((each) => [`${each}.${each}`, sound(each)])),
    );
    expect(found.check([...formats])).toEqual([]);
  });
});

describe('a file that is not sound', () => {
  const remedy =
    'Save it as a WAV file, for example 8 kHz, 16 bit, mono, or as FLAC, Ogg Opus or MP3.';

  it.each<[string, Buffer, string]>([
    ['empty', Buffer.alloc(0), 'the file is empty'],
    ['text', Buffer.from('Please insert sound here.'), 'it is none of WAV, FLAC, Ogg Opus and MP3'],
    ['a page', Buffer.from('<!doctype html><p>404'), 'it is a text, perhaps an error page'],
    ['MP4', Buffer.from('\0\0\0\x20ftypM4A ', 'latin1'), 'it is an MP4 or AAC file'],
    [
      'Vorbis',
      Buffer.from(`OggS${'\0'.repeat(22)}\x01\x1e\x01vorbis${'\0'.repeat(30)}`, 'latin1'),
      'it is an Ogg Vorbis file',
    ],
    ['zeros', Buffer.alloc(10_000), 'it is none of'],
    ['an ID3 tag alone', Buffer.from('ID3\x04\0\0\0\0\0\x05.....', 'latin1'), 'it is cut off'],
  ])(
    '(%s) is refused by check and by play, with the file and the remedy',
    async (_what, bytes, message) => {
      const found = await library({ 'a.mp3': bytes });
      const [problem] = found.check('a');
      expect(problem!.message).toContain(`a.mp3 cannot be played: ${message}`);
      expect(problem!.message).toContain(remedy);
      await expect(found.resolve('a')).rejects.toMatchObject({
        code: 'CALLCHART_PROMPT_UNREADABLE',
        message: problem!.message,
      });
    },
  );

  it.each(formats)('is one of %s of which the end is missing', async (format) => {
    const whole = sound(format);
    for (const length of [whole.length - 300, Math.floor(whole.length / 2), 200, 50, 20]) {
      const found = await library({ 'a.wav': whole.subarray(0, length) });
      await expect(found.resolve('a')).rejects.toMatchObject({
        code: 'CALLCHART_PROMPT_UNREADABLE',
        message: expect.stringMatching(/a\.wav cannot be played: .*\. Save it as/) as string,
      });
    }
  });
});

describe('the decoder', () => {
  it('goes on with the next file after one that it cannot read', async () => {
    await expect(decoder.decode(Buffer.from('x'))).rejects.toThrow('none of');
    expect((await decoder.decode(sound('mp3'))).samples.length).toBeGreaterThan(0);
  });

  it('keeps the rate of a file where none is asked for', async () => {
    expect((await decoder.decode(sound('flac'))).sampleRate).toBe(44_100);
    expect((await decoder.decode(sound('flac'), [8_000])).sampleRate).toBe(8_000);
  });

  it('says the same for each file, however many are asked for at once', async () => {
    const all = await Promise.all([1, 2, 3].map(() => decoder.decode(sound('opus'))));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  });

  it('calls a file damaged when its decoder throws', async () => {
    const bytes = Uint8Array.from(sound('opus'));
    bytes.fill(0, 10, 18);
    bytes[18] = 1;
    await expect(decoder.decode(bytes)).rejects.toThrow(/^it is damaged \(.+\)$/);
  });

  it('gives up a file that takes too long, and goes on with the next', async () => {
    const time = new VirtualClock();
    const other = new SoundDecoder({ clock: time });
    const late = other.decode(
      writeWav({ sampleRate: 44_100, samples: new Int16Array(20_000_000) }),
      [8_000],
    );
    const next = other.decode(sound('mp3'));
    time.advance(60_000);
    await expect(late).rejects.toThrow('it takes too long to decode');
    expect((await next).sampleRate).toBe(44_100);
    await other.close();
    expect(time.pending).toBe(0);
  });

  it('ends with a clear word for those who wait when it is closed', async () => {
    const other = new SoundDecoder({ clock });
    const waiting = [other.decode(sound('mp3')), other.decode(sound('mp3'))];
    const ends = Promise.allSettled(waiting);
    await other.close();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(other.decode(sound('mp3'))).rejects.toThrow('the decoder is closed');
  });

  it.each(formats)('neither crashes nor hangs on %s with anything in it', async (format) => {
    const whole = sound(format);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length }),
        fc.uint8Array({ maxLength: 3_000 }),
        fc.boolean(),
        async (at, noise, keepEnd) => {
          const end = keepEnd ? whole.subarray(at + noise.length) : Buffer.alloc(0);
          const bytes = Buffer.concat([whole.subarray(0, at), noise, end]);
          const result = await decoder
            .decode(Uint8Array.from(bytes))
            .catch((error: unknown) => error);
          if (result instanceof Error) expect(result.message).toMatch(/^(it|its|the file|there) /);
          else expect(result).toHaveProperty('samples');
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the kind of a file', () => {
  it('is told of any bytes without a defect', () => {
    const heads = ['fLaC', 'OggS', 'ID3', 'RIFF', '\xff\xfb\x90\x00', 'OggS\0\x02'];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), (head, rest) => {
        try {
          soundKind(Buffer.concat([Buffer.from(head, 'latin1'), rest]));
        } catch (error) {
          expect((error as Error).message).toMatch(/^(it|its|the file) /);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
