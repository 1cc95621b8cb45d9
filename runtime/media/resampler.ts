import { DefectError } from '../core/errors';
import { greatestCommonDivisor, windowedSinc, type SincDesign } from '../core/windowed-sinc';

/**
 * 65 dB in the stop band. Of the lower rate, all up to 0.42 is kept (8 kHz: 3.37 kHz, 16 kHz: 6.7 kHz) and nothing
 * from its half on, so that nothing is heard at a mirrored frequency.
 */
const DESIGN: SincDesign = { crossings: 24, beta: 6.4, cutoff: 0.4604 };
/** Samples that are taken in at once: 20 ms at 48 kHz. */
const BLOCK = 960;
const LOWEST_RATE = 8_000;
const HIGHEST_RATE = 48_000;
/** Weights of a filter: enough for every two rates that audio is sampled at. */
const MOST_WEIGHTS = 400_000;
/** Filters that are kept: all pairs of 8, 16, 24, 48 kHz, and a few more. */
const MOST_FILTERS = 24;

interface Filter {
  /** Weights for each input sample that an output is made of; a multiple of four. */
  readonly taps: number;
  /** Outputs fall on so many places between two inputs; a row of weights for each. */
  readonly phases: number;
  /** From one output to the next, in 1 / phases of an input. */
  readonly step: number;
  readonly weights: Float64Array;
}

const filters = new Map<string, Filter>();

/**
 * Changes the sample rate of a stream, frame by frame: a polyphase filter whose delay is constant
 * ({@link StreamResampler.delay}). Over time it gives exactly `to` samples for `from` of them: 20 ms for 20 ms, each
 * time. Allocates nothing after it was made.
 */
export class StreamResampler {
  /** Milliseconds by which the output is behind the input: 3 where 8 kHz is the lower rate, 1.5 where 16 kHz is. */
  readonly delay: number;
  private readonly filter: Filter | undefined;
  /** The inputs that are needed again, then those of the block. */
  private readonly inputs: Float64Array;
  /** Of the next output behind the next input, in 1 / phases of an input. */
  private position = 0;

  /** @throws a defect for rates outside 8 to 48 kHz, or that have too little in common. */
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    this.filter = from === to ? undefined : filterOf(from, to);
    this.inputs = new Float64Array(this.filter === undefined ? 0 : this.filter.taps - 1 + BLOCK);
    this.delay = this.filter === undefined ? 0 : (500 * this.filter.taps) / from;
  }

  /**
   * Takes `count` samples from `from` on and writes what they give to `output` at `at`, which must have room. Returns
   * the samples written: count × to / from where that is whole.
   */
  process(input: Int16Array, from: number, count: number, output: Int16Array, at: number): number {
    const { filter } = this;
    if (filter === undefined) {
      for (let i = 0; i < count; i += 1) output[at + i] = input[from + i] as number;
      return count;
    }
    let written = 0;
    for (let done = 0; done < count;) {
      const block = Math.min(BLOCK, count - done);
      written += this.convert(filter, input, from + done, block, output, at + written);
      done += block;
    }
    return written;
  }

  /** Forgets what was heard. */
  reset(): void {
    this.inputs.fill(0);
    this.position = 0;
  }

  private convert(
    { taps, phases, step, weights }: Filter,
    input: Int16Array,
    from: number,
    count: number,
    output: Int16Array,
    at: number,
  ): number {
    const { inputs } = this;
    const past = taps - 1;
    for (let i = 0; i < count; i += 1) inputs[past + i] = input[from + i] as number;
    const whole = Math.floor(step / phases);
    const part = step % phases;
    let first = Math.floor(this.position / phases);
    let phase = this.position % phases;
    let next = at;
    while (first < count) {
      const row = phase * taps;
      // Four sums: with one, each addition would wait for the one before it.
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let tap = 0; tap < taps; tap += 4) {
        const w = row + tap;
        const x = first + tap;
        a += (weights[w] as number) * (inputs[x] as number);
        b += (weights[w + 1] as number) * (inputs[x + 1] as number);
        c += (weights[w + 2] as number) * (inputs[x + 2] as number);
        d += (weights[w + 3] as number) * (inputs[x + 3] as number);
      }
      const sum = a + b + (c + d);
      output[next] = sum >= 32_767 ? 32_767 : sum <= -32_768 ? -32_768 : Math.round(sum);
      next += 1;
      first += whole;
      phase += part;
      if (phase >= phases) {
        phase -= phases;
        first += 1;
      }
    }
    this.position = (first - count) * phases + phase;
    inputs.copyWithin(0, count, count + past);
    return next - at;
  }
}

function filterOf(from: number, to: number): Filter {
  const key = `${from}:${to}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  for (const rate of [from, to]) {
    if (Number.isInteger(rate) && rate >= LOWEST_RATE && rate <= HIGHEST_RATE) continue;
    throw new DefectError(`no sound is sampled ${rate} times a second`);
  }
  const filter = design(from, to);
  if (filters.size < MOST_FILTERS) filters.set(key, filter);
  return filter;
}

/**
 * An output at `phase` behind an input stands in the middle of its taps, so that it is late by half of them. Each
 * row's sum is one: a level stays what it was in every phase.
 */
function design(from: number, to: number): Filter {
  const common = greatestCommonDivisor(from, to);
  const phases = to / common;
  const scale = Math.min(1, to / from);
  const reach = 2 * Math.ceil(DESIGN.crossings / scale / 2);
  const taps = 2 * reach;
  if (phases * taps > MOST_WEIGHTS) {
    throw new DefectError(`${from} and ${to} samples a second have too little in common`);
  }
  const weights = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    const row = weights.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const weight = windowedSinc(DESIGN, (tap - (reach - 1) - phase / phases) * scale);
      row[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap += 1) row[tap] = (row[tap] as number) / sum;
  }
  return { taps, phases, step: from / common, weights };
}
