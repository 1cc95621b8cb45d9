/**
 * What it costs to record a call: microseconds for each 20 ms frame, of those in the packets' way (a frame is
 * copied and looked at) and of the whole process, which encodes and writes besides. Frames come as fast as they are
 * written, so that nothing but the recording is measured. `--quick` for a look.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../runtime/core/clock';
import type { RecordingFormat, RecordingOptions } from '../../runtime/media/port';
import { Recorder } from '../../runtime/media/recorder';
import { diskFiles, type RecordingFiles } from '../../runtime/media/recording-files';

export interface RecordingBenchOptions {
  /** Recordings at a time; 20. */
  readonly calls?: number;
  /** Seconds of sound of each; 30. */
  readonly seconds?: number;
}

export interface RecordingCost {
  readonly format: RecordingFormat;
  readonly channels: 'peer' | 'stereo';
  readonly sampleRate: 8_000 | 16_000 | 48_000;
  /** Microseconds for each tick of a call: in the packets' way, the longest such, and of CPU in all. */
  readonly inTheWay: number;
  readonly longest: number;
  readonly cpu: number;
  /** Milliseconds that the event loop was held up at the most, by encoding. */
  readonly heldUp: number;
}

/** Frames that a recorder gives to its file in one piece. */
const PIECE = 35;

/** Counts what reaches the disk, so that nothing is told faster than it is written. */
function counting(): { readonly files: RecordingFiles; appended: number } {
  const counted = {
    appended: 0,
    files: {
      rename: (from: string, to: string) => diskFiles.rename(from, to),
      remove: (path: string) => diskFiles.remove(path),
      async create(path: string) {
        const file = await diskFiles.create(path);
        const append = file.append.bind(file);
        file.append = async (bytes) => {
          await append(bytes);
          counted.appended += 1;
        };
        return file;
      },
    },
  };
  return counted;
}

async function measure(
  setting: Pick<RecordingCost, 'format' | 'channels' | 'sampleRate'>,
  calls: number,
  seconds: number,
): Promise<RecordingCost> {
  const folder = mkdtempSync(join(tmpdir(), 'callchart-bench-'));
  const clock = new RealClock();
  const counted = counting();
  const recorders = Array.from({ length: calls }, (_, i) => {
    const rest = { maxDuration: 3_600_000, endSilence: 0, finishOn: '#', beep: false };
    const options: RecordingOptions = { ...setting, ...rest, path: join(folder, `${i}`) };
    const hooks = { onStopping: () => undefined, onEnded: () => undefined };
    const recorder = new Recorder(options, { clock, files: counted.files }, hooks);
    recorder.start();
    return recorder;
  });
  const heads = setting.format === 'ogg-opus' ? 2 : 1;
  const sides = setting.channels === 'stereo' ? (['left', 'right'] as const) : (['left'] as const);
  const frames = made(setting.sampleRate);
  const start = clock.now() + 20;
  const number = seconds * 50;
  let inTheWay = 0;
  let longest = 0;
  let heldUp = 0;
  const before = process.cpuUsage();
  for (let tick = 0; tick < number; tick += 1) {
    for (const recorder of recorders) {
      const from = process.hrtime.bigint();
      for (const side of sides)
        recorder.push(side, frames[tick % frames.length]!, start + 20 * tick);
      const took = Number(process.hrtime.bigint() - from) / 1_000;
      inTheWay += took;
      longest = Math.max(longest, took);
    }
    const wanted = calls * (heads + Math.floor((tick + 1) / PIECE));
    do {
      const from = process.hrtime.bigint();
      await new Promise((resolve) => setImmediate(resolve));
      heldUp = Math.max(heldUp, Number(process.hrtime.bigint() - from) / 1e6);
    } while (counted.appended < wanted);
  }
  for (const recorder of recorders) recorder.stop();
  await Promise.all(recorders.map(({ done }) => done));
  const { user, system } = process.cpuUsage(before);
  rmSync(folder, { recursive: true });
  const ticks = calls * number;
  return { ...setting, inTheWay: inTheWay / ticks, longest, cpu: (user + system) / ticks, heldUp };
}

/** Sound with words and pauses: some seconds of it, in frames. */
function made(sampleRate: number): readonly Int16Array[] {
  const size = sampleRate / 50;
  return Array.from({ length: 200 }, (_, number) =>
    Int16Array.from({ length: size }, (__, i) => {
      const time = (number * size + i) / sampleRate;
      const word = Math.max(0, Math.sin(2 * Math.PI * 1.5 * time));
      const voice = [1, 2, 3, 5, 8].reduce(
        (sum, harmonic) => sum + Math.sin(2 * Math.PI * 140 * harmonic * time) / harmonic,
        0,
      );
      return 5_000 * word * voice;
    }),
  );
}

/** Measures all cases and prints them as they come. */
export async function run(options: RecordingBenchOptions = {}): Promise<RecordingCost[]> {
  const { calls = 20, seconds = 30 } = options;
  console.log(`${calls} recordings of ${seconds} s at a time: µs for each 20 ms of a call`);
  console.log(`${''.padEnd(26)}in the way   longest   CPU in all   loop held up`);
  const results: RecordingCost[] = [];
  for (const format of ['wav', 'wav-mulaw', 'ogg-opus'] as const) {
    for (const channels of ['peer', 'stereo'] as const) {
      for (const sampleRate of [8_000, 16_000, 48_000] as const) {
        const cost = await measure({ format, channels, sampleRate }, calls, seconds);
        console.log(
          [
            `${format} ${channels} ${sampleRate / 1_000} kHz`.padEnd(26),
            `${cost.inTheWay.toFixed(2)} µs`.padStart(10),
            `${cost.longest.toFixed(0)} µs`.padStart(10),
            `${cost.cpu.toFixed(1)} µs`.padStart(13),
            `${cost.heldUp.toFixed(1)} ms`.padStart(15),
          ].join(''),
        );
        results.push(cost);
      }
    }
  }
  return results;
}

if (require.main === module) {
  void run(process.argv.includes('--quick') ? { calls: 5, seconds: 7 } : {});
}
