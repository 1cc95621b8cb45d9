import { createHash } from 'node:crypto';
import type { AudioClip } from '../core/audio';
import { resample, resampleGently } from './resample';
import type { Sound } from './wav';

/** Of clips, samples a second: those of G.711, of G.722, and of Opus. Part of the key of what is spoken. */
export const CLIP_RATES: readonly number[] = [8_000, 16_000, 48_000];
/** Of nothing at all. */
const FIRST_RATE = 8_000;

/** What a sound of `rate` loses nothing by: the lowest of these rates that is not less, or the highest of all. */
export function clipRate(rate: number, rates: readonly number[]): number {
  return Math.min(Math.max(...rates), ...rates.filter((each) => each >= rate));
}

/** Makes a clip of one of `rates` at once; where calls may be running, use {@link makeClipGently}. */
export function makeClip(sound: Sound, rates: readonly number[]): AudioClip {
  const sampleRate = clipRate(sound.sampleRate, rates);
  return clipOf(resample(sound.samples, sound.sampleRate, sampleRate), sampleRate);
}

/** Makes a clip of one of `rates`, giving way to packets while it converts. */
export async function makeClipGently(sound: Sound, rates: readonly number[]): Promise<AudioClip> {
  const sampleRate = clipRate(sound.sampleRate, rates);
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

/** One clip of several in a row; where their rates differ, at the highest. */
export function joinClips(clips: readonly AudioClip[]): AudioClip {
  const [first] = clips;
  if (first !== undefined && clips.length === 1) return first;
  const sampleRate = Math.max(FIRST_RATE, ...clips.map((clip) => clip.sampleRate));
  const sounds = clips.map((clip) => resample(clip.samples, clip.sampleRate, sampleRate));
  const samples = new Int16Array(sounds.reduce((sum, sound) => sum + sound.length, 0));
  let at = 0;
  for (const sound of sounds) {
    samples.set(sound, at);
    at += sound.length;
  }
  return clipOf(samples, sampleRate);
}
