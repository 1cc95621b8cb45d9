import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes at either end of a file in which its length is looked for. */
const reach = 64 * 1024;

const known = new Map<string, number | undefined>();

/** Milliseconds of a WAV, FLAC or Ogg Opus file, from its header; undefined where that does not say. Read once. */
export function fileDuration(path: string): number | undefined {
  if (known.has(path)) return known.get(path);
  let duration: number | undefined;
  try {
    duration = readDuration(path);
  } catch {
    // Whether it can be played is what checks are for; here it only lasts for some time.
  }
  known.set(path, duration);
  return duration;
}

function readDuration(path: string): number | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const head = Buffer.alloc(Math.min(size, reach));
    readSync(file, head, 0, head.length, 0);
    switch (head.toString('latin1', 0, 4)) {
      case 'RIFF':
        return wavDuration(head);
      case 'fLaC':
        return flacDuration(head);
      case 'OggS': {
        const tail = Buffer.alloc(head.length);
        readSync(file, tail, 0, tail.length, size - tail.length);
        return opusDuration(head, tail);
      }
      default:
        return undefined;
    }
  } finally {
    closeSync(file);
  }
}

function wavDuration(head: Buffer): number | undefined {
  let bytesASecond: number | undefined;
  for (let at = 12; at + 8 <= head.length;) {
    const name = head.toString('latin1', at, at + 4);
    const size = head.readUInt32LE(at + 4);
    if (name === 'fmt ' && at + 24 <= head.length) bytesASecond = head.readUInt32LE(at + 16);
    if (name === 'data' && bytesASecond !== undefined && bytesASecond > 0) {
      return (size * 1_000) / bytesASecond;
    }
    at += 8 + size + (size & 1);
  }
  return undefined;
}

/** RFC 9639 §8.2: behind block and frame sizes 20 bits of sample rate, 8 of channels and depth, 36 of samples. */
function flacDuration(head: Buffer): number | undefined {
  if (head.length < 26) return undefined;
  const bits = head.readBigUInt64BE(18);
  const rate = Number(bits >> 44n);
  const samples = Number(bits & 0xf_ffff_ffffn);
  return rate === 0 || samples === 0 ? undefined : (samples * 1_000) / rate;
}

/** RFC 7845 §4: the last page's position, at 48 kHz, less the pre-skip. */
function opusDuration(head: Buffer, tail: Buffer): number | undefined {
  const opus = head.indexOf('OpusHead');
  const last = tail.lastIndexOf('OggS');
  if (opus < 0 || last < 0 || last + 14 > tail.length) return undefined;
  const samples = Number(tail.readBigUInt64LE(last + 6)) - head.readUInt16LE(opus + 10);
  return samples / 48;
}
