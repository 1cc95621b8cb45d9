import { SAMPLE_RATE } from './encoded-clips';

/** ITU-T Q.23: the pair of tones of each key, by row and column. */
const KEYS = ['123A', '456B', '789C', '*0#D'];
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1_209, 1_336, 1_477, 1_633];

/** Samples looked at in one go, and from one look to the next: 20 and 10 ms. */
const BLOCK = 160;
const STEP = 80;
/** The part of a block's energy that lies in the two tones of a key, when it is a key. */
const SHARE = 0.6;
/** Mean energy of a sample below which a block is silence, whatever it holds. */
const FAINT = 100 * 100;

/**
 * Where the sound of a key begins at the end of a recording. Senders that report a key by RFC 4733
 * or INFO often let the beginning of its tone through, or all of it; a caller who ends a message with
 * `#` does not want to hear that. Looks at the last `reach` samples of `length`, and gives `length`
 * when the tone is not there.
 */
export function digitTailStart(
  samples: Int16Array,
  length: number,
  digit: string,
  reach: number,
): number {
  const row = KEYS.findIndex((keys) => keys.includes(digit));
  const column = KEYS[row]?.indexOf(digit) ?? -1;
  const low = ROWS[row];
  const high = COLUMNS[column];
  if (low === undefined || high === undefined || digit.length !== 1) return length;

  const first = Math.max(0, length - reach);
  let start = length;
  let found = false;
  for (let at = length - BLOCK; at >= first; at -= STEP) {
    if (isPair(samples, at, low, high)) {
      start = at;
      found = true;
    } else if (found) {
      break;
    }
  }
  // The tone begins somewhere in the step before the first block that it fills.
  return found ? Math.max(0, start - STEP) : length;
}

function isPair(samples: Int16Array, at: number, low: number, high: number): boolean {
  let energy = 0;
  for (let i = at; i < at + BLOCK; i += 1) {
    const sample = samples[i] as number;
    energy += sample * sample;
  }
  if (energy < FAINT * BLOCK) return false;
  const lowEnergy = toneEnergy(samples, at, low);
  const highEnergy = toneEnergy(samples, at, high);
  // Both tones have to be there: a hum or a vowel may have much of its energy in one.
  const less = Math.min(lowEnergy, highEnergy);
  return lowEnergy + highEnergy > SHARE * energy && less > 0.02 * energy;
}

/** The energy of one frequency in a block, in the scale of the sum of squares (Goertzel). */
function toneEnergy(samples: Int16Array, at: number, frequency: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / SAMPLE_RATE);
  let last = 0;
  let before = 0;
  for (let i = at; i < at + BLOCK; i += 1) {
    const next = (samples[i] as number) + coefficient * last - before;
    before = last;
    last = next;
  }
  const power = last * last + before * before - coefficient * last * before;
  return (2 * power) / BLOCK;
}
