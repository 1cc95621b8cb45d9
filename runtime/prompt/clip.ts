import { createHash } from 'node:crypto';
import type { AudioClip } from '../core/audio';
import { resample, resampleGently } from './resample';
import type { Sound } from './wav';

/** Makes a clip of `sampleRate` at once; where calls may be running, use {@link makeClipGently}. */
export function makeClip(sound: Sound, sampleRate: number): AudioClip {
  return clipOf(resample(sound.samples, sound.sampleRate, sampleRate), sampleRate);
}

/** Makes a clip of `sampleRate`, giving way to packets while it converts. */
export async function makeClipGently(sound: Sound, sampleRate: number): Promise<AudioClip> {
  return clipOf(await resampleGently(sound.samples, sound.sampleRate, sampleRate), sampleRate);
}

/** The samples move to shared memory, where every media thread can read them without a copy. */
function clipOf(samples: Int16Array, sampleRate: number): AudioClip {
  const shared = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return {
    id: `${sampleRate}-${digest(samples).toString('hex', 0, 16)}`,
    sampleRate,
    samples: shared,
  };
}

/** Equal for equal samples. */
export function digest(samples: Int16Array): Buffer {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return createHash('sha256').update(bytes).digest();
}
