import { SeededRandom } from '../../runtime/core/random';
import { DtmfDetector } from '../../runtime/media/detect/dtmf-detector';
import { tonesOfDigit } from '../../runtime/media/dtmf/keys';
import { ZERO_DBM0_PEAK } from '../../runtime/media/tone';

// In a test, each look at a global costs more than the sine.
const { PI, max, min, round, sin } = Math;

/** Keys as some telephone sends them. Milliseconds, dBm0, hertz. */
export interface KeySignal {
  readonly digits: string;
  readonly on?: number;
  readonly off?: number;
  /** Of each tone; -4. */
  readonly level?: number;
  /** dB by which the low tone is louder. */
  readonly twist?: number;
  /** What the frequencies are multiplied by. */
  readonly low?: number;
  readonly high?: number;
  /** Added to both. */
  readonly offset?: number;
  /** Silence in the middle of each. */
  readonly gap?: number;
  /** Of white noise, all the time. */
  readonly noise?: number;
  /** Of each tone of a dial tone, all the time. */
  readonly dialTone?: number;
  readonly seed?: number;
}

const RATE = 8_000;
const LEAD = 60;

/** A Gaussian, near enough: the sum of six. */
export function gaussian(random: SeededRandom): number {
  let sum = -3;
  for (let i = 0; i < 6; i += 1) sum += random.uint32() / 0x1_0000_0000;
  return Math.SQRT2 * sum;
}

export function amplitude(dbm0: number): number {
  return ZERO_DBM0_PEAK * 10 ** (dbm0 / 20);
}

/** The sound, at 8 kHz, beginning at no particular place of a frame; clipped where it is too loud. */
export function keySignal(signal: KeySignal): Int16Array {
  const { digits, on = 50, off = 50, level = -4, twist = 0, offset = 0, gap = 0 } = signal;
  const random = new SeededRandom(signal.seed ?? 1);
  const period = (on + off) * 8;
  const start = LEAD * 8 + (random.uint32() % 160);
  const total = start + period * digits.length + LEAD * 8;
  const samples = new Int16Array(total - (total % 160) + 160);
  const lowPeak = amplitude(level + twist / 2);
  const highPeak = amplitude(level - twist / 2);
  const noise = signal.noise === undefined ? 0 : amplitude(signal.noise) / Math.SQRT2;
  const dial = signal.dialTone === undefined ? 0 : amplitude(signal.dialTone);
  const silentFrom = (on - gap) * 4;
  for (let i = 0; i < samples.length; i += 1) {
    const t = i / RATE;
    let value = noise === 0 ? 0 : noise * gaussian(random);
    if (dial > 0) {
      value += dial * (sin(2 * PI * 350 * t) + sin(2 * PI * 440 * t));
    }
    const at = i - start;
    const pair = tonesOfDigit(digits[Math.floor(at / period)] ?? '');
    const into = at % period;
    if (
      pair !== undefined &&
      into < on * 8 &&
      !(into >= silentFrom && into < silentFrom + gap * 8)
    ) {
      const low = pair[0] * (signal.low ?? 1) + offset;
      const high = pair[1] * (signal.high ?? 1) + offset;
      const time = into / RATE;
      value += lowPeak * sin(2 * PI * low * time);
      value += highPeak * sin(2 * PI * high * time);
    }
    samples[i] = max(-32_768, min(32_767, round(value)));
  }
  return samples;
}

export interface HeardKeys {
  readonly digits: string;
  /** Milliseconds, of each key. */
  readonly durations: readonly number[];
}

/** What the detector makes of a sound. */
export function heardKeys(samples: Int16Array): HeardKeys {
  let digits = '';
  const durations: number[] = [];
  const detector = new DtmfDetector({
    onDigit: (digit) => {
      digits += digit;
    },
    onRelease: (_digit, duration) => durations.push(duration),
  });
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    detector.hear(samples.subarray(at, at + 160));
  }
  return { digits, durations };
}
