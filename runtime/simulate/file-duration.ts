import { readFileSync, statSync } from 'node:fs';
import { soundKind } from '../prompt/sound-kind';

const known = new Map<string, number | undefined>();

/** Milliseconds of a WAV, FLAC, Ogg Opus or MP3 file, as it says; undefined where it does not. Read once, until it changes. */
export function fileDuration(path: string): number | undefined {
  const key = `${path} ${statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? ''}`;
  if (known.has(key)) return known.get(key);
  let duration: number | undefined;
  try {
    duration = readDuration(readFileSync(path));
  } catch {
    // Whether it can be played is what checks are for; here it only lasts for some time.
  }
  known.set(key, duration);
  return duration;
}

function readDuration(file: Buffer): number | undefined {
  const { kind, samples, rate } = soundKind(file);
  if (kind === 'wav') return wavDuration(file);
  return samples === undefined || rate === undefined ? undefined : (samples * 1_000) / rate;
}

/** By the sizes in the header: nothing is decoded. */
function wavDuration(file: Buffer): number | undefined {
  let bytesASecond: number | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    if (name === 'fmt ' && at + 24 <= file.length) bytesASecond = file.readUInt32LE(at + 16);
    if (name === 'data' && bytesASecond !== undefined && bytesASecond > 0) {
      return (size * 1_000) / bytesASecond;
    }
    at += 8 + size + (size & 1);
  }
  return undefined;
}
