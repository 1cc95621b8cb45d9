import { COLUMNS, KEYS, ROWS } from '../dtmf/keys';
import { ZERO_DBM0_PEAK } from '../tone';
import { DialToneNotch } from './dial-tone-notch';
import {
  correlate,
  PairFit,
  recurrence,
  SLICE,
  TURN,
  type FittedPair,
  type Quad,
} from './pair-fit';

export interface DtmfHandler {
  /** A key is down, and has been for `duration` milliseconds by now. */
  onDigit(digit: string, duration: number): void;
  /** It was released; milliseconds in all. */
  onRelease(digit: string, duration: number): void;
}

/** Milliseconds of a slice. */
const SLICE_MS = 5;
/** Slices that must all show the pair: 30 ms. Their first and last may be filled by three fifths. */
const WINDOW = 6;
/** Slices that suffice where others are missing. */
const REMNANT = 4;
/** Slices that stay known; a power of two. */
const KEPT = 8;
/** Slices over which a candidate is looked for. */
const LOOK = 4;
/**
 * How often a candidate may be refused before it is for good: keys begin at once, and then are what they are. A
 * chord that goes on until, by chance, it sounds like one for 30 ms is none.
 */
const DOUBTS = 6;
/** Slices without the pair after which the key is up: a break of 10 ms is none, a pause of 40 ms is one. */
const RELEASE = 6;
/** Slices that did not arrive through which a key stays down: 100 ms. */
const BRIDGED = 20;

/** dBm0 of a tone. */
const FAINTEST = -41;
/** dB by which the low tone may be louder, and by which the high one may. */
const LOW_LOUDER = 10;
const HIGH_LOUDER = 6.5;
/** Part of a slice's energy that the two tones must explain: of the window, of each slice, while it is held. */
const PURE = 0.9;
const PURE_SLICE = 0.55;
const PURE_HELD = 0.35;
/** How much of a candidate must be visible before it is looked at closely: of a slice, of {@link LOOK} slices. */
const VISIBLE_SLICE = 0.35;
const VISIBLE = 0.4;
/** What a slice's tones must have of the mean amplitude of the window, or of the key's. */
const STEADY = 0.6;
const STEADY_HELD = 0.45;
/** How well each slice's phase must follow from the slice before, 0 to 1. */
const COHERENT = 0.96;
/** How far a frequency may be off: between the 1.5 % + 2 Hz that must and the 3.5 % that must not be taken. */
const TOLERANCE = 0.016;
const TOLERANCE_HZ = 2.5;

const FREQUENCIES: readonly number[] = [...ROWS, ...COLUMNS];
/** Numbers that {@link correlate} gives for a slice. */
const STRIDE = 2 * FREQUENCIES.length;

const GAINS = FREQUENCIES.map((frequency) => DialToneNotch.gain(frequency));
const FLOORS = GAINS.map((gain) => (gain * ZERO_DBM0_PEAK * 10 ** (FAINTEST / 20)) ** 2);
/** The least energy of a slice that could be a key. */
const LEAST_ENERGY = 0.5 * SLICE * (Math.min(...FLOORS.slice(0, 4)) + Math.min(...FLOORS.slice(4)));

/** Phase steps of a slice, by frequency times slices, modulo a turn. */
const COSINES = Float64Array.from({ length: TURN }, (_, i) => Math.cos((2 * Math.PI * i) / TURN));
const SINES = Float64Array.from({ length: TURN }, (_, i) => Math.sin((2 * Math.PI * i) / TURN));

const ROW_COSINES = quad(ROWS, recurrence);
const ROW_SINES = quad(ROWS, sineOfStep);
const COLUMN_COSINES = quad(COLUMNS, recurrence);
const COLUMN_SINES = quad(COLUMNS, sineOfStep);

/** For each key, by its place in {@link KEYS}. */
const FITS = Array.from(KEYS, (_, key) => new PairFit(ROWS[key >> 2] ?? 0, COLUMNS[key & 3] ?? 0));

/**
 * Hears keys in sound at 8 kHz (ITU-T Q.24), for peers that report them in no other way.
 *
 * Sound is looked at in slices of 5 ms. Of each the correlations with the eight frequencies are kept. A
 * candidate is the strongest row and column of 20 ms. It is a key when 30 ms of slices, each fitted by its two
 * tones alone, agree:
 *
 *     level, twist       of the mean amplitudes
 *     purity             the two tones explain what is heard, dial tone and hum left aside
 *     steadiness         no slice is much fainter than the others: so short tones do not count
 *     frequency          from how the phase turns from slice to slice, far finer than any filter
 *     coherence          the phase turns evenly: what speech and music, however tonal, hardly do for so long
 *
 * While a key is down much less is asked of each slice, and only {@link RELEASE} bad ones in a row end it. It
 * has no clock, allocates nothing, and costs a look at the energy while it is quiet.
 */
export class DtmfDetector {
  private readonly notch = new DialToneNotch();
  private readonly slice = new Float64Array(SLICE);
  /** Correlations of the last slices, and their energies. */
  private readonly kept = new Float64Array(KEPT * STRIDE);
  private readonly energies = new Float64Array(KEPT);
  /** Whether a slice follows the one before it without a gap. */
  private readonly joined = new Uint8Array(KEPT);
  /** Slices since the start, and of these the last in a row that were loud enough. */
  private count = 0;
  private loud = 0;
  /** The candidate that was refused last, and how often in a row. */
  private refused = -1;
  private refusals = 0;
  /** Slices that are missing since the first loud one. */
  private absent = 0;
  /** Sound was missing before the slice that comes: see {@link joined}. */
  private gap = false;
  private resuming = false;
  /** The slice that was fitted last, and the one before. */
  private readonly pair = noPair();
  private readonly previous = noPair();

  /** The key that is down, -1 when none is; its mean squared amplitudes, its slices, and the bad ones since. */
  private key = -1;
  private lowPower = 0;
  private highPower = 0;
  private held = 0;
  private bad = 0;
  private missed = 0;

  constructor(private readonly handler: DtmfHandler) {}

  /** The key that is down. */
  get pressed(): string | undefined {
    return this.key < 0 ? undefined : KEYS[this.key];
  }

  /** Milliseconds for which it has been down. */
  get duration(): number {
    return this.held * SLICE_MS;
  }

  /**
   * Hears the next frame: any whole number of slices of 40 samples. `missing` says that it is a substitute for
   * sound that did not arrive: then nothing is learnt from it, neither that a key is down nor that it is not.
   */
  hear(frame: Int16Array, missing = false): void {
    const slices = Math.floor(frame.length / SLICE);
    if (missing) this.miss(frame, slices);
    else for (let i = 0; i < slices; i += 1) this.hearSlice(frame, i * SLICE);
  }

  /** Forgets all, and releases a key that is down. */
  reset(): void {
    if (this.key >= 0) this.release();
    this.notch.reset();
    this.calm();
    this.count = 0;
  }

  private miss(frame: Int16Array, slices: number): void {
    // The filter goes on with the substitute: what it has in memory is soon forgotten.
    for (let i = 0; i < slices; i += 1) this.notch.filter(frame, i * SLICE, SLICE, this.slice);
    this.gap = this.resuming = true;
    this.missed += slices;
    this.absent += slices;
    if (this.missed <= BRIDGED) return;
    this.calm();
    if (this.key >= 0) this.release();
  }

  private hearSlice(frame: Int16Array, at: number): void {
    const { slice, kept } = this;
    const energy = this.notch.filter(frame, at, SLICE, slice);
    if (this.resuming) {
      // The filter rings where the sound breaks: this slice is not to be trusted.
      this.resuming = false;
      this.missed += 1;
      this.absent += 1;
      return;
    }
    const place = this.count & (KEPT - 1);
    this.energies[place] = energy;
    this.joined[place] = this.gap ? 0 : 1;
    this.gap = false;
    this.count += 1;
    if (energy < LEAST_ENERGY) {
      this.calm();
      this.missed = 0;
      if (this.key >= 0) this.hold(false);
      return;
    }
    correlate(slice, ROW_COSINES, ROW_SINES, kept, place * STRIDE);
    correlate(slice, COLUMN_COSINES, COLUMN_SINES, kept, place * STRIDE + 8);
    // What no pair can explain is no part of a key: most sound ends here.
    const visible = (2 / SLICE) * (mostOf(kept, place * STRIDE) + mostOf(kept, place * STRIDE + 8));
    if (visible < VISIBLE_SLICE * energy) this.calm();
    else this.loud += 1;
    if (this.key >= 0) {
      const good = this.isHeld(place, energy);
      // What was missing in between was the key as well.
      if (good) this.held += this.missed;
      this.hold(good);
    }
    this.missed = 0;
    // Another key may follow at once: it does not wait until the one before is over for certain.
    if (this.key >= 0 && this.bad === 0) return;
    if (this.loud >= WINDOW) this.look(WINDOW);
    else if (this.loud >= REMNANT && this.loud + this.absent >= WINDOW) this.look(this.loud);
  }

  /** What is heard now belongs to no key. */
  private calm(): void {
    this.loud = 0;
    this.absent = 0;
    this.refused = -1;
  }

  private hold(good: boolean): void {
    if (good) {
      this.held += this.bad + 1;
      this.bad = 0;
      return;
    }
    this.bad += 1;
    if (this.bad >= RELEASE) this.release();
  }

  private release(): void {
    const digit = KEYS[this.key] as string;
    this.key = -1;
    this.bad = 0;
    // The slices at both ends are half filled, as a mean.
    this.handler.onRelease(digit, this.held * SLICE_MS);
  }

  private isHeld(place: number, energy: number): boolean {
    const { pair, previous, key } = this;
    this.fit(key, this.place(2), previous);
    this.fit(key, place, pair);
    if (
      pair.energy < PURE_HELD * energy ||
      powerOf(pair.lowCos, pair.lowSin) < STEADY_HELD * STEADY_HELD * this.lowPower ||
      powerOf(pair.highCos, pair.highSin) < STEADY_HELD * STEADY_HELD * this.highPower
    ) {
      return false;
    }
    if (this.joined[place] === 0) return true;
    // The next row is too near for a slice to tell, but its phase turns away by far more than a right angle.
    return (
      agreement(pair.lowCos, pair.lowSin, previous.lowCos, previous.lowSin, lowOf(key)) > 0 &&
      agreement(pair.highCos, pair.highSin, previous.highCos, previous.highSin, highOf(key)) > 0
    );
  }

  /** Whether the last slices, so many, begin a press. */
  private look(slices: number): void {
    let energy = 0;
    for (let back = 1; back <= LOOK; back += 1) energy += this.energies[this.place(back)] as number;
    const row = this.strongest(0);
    const column = this.strongest(4);
    const visible = (2 / (LOOK * SLICE)) * (this.heardOf(row) + this.heardOf(column));
    if (visible < VISIBLE * energy) return;
    const key = 4 * row + column - 4;
    if (key === this.key) return;
    if (key !== this.refused) this.refusals = 0;
    this.refused = key;
    if (this.refusals > DOUBTS) return;
    if (this.examine(key, row, column, slices)) this.press(key, slices);
    else this.refusals += 1;
  }

  private press(key: number, slices: number): void {
    if (this.key >= 0) this.release();
    this.key = key;
    this.held = slices + this.absent;
    this.bad = 0;
    this.handler.onDigit(KEYS[key] as string, this.duration);
  }

  /** The frequency of a group, by its place in {@link FREQUENCIES}, of which most is heard in the last slices. */
  private strongest(from: number): number {
    let best = from;
    let most = -1;
    for (let index = from; index < from + 4; index += 1) {
      const power = this.heardOf(index);
      if (power <= most) continue;
      most = power;
      best = index;
    }
    return best;
  }

  /** The squared correlation of the last slices with a frequency, as of one piece. */
  private heardOf(index: number): number {
    const frequency = FREQUENCIES[index] as number;
    let re = 0;
    let im = 0;
    for (let back = 1; back <= LOOK; back += 1) {
      const at = this.place(back) * STRIDE + 2 * index;
      // Turned on to the phase that the last slice would have.
      const turn = (frequency * (back - 1)) % TURN;
      const cos = COSINES[turn] as number;
      const sin = SINES[turn] as number;
      const x = this.kept[at] as number;
      const y = this.kept[at + 1] as number;
      re += x * cos - y * sin;
      im += x * sin + y * cos;
    }
    return powerOf(re, im);
  }

  /** Looks at the window closely: all that distinguishes a key from what sounds like one. */
  private examine(key: number, row: number, column: number, slices: number): boolean {
    const { pair, previous } = this;
    let energy = 0;
    let explained = 0;
    let low = 0;
    let high = 0;
    let leastLow = Infinity;
    let leastHigh = Infinity;
    // Sums over neighbours of z(k+1) conj(z(k)), and of the mean of both powers.
    let lowRe = 0;
    let lowIm = 0;
    let highRe = 0;
    let highIm = 0;
    let lowPairs = 0;
    let highPairs = 0;
    for (let back = slices; back >= 1; back -= 1) {
      const place = this.place(back);
      const total = this.energies[place] as number;
      this.fit(key, place, pair);
      if (pair.energy < PURE_SLICE * total) return false;
      energy += total;
      explained += pair.energy;
      const a = powerOf(pair.lowCos, pair.lowSin);
      const b = powerOf(pair.highCos, pair.highSin);
      low += a;
      high += b;
      if (a < leastLow) leastLow = a;
      if (b < leastHigh) leastHigh = b;
      if (back < slices && this.joined[place] === 1) {
        lowRe += pair.lowCos * previous.lowCos + pair.lowSin * previous.lowSin;
        lowIm += pair.lowSin * previous.lowCos - pair.lowCos * previous.lowSin;
        highRe += pair.highCos * previous.highCos + pair.highSin * previous.highSin;
        highIm += pair.highSin * previous.highCos - pair.highCos * previous.highSin;
        lowPairs += 0.5 * (a + powerOf(previous.lowCos, previous.lowSin));
        highPairs += 0.5 * (b + powerOf(previous.highCos, previous.highSin));
      }
      previous.lowCos = pair.lowCos;
      previous.lowSin = pair.lowSin;
      previous.highCos = pair.highCos;
      previous.highSin = pair.highSin;
    }
    low /= slices;
    high /= slices;
    const lowGain = GAINS[row] as number;
    const highGain = GAINS[column] as number;
    const twist = (low * highGain * highGain) / (high * lowGain * lowGain);
    if (
      explained < PURE * energy ||
      low < (FLOORS[row] as number) ||
      high < (FLOORS[column] as number) ||
      leastLow < STEADY * STEADY * low ||
      leastHigh < STEADY * STEADY * high ||
      twist > 10 ** (LOW_LOUDER / 10) ||
      twist < 10 ** (-HIGH_LOUDER / 10) ||
      Math.hypot(lowRe, lowIm) < COHERENT * lowPairs ||
      Math.hypot(highRe, highIm) < COHERENT * highPairs ||
      !isNear(lowRe, lowIm, FREQUENCIES[row] as number) ||
      !isNear(highRe, highIm, FREQUENCIES[column] as number)
    ) {
      return false;
    }
    this.lowPower = low;
    this.highPower = high;
    return true;
  }

  private fit(key: number, place: number, out: FittedPair): void {
    const { kept } = this;
    const low = place * STRIDE + 2 * (key >> 2);
    const high = place * STRIDE + 8 + 2 * (key & 3);
    (FITS[key] as PairFit).fit(
      kept[low] as number,
      kept[low + 1] as number,
      kept[high] as number,
      kept[high + 1] as number,
      out,
    );
  }

  /** Where the slice so many back is kept; 1 is the last one. */
  private place(back: number): number {
    return (this.count - back) & (KEPT - 1);
  }
}

function powerOf(cos: number, sin: number): number {
  return cos * cos + sin * sin;
}

function lowOf(key: number): number {
  return FREQUENCIES[key >> 2] as number;
}

function highOf(key: number): number {
  return FREQUENCIES[4 + (key & 3)] as number;
}

/** How far one slice's tone goes on the one before it: the cosine of what its phase is off, times both amplitudes. */
function agreement(
  cos: number,
  sin: number,
  cosBefore: number,
  sinBefore: number,
  frequency: number,
): number {
  const turn = frequency % TURN;
  const re = cos * cosBefore + sin * sinBefore;
  const im = sin * cosBefore - cos * sinBefore;
  return re * (COSINES[turn] as number) + im * (SINES[turn] as number);
}

function noPair(): FittedPair {
  return { lowCos: 0, lowSin: 0, highCos: 0, highSin: 0, energy: 0 };
}

/** The highest squared correlation of the four frequencies at a place. */
function mostOf(kept: Float64Array, at: number): number {
  let most = 0;
  for (let i = at; i < at + 8; i += 2) {
    const power = powerOf(kept[i] as number, kept[i + 1] as number);
    if (power > most) most = power;
  }
  return most;
}

/** Whether a phase that turns by this much more than a slice of the frequency should is still near enough. */
function isNear(re: number, im: number, frequency: number): boolean {
  const turn = frequency % TURN;
  const cos = COSINES[turn] as number;
  const sin = SINES[turn] as number;
  const off = Math.atan2(im * cos - re * sin, re * cos + im * sin);
  const hertz = (off * TURN) / (2 * Math.PI);
  return Math.abs(hertz) <= TOLERANCE * frequency + TOLERANCE_HZ;
}

function quad(of: readonly [number, number, number, number], map: (value: number) => number): Quad {
  const [a, b, c, d] = of;
  return [map(a), map(b), map(c), map(d)];
}

function sineOfStep(frequency: number): number {
  return Math.sqrt(1 - (0.5 * recurrence(frequency)) ** 2);
}
