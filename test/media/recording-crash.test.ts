import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { settle, VirtualClock } from '../../runtime/core/virtual-clock';
import type { RecordingFormat, RecordingOptions } from '../../runtime/media/port';
import { Recorder } from '../../runtime/media/recorder';
import type { RecordingFile, RecordingFiles } from '../../runtime/media/recording-files';
import { repairParts } from '../../runtime/media/repair-recordings';
import { noiseClip } from '../support/media-pair';
import { soundInFile } from '../support/sound-files';

/** What was done to a file, and how much sound there was by then. */
type Deed = { readonly said: number } & (
  | { readonly type: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly size: number }
);

/** Writes down what is done to a file, so that it can be done again up to any byte. */
class Diary implements RecordingFiles {
  readonly deeds: Deed[] = [];
  said = 0;
  renamed = false;

  create(): Promise<RecordingFile> {
    let content: Buffer = Buffer.alloc(0);
    const deed = (bytes: Uint8Array, at: number): Promise<void> => {
      const copy = Buffer.from(bytes);
      this.deeds.push({ type: 'write', at, bytes: copy, said: this.said });
      content = overwritten(content, copy, at);
      return Promise.resolve();
    };
    return Promise.resolve({
      append: (bytes) => deed(bytes, content.length),
      patch: (bytes, at = 0) => deed(bytes, at),
      read: (at, length) => Promise.resolve(content.subarray(at, at + length)),
      truncate: (size) => {
        this.deeds.push({ type: 'truncate', size, said: this.said });
        content = Buffer.from(content.subarray(0, size));
        return Promise.resolve();
      },
      size: () => Promise.resolve(content.length),
      sync: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  rename(): Promise<void> {
    this.renamed = true;
    return Promise.resolve();
  }

  /** Bytes that were written in all. */
  get bytes(): number {
    return this.deeds.reduce((sum, deed) => sum + sizeOf(deed), 0);
  }

  /** The file as a process leaves it that is killed when so many bytes have been written. */
  killedAt(bytes: number): { readonly file: Buffer; readonly said: number } {
    let left = bytes;
    let file: Buffer = Buffer.alloc(0);
    for (const deed of this.deeds) {
      if (left < sizeOf(deed)) {
        if (deed.type === 'write') file = overwritten(file, deed.bytes.subarray(0, left), deed.at);
        return { file, said: deed.said };
      }
      left -= sizeOf(deed);
      if (deed.type === 'write') file = overwritten(file, deed.bytes, deed.at);
      else file = Buffer.from(file.subarray(0, deed.size));
    }
    return { file, said: this.said };
  }
}

function sizeOf(deed: Deed): number {
  return deed.type === 'write' ? deed.bytes.length : 1;
}

function overwritten(content: Buffer, bytes: Buffer, at: number): Buffer {
  const result = Buffer.alloc(Math.max(content.length, at + bytes.length));
  content.copy(result);
  bytes.copy(result, at);
  return result;
}

const noise = noiseClip(20_000).samples;

/** A recording of some seconds, with a pause, that is cut at its end. */
async function record(options: Partial<RecordingOptions>): Promise<Diary> {
  const clock = new VirtualClock();
  const diary = new Diary();
  const recorder = new Recorder(
    {
      ...{ path: '/r/x', maxDuration: 600_000, endSilence: 0, finishOn: '#', beep: false },
      ...options,
    },
    { clock, files: diary },
    { onStopping: () => undefined, onEnded: () => undefined },
  );
  const size = recorder.sampleRate / 50;
  const frame = new Int16Array(size);
  recorder.start();
  for (let number = 0; number < 400; number += 1) {
    // Silence at the end, for the cut.
    for (let i = 0; i < size; i += 1) {
      frame[i] = number > 330 ? 0 : (noise[(number * size + i) % noise.length] as number);
    }
    recorder.push('left', frame, clock.now());
    if (options.channels === 'stereo') recorder.push('right', frame, clock.now() + 5);
    diary.said += 20;
    clock.advance(20);
    if (number === 150) {
      recorder.pause();
      await settle();
      await settle();
      clock.advance(5_000);
      recorder.resume();
    }
    await settle();
  }
  recorder.stop();
  await recorder.done;
  expect(diary.renamed).toBe(true);
  return diary;
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callchart-crash-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const kinds: readonly (readonly [RecordingFormat, Partial<RecordingOptions>])[] = [
  ['wav', { channels: 'stereo' }],
  ['wav', { sampleRate: 16_000, trim: 100 }],
  ['wav-mulaw', {}],
  ['wav-mulaw', { channels: 'stereo', trim: 100 }],
  ['ogg-opus', { sampleRate: 16_000 }],
  ['ogg-opus', { channels: 'stereo', trim: 100 }],
];

describe.each(kinds)('a recording as %s with %j', (format, options) => {
  it('that is killed at any byte is repaired, plays, and lacks a second at the most', async () => {
    const diary = await record({ format, ...options });
    const path = join(folder, 'killed');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: diary.bytes }), async (bytes) => {
        await rm(path, { force: true });
        const { file, said } = diary.killedAt(bytes);
        await writeFile(`${path}.part`, file);
        const repaired = await repairParts(folder);
        // Silence at the end is cut when it is over.
        const most = options.trim === undefined ? said : Math.min(said, 331 * 20 + 100);
        if (repaired.length === 0) {
          // Nothing was in it yet, and so nothing is left of it.
          expect(most).toBeLessThanOrEqual(1_000);
          await expect(stat(`${path}.part`)).rejects.toThrow('ENOENT');
          return;
        }
        expect(repaired).toEqual([path]);
        const { duration } = soundInFile(await readFile(path));
        expect(duration).toBeGreaterThanOrEqual(most - 1_000);
        expect(duration).toBeLessThanOrEqual(said + 20);
      }),
      { numRuns: 60, seed: 7 },
    );
  }, 60_000);
});

describe('a recording as ogg-opus', () => {
  it('that was whole but for its name is left as it is', async () => {
    const diary = await record({ format: 'ogg-opus' });
    const { file } = diary.killedAt(diary.bytes);
    await writeFile(join(folder, 'x.opus.part'), file);
    expect(await repairParts(folder)).toEqual([join(folder, 'x.opus')]);
    expect(await readFile(join(folder, 'x.opus'))).toEqual(file);
  });

  it('of another program is left alone', async () => {
    const diary = await record({ format: 'ogg-opus' });
    const { file } = diary.killedAt(diary.bytes);
    file.write('vorbis!!', 28);
    const part = join(folder, 'x.ogg.part');
    await writeFile(part, file);
    expect(await repairParts(folder)).toEqual([]);
    expect(await readFile(part)).toEqual(file);
  });
});

describe('a process that records', () => {
  it.each(['wav', 'wav-mulaw', 'ogg-opus'] as const)(
    'and is killed by SIGKILL leaves %s that is repaired and lacks a second at the most',
    async (format) => {
      const path = join(folder, 'call');
      const child = spawn(
        process.execPath,
        ['-r', 'ts-node/register', join(__dirname, 'support', 'recording-child.ts'), path, format],
        { stdio: ['ignore', 'pipe', 'inherit'], cwd: join(__dirname, '..', '..') },
      );
      const gone = new Promise((resolve) => child.once('exit', resolve));
      let said = 0;
      await new Promise<void>((resolve, reject) => {
        child.once('exit', () => reject(new Error('the child ended by itself')));
        child.stdout.on('data', (text: Buffer) => {
          // A line for each frame that was said.
          said += 20 * text.toString().split('\n').filter(Boolean).length;
          if (said < 3_000) return;
          child.kill('SIGKILL');
          resolve();
        });
      });
      await gone;
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect(await repairParts(folder)).toEqual([path]);
      const { duration } = soundInFile(await readFile(path));
      expect(duration).toBeGreaterThanOrEqual(said - 1_000);
    },
    60_000,
  );
});
