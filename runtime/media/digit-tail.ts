import { tonesOfDigit } from './dtmf/keys';

/** Milliseconds looked at in one go, and from one look to the next. */
const BLOCK = 20;
const STEP = 10;
/** The part of a block's energy that lies in the two tones of a key, when it is a key. */
const SHARE = 0.6;
/** Mean energy of a sample below which a block is silence, whatever it holds. */
const FAINT = 100 * 100;

/**
 * Where the sound of a key begins at the end of a recording. Senders that report a key by RFC 4733
 * or INFO often let the beginning of its tone through, or all of it; a caller who ends a message with
 * `#` does not want to hear that. Gives the length of `samples` when the tone is not there.
 */
export function digitTailStart(samples: Int16Array, digit: string, sampleRate: number): number {
  const tones = tonesOfDigit(digit);
  const { length } = samples;
  if (tones === undefined) return length;
  const [low, high] = tones;

  const block = (BLOCK * sampleRate) / 1_000;
  const step = (STEP * sampleRate) / 1_000;
  let start = length;
  let found = false;
  for (let at = length - block; at >= 0; at -= step) {
    if (isPair(samples.subarray(at, at + block), low / sampleRate, high / sampleRate)) {
      start = at;
      found = true;
    } else if (found) {
      break;
    }
  }
  // The tone begins somewhere in the step before the first block that it fills.
  return found ? Math.max(0, start - step) : length;
}

/** @param low as the higher one, in turns for each sample */
function isPair(samples: Int16Array, low: number, high: number): boolean {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  if (energy < FAINT * samples.length) return false;
  const lowEnergy = toneEnergy(samples, low);
  const highEnergy = toneEnergy(samples, high);
  // Both tones have to be there: a hum or a vowel may have much of its energy in one.
  const less = Math.min(lowEnergy, highEnergy);
  return lowEnergy + highEnergy > SHARE * energy && less > 0.02 * energy;
}

/** The energy of one frequency in a block, in the scale of the sum of squares (Goertzel). */
function toneEnergy(samples: Int16Array, frequency: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * frequency);
  let last = 0;
  let before = 0;
  for (const sample of samples) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
  }
  const power = last * last + before * before - coefficient * last * before;
  return (2 * power) / samples.length;
}
