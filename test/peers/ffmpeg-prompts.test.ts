import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../runtime/core/clock';
import { createPromptLibrary } from '../../runtime/prompt/library';
import { SoundDecoder } from '../../runtime/prompt/sound-decoder';
import { readWav, writeWav } from '../../runtime/prompt/wav';
import { run } from './support/command';

/*
 * Files as people have them, written by ffmpeg and SoX, against what ffmpeg decodes of them. The speech is the prompts
 * that ship.
 */

const prompts = join(__dirname, '..', '..', 'prompts', 'en');
const clock = new RealClock();
const decoder = new SoundDecoder({ clock });
let folder: string;

async function tool(command: string, ...args: string[]): Promise<void> {
  const { status, output } = await run(command, args, { cwd: folder });
  expect([command, status, status === 0 ? '' : output]).toEqual([command, 0, '']);
}

const ffmpeg = (...args: string[]): Promise<void> =>
  tool('ffmpeg', '-nostdin', '-loglevel', 'error', '-y', ...args);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-formats-'));
  const parts = ['survey-welcome', 'menu', 'voicemail-review', 'opening-hours'];
  const speech = parts.flatMap((name) => [
    ...readWav(readFileSync(join(prompts, `${name}.wav`))).samples,
  ]);
  writeFileSync(
    join(folder, 'speech.wav'),
    writeWav({ sampleRate: 8_000, samples: Int16Array.from(speech) }),
  );
}, 60_000);

afterAll(async () => {
  await decoder.close();
  rmSync(folder, { recursive: true, force: true });
});

/** dB of `wanted` over its difference to `got`. */
function snr(wanted: Int16Array, got: Int16Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < Math.min(wanted.length, got.length); i += 1) {
    signal += wanted[i]! ** 2;
    noise += (wanted[i]! - got[i]!) ** 2;
  }
  return 10 * Math.log10(signal / Math.max(noise, 1));
}

/** What each is, how it is made, and how near ours is to what ffmpeg makes of it: dB. */
const files: readonly (readonly [string, string, readonly string[], number])[] = [
  ['MP3 of 128 kbit/s', 'a.mp3', ['-ar', '44100', '-b:a', '128k'], 60],
  ['MP3 of variable rate, stereo', 'b.mp3', ['-ar', '48000', '-ac', '2', '-q:a', '4'], 60],
  ['MP3 of MPEG 2', 'c.mp3', ['-ar', '22050', '-b:a', '40k'], 60],
  ['MP3 of MPEG 2.5', 'd.mp3', ['-ar', '8000', '-b:a', '16k'], 60],
  [
    'MP3 with a large ID3 tag',
    'e.mp3',
    ['-b:a', '64k', '-metadata', `comment=${'x'.repeat(9_000)}`],
    60,
  ],
  ['FLAC of 16 bit', 'a.flac', ['-ar', '16000'], 90],
  ['FLAC of 24 bit, stereo', 'b.flac', ['-ar', '48000', '-ac', '2', '-sample_fmt', 's32'], 65],
  ['Ogg Opus', 'a.opus', ['-c:a', 'libopus', '-b:a', '32k'], 50],
  ['Ogg Opus, stereo', 'b.ogg', ['-c:a', 'libopus', '-ac', '2', '-b:a', '96k'], 50],
];

describe('a prompt that ffmpeg has written', () => {
  it.each(files)('as %s is decoded as ffmpeg does', async (_what, name, options, nearness) => {
    await ffmpeg('-i', 'speech.wav', ...options, name);
    const got = await decoder.decode(readFileSync(join(folder, name)));
    // The mean of two channels, as ours is.
    const mono = ['-af', 'pan=mono|c0=c0'];
    const rate = String(got.sampleRate);
    await ffmpeg('-i', name, ...mono, '-ar', rate, '-c:a', 'pcm_s16le', 'theirs.wav');
    const wanted = readWav(readFileSync(join(folder, 'theirs.wav')));
    expect(Math.abs(got.samples.length - wanted.samples.length)).toBeLessThan(got.sampleRate / 50);
    expect(snr(wanted.samples, got.samples)).toBeGreaterThan(nearness);
  });

  it.each(files.filter(([, name]) => !/^[bcd]/.test(name)))(
    'as %s is refused when its end is missing',
    async (_what, name) => {
      const path = join(folder, `cut-${name}`);
      const whole = readFileSync(join(folder, name));
      writeFileSync(path, whole);
      truncateSync(path, Math.floor(whole.length * 0.6));
      await expect(decoder.decode(readFileSync(path))).rejects.toThrow(/it is cut off/);
    },
  );

  it('plays from its folder', async () => {
    mkdirSync(join(folder, 'prompts', 'en'), { recursive: true });
    await ffmpeg('-i', 'speech.wav', '-c:a', 'libopus', join('prompts', 'en', 'speech.opus'));
    const directories = [join(folder, 'prompts')];
    const library = await createPromptLibrary({ directories, voice: [], clock });
    expect(library.check('speech')).toEqual([]);
    expect(await library.resolve('speech')).toHaveLength(1);
    await library.close();
  });

  it.each([
    ['Vorbis', 'v.ogg', ['-c:a', 'libvorbis'], 'it is an Ogg Vorbis file'],
    ['AAC', 'a.m4a', ['-c:a', 'aac'], 'it is an MP4 or AAC file'],
    ['AIFF', 'a.aiff', [], 'it is an AIFF file'],
    ['MP2', 'a.mp2', [], 'it is none of WAV, FLAC, Ogg Opus and MP3'],
  ])('as %s is refused', async (_what, name, options, message) => {
    await ffmpeg('-i', 'speech.wav', ...options, name);
    await expect(decoder.decode(readFileSync(join(folder, name)))).rejects.toThrow(message);
  });
});

describe('a prompt that SoX has written', () => {
  it('as FLAC is decoded bit for bit', async () => {
    await tool('sox', 'speech.wav', 'sox.flac');
    const got = await decoder.decode(readFileSync(join(folder, 'sox.flac')));
    const { samples } = readWav(readFileSync(join(folder, 'speech.wav')));
    expect(Buffer.from(got.samples.slice().buffer).equals(Buffer.from(samples.buffer))).toBe(true);
  });
});
