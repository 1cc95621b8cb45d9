import { clip16 } from './clip';

/**
 * One sub-band of ITU-T G.722 (§3 and §4 there): adaptive differential PCM. What was sent last foretells the next
 * sample, by two poles and six zeros; the difference is quantised in steps that follow its size. Encoder and decoder
 * hold the same state and change it by nothing but the codes that are sent, so they stay alike.
 *
 * All arithmetic is the standard's: integers of 16 bits, products of which the upper part is kept. Fields are plain
 * numbers, because an array costs a bounds check at each of forty accesses a sample.
 */
class Band {
  /** The sample foretold, S in the standard. */
  prediction = 0;
  /** The logarithm of the step, NB, in 1/2048 of an octave. */
  private logStep = 0;
  /** The step that the quantisers are scaled by, DET. */
  step: number;
  /** The zeros' part of the prediction, SZ. */
  private zeroPart = 0;
  private pole1 = 0;
  private pole2 = 0;
  private zero1 = 0;
  private zero2 = 0;
  private zero3 = 0;
  private zero4 = 0;
  private zero5 = 0;
  private zero6 = 0;
  /** The differences of the last six samples, D. */
  private difference1 = 0;
  private difference2 = 0;
  private difference3 = 0;
  private difference4 = 0;
  private difference5 = 0;
  private difference6 = 0;
  /** Twice the last reconstructed sample, R. */
  private rebuilt1 = 0;
  /** Whether the last two partial reconstructions, P, were negative: -1 or 0. */
  private sign1 = 0;
  private sign2 = 0;

  constructor(private readonly steps: Int32Array) {
    this.step = steps[0] as number;
  }

  reset(): void {
    this.prediction = 0;
    this.logStep = 0;
    this.step = this.steps[0] as number;
    this.zeroPart = 0;
    this.pole1 = 0;
    this.pole2 = 0;
    this.zero1 = this.zero2 = this.zero3 = this.zero4 = this.zero5 = this.zero6 = 0;
    this.difference1 = this.difference2 = this.difference3 = 0;
    this.difference4 = this.difference5 = this.difference6 = 0;
    this.rebuilt1 = 0;
    this.sign1 = 0;
    this.sign2 = 0;
  }

  /** LOGSCL, LOGSCH, SCALEL, SCALEH: the step grows after large codes and shrinks after small ones. */
  scale(change: number): void {
    const most = (this.steps.length - 1) << 6;
    const next = ((this.logStep * 127) >> 7) + change;
    const bounded = next < 0 ? 0 : next > most ? most : next;
    this.logStep = bounded;
    this.step = this.steps[bounded >> 6] as number;
  }

  /** Block 4: takes the quantised difference of this sample and foretells the next. */
  adapt(difference: number): void {
    // PARREC: saturation would not change the sign, which is all that is used.
    const sign = (this.zeroPart + difference) >> 31;
    const last = clip16(2 * (this.prediction + difference));

    // UPPOL2 and UPPOL1. Four times the first pole saturates, which ±8191 stands for here. Signs are as good as random,
    // so that a branch on them would be guessed wrong half the time: `x ^ m - m` negates x where m is -1.
    const turned = sign ^ this.sign1;
    const same = ~turned;
    const turned2 = sign ^ this.sign2;
    const old = this.pole1;
    const bounded = old > 8_191 ? 8_191 : old < -8_191 ? -8_191 : old;
    let pole2 = ((bounded ^ same) - same) >> 5;
    pole2 += (128 ^ turned2) - turned2 + ((this.pole2 * 127) >> 7);
    pole2 = pole2 > 12_288 ? 12_288 : pole2 < -12_288 ? -12_288 : pole2;
    const limit = 15_360 - pole2;
    let pole1 = (192 ^ turned) - turned + ((old * 255) >> 8);
    pole1 = pole1 > limit ? limit : pole1 < -limit ? -limit : pole1;
    this.pole1 = pole1;
    this.pole2 = pole2;
    this.sign2 = this.sign1;
    this.sign1 = sign;

    // UPZERO: each zero moves by 128 towards the sign that it shares with the difference. Then DELAYA.
    const move = difference === 0 ? 0 : 128;
    const d1 = this.difference1;
    const d2 = this.difference2;
    const d3 = this.difference3;
    const d4 = this.difference4;
    const d5 = this.difference5;
    const d6 = this.difference6;
    const m1 = (d1 ^ difference) >> 31;
    const m2 = (d2 ^ difference) >> 31;
    const m3 = (d3 ^ difference) >> 31;
    const m4 = (d4 ^ difference) >> 31;
    const m5 = (d5 ^ difference) >> 31;
    const m6 = (d6 ^ difference) >> 31;
    const b1 = ((this.zero1 * 255) >> 8) + ((move ^ m1) - m1);
    const b2 = ((this.zero2 * 255) >> 8) + ((move ^ m2) - m2);
    const b3 = ((this.zero3 * 255) >> 8) + ((move ^ m3) - m3);
    const b4 = ((this.zero4 * 255) >> 8) + ((move ^ m4) - m4);
    const b5 = ((this.zero5 * 255) >> 8) + ((move ^ m5) - m5);
    const b6 = ((this.zero6 * 255) >> 8) + ((move ^ m6) - m6);
    this.zero1 = b1;
    this.zero2 = b2;
    this.zero3 = b3;
    this.zero4 = b4;
    this.zero5 = b5;
    this.zero6 = b6;
    this.difference1 = difference;
    this.difference2 = d1;
    this.difference3 = d2;
    this.difference4 = d3;
    this.difference5 = d4;
    this.difference6 = d5;

    // FILTEZ, FILTEP, PREDIC. No difference is large enough for its double to saturate.
    const zeroPart = clip16(
      ((b1 * difference) >> 14) +
        ((b2 * d1) >> 14) +
        ((b3 * d2) >> 14) +
        ((b4 * d3) >> 14) +
        ((b5 * d4) >> 14) +
        ((b6 * d5) >> 14),
    );
    this.zeroPart = zeroPart;
    this.prediction = clip16(zeroPart + ((pole1 * last) >> 15) + ((pole2 * this.rebuilt1) >> 15));
    this.rebuilt1 = last;
  }
}

/** The lower band, 0 to 4 kHz: 6 bits a sample, of which the upper 4 steer the adaptation. */
export class G722LowBand {
  private readonly band = new Band(LOW_STEPS);

  reset(): void {
    this.band.reset();
  }

  /** Writes the codes of `count` samples of 15 bits. */
  encode(samples: Int16Array, count: number, codes: Uint8Array, at: number): void {
    const { band } = this;
    for (let i = 0; i < count; i += 1) {
      const error = clip16((samples[i] as number) - band.prediction);
      const sign = error >> 31;
      const size = error ^ sign;
      // QUANTL: below the nth level, or n × step / 4 096. No search: its branches cannot be foretold.
      const ratio = Math.ceil(((size + 1) * 4_096) / band.step);
      const level = ratio >= LEVEL_OF.length ? 30 : (LEVEL_OF[ratio] as number);
      const code = LOW_CODES[level + (sign & 32)] as number;
      codes[at + i] = code;
      this.take(code >> 2);
    }
  }

  /** Writes the samples of `count` octets, in 15 bits. */
  decode(octets: Uint8Array, from: number, count: number, samples: Int16Array): void {
    const { band } = this;
    for (let i = 0; i < count; i += 1) {
      const code = (octets[from + i] as number) & 0x3f;
      const difference = (band.step * (LOW_VALUES_6[code] as number)) >> 15;
      samples[i] = clip15(band.prediction + difference);
      this.take(code >> 2);
    }
  }

  private take(upper: number): void {
    const { band } = this;
    const difference = (band.step * (LOW_VALUES_4[upper] as number)) >> 15;
    band.scale(LOW_CHANGES[upper] as number);
    band.adapt(difference);
  }
}

/** The higher band, 4 to 8 kHz: 2 bits a sample. */
export class G722HighBand {
  private readonly band = new Band(HIGH_STEPS);

  reset(): void {
    this.band.reset();
  }

  /** Puts the codes of `count` samples of 15 bits above what stands in `octets`. */
  encode(samples: Int16Array, count: number, octets: Uint8Array, at: number): void {
    const { band } = this;
    for (let i = 0; i < count; i += 1) {
      const error = clip16((samples[i] as number) - band.prediction);
      const sign = error >> 31;
      const size = error ^ sign;
      // QUANTH: 3 and 2 for small and large errors, 1 and 0 where they are negative.
      const small = (size - ((564 * band.step) >> 12)) >>> 31;
      const code = (~sign & 2) | small;
      octets[at + i] = (octets[at + i] as number) | (code << 6);
      this.take(code, (band.step * (HIGH_VALUES[code] as number)) >> 15);
    }
  }

  /** Writes the samples of `count` octets, in 15 bits. */
  decode(octets: Uint8Array, from: number, count: number, samples: Int16Array): void {
    const { band } = this;
    for (let i = 0; i < count; i += 1) {
      const code = (octets[from + i] as number) >> 6;
      const difference = (band.step * (HIGH_VALUES[code] as number)) >> 15;
      samples[i] = clip15(band.prediction + difference);
      this.take(code, difference);
    }
  }

  private take(code: number, difference: number): void {
    this.band.scale(HIGH_CHANGES[code] as number);
    this.band.adapt(difference);
  }
}

function clip15(value: number): number {
  return value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value;
}

/** Table 14: decision levels of the 6-bit quantiser, for a step of 4 096. */
const LOW_LEVELS = [
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940],
  ...[1_023, 1_121, 1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919],
];
/** The first level, from 1 on, that is not below each number. */
const LEVEL_OF = Uint8Array.from({ length: 2_920 }, (_, ratio) =>
  LOW_LEVELS.findIndex((level, n) => n > 0 && ratio <= level),
);

/** Table 18: output values of the 6-bit quantiser, positive codes from 32 on. Codes 0 to 3 are not sent. */
const LOW_POSITIVE_6 = [
  ...[24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9_360, 8_576, 7_856],
  ...[7_192, 6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168, 2_776, 2_400, 2_032, 1_688],
  ...[1_360, 1_040, 728, 432, 136],
];
const LOW_VALUES_6 = Int32Array.of(
  ...[-136, -136, -136, -136],
  ...LOW_POSITIVE_6.slice(0, 28).map((value) => -value),
  ...LOW_POSITIVE_6,
  ...[-432, -136],
);

/** The same for the upper four bits. */
const LOW_POSITIVE_4 = [20_456, 12_896, 8_968, 6_288, 4_240, 2_584, 1_200];
const LOW_VALUES_4 = Int32Array.of(
  0,
  ...LOW_POSITIVE_4.map((value) => -value),
  ...LOW_POSITIVE_4,
  0,
);

/** How a code of four bits moves the logarithm of the step: table 19 by way of table 20. */
const LOW_POSITIVE_CHANGES = [3_042, 1_198, 538, 334, 172, 58, -30];
const LOW_CHANGES = Int32Array.of(-60, ...LOW_POSITIVE_CHANGES, ...LOW_POSITIVE_CHANGES, -60);

/** Table 17: codes count down from the smallest error; the two smallest of a negative one stand apart. */
const LOW_CODES = Uint8Array.from({ length: 64 }, (_, n) => {
  if (n < 32) return 62 - n;
  return n < 35 ? 96 - n : 66 - n;
});

const HIGH_CHANGES = Int32Array.of(798, -214, 798, -214);
const HIGH_VALUES = Int32Array.of(-7_408, -1_616, 7_408, 1_616);

/** Table 21: 2 048 times two to the n / 32. */
const OCTAVE = Array.from({ length: 32 }, (_, n) => Math.floor(2_048 * 2 ** (n / 32) + 0.5));
/** The logarithm of the low band's step goes to 18 432, and of the high band's to 22 528; 64 make an entry. */
const LOW_STEPS = stepTable(18_432, 8);
const HIGH_STEPS = stepTable(22_528, 10);

function stepTable(most: number, shift: number): Int32Array {
  return Int32Array.from({ length: (most >> 6) + 1 }, (_, n) => {
    const down = shift - (n >> 5);
    const value = OCTAVE[n & 31] as number;
    return (down < 0 ? value << -down : value >> down) << 2;
  });
}
