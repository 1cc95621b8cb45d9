import type { AudioClip } from '../core/audio';
import { greatestCommonDivisor, windowedSinc, type SincDesign } from '../core/windowed-sinc';

/** 80 dB in the stop band; of the lower rate, all up to 0.43 is kept. */
const DESIGN: SincDesign = { crossings: 28, beta: 7.86, cutoff: 0.4691 };

/**
 * A clip at any sample rate, from any sample on: band-limited interpolation by a filter whose phases are computed
 * once for each pair of rates. It needs no sample before those that are asked for, so that a packet may be had without
 * the ones before it.
 */
export class ClipSound {
  /** Samples at {@link sampleRate}. */
  readonly length: number;
  private readonly filter: Filter | undefined;
  /** What was computed so far, a fifth of a second each. */
  private readonly pieces: (Int16Array | undefined)[] = [];
  private readonly piece: number;

  /** @param onKept told of bytes that are kept, so that nothing is computed twice; without it nothing is. */
  constructor(
    readonly clip: AudioClip,
    readonly sampleRate: number,
    private readonly onKept?: (bytes: number) => void,
  ) {
    this.piece = sampleRate / 5;
    const { sampleRate: rate, samples } = clip;
    this.length = Math.round((samples.length * sampleRate) / rate);
    this.filter = rate === sampleRate ? undefined : filterOf(rate, sampleRate);
  }

  /** Writes `count` samples from `from` on to `out` at `at`. Beyond its ends there is silence. */
  read(from: number, count: number, out: Int16Array, at: number): void {
    const { samples } = this.clip;
    if (this.filter === undefined) {
      for (let i = 0; i < count; i += 1) out[at + i] = samples[from + i] ?? 0;
    } else if (this.onKept === undefined) interpolate(this.filter, samples, from, count, out, at);
    else this.readKept(this.filter, from, count, out, at);
  }

  private readKept(filter: Filter, from: number, count: number, out: Int16Array, at: number): void {
    const { piece } = this;
    for (let done = 0; done < count;) {
      const index = Math.floor((from + done) / piece);
      const kept = this.pieces[index] ?? this.compute(filter, index);
      const start = from + done - index * piece;
      const part = Math.min(count - done, piece - start);
      for (let i = 0; i < part; i += 1) out[at + done + i] = kept[start + i] as number;
      done += part;
    }
  }

  private compute(filter: Filter, index: number): Int16Array {
    const kept = new Int16Array(this.piece);
    interpolate(filter, this.clip.samples, index * this.piece, this.piece, kept, 0);
    this.pieces[index] = kept;
    this.onKept?.(kept.byteLength);
    return kept;
  }
}

interface Filter {
  /** Output sample n lies at n * step / phases of the input. */
  readonly step: number;
  readonly phases: number;
  /** Taps of a phase; the first is so many samples before the position. */
  readonly taps: number;
  readonly before: number;
  /** Phase by phase. */
  readonly weights: Float64Array;
}

const filters = new Map<string, Filter>();

function filterOf(from: number, to: number): Filter {
  const key = `${from}>${to}`;
  let filter = filters.get(key);
  if (filter === undefined) {
    filter = makeFilter(from, to);
    filters.set(key, filter);
  }
  return filter;
}

function makeFilter(from: number, to: number): Filter {
  const divisor = greatestCommonDivisor(from, to);
  const phases = to / divisor;
  // Of the input's samples: with a lower rate to come the filter is wider.
  const stretch = Math.max(1, from / to);
  const reach = Math.ceil(DESIGN.crossings * stretch);
  const taps = 2 * reach;
  const weights = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = (tap - reach + 1 - phase / phases) / stretch;
      const weight = windowedSinc(DESIGN, distance);
      weights[phase * taps + tap] = weight;
      sum += weight;
    }
    // Each phase lets a constant through as it is.
    for (let tap = 0; tap < taps; tap += 1) {
      weights[phase * taps + tap] = (weights[phase * taps + tap] as number) / sum;
    }
  }
  return { step: from / divisor, phases, taps, before: reach - 1, weights };
}

function interpolate(
  filter: Filter,
  samples: Int16Array,
  from: number,
  count: number,
  out: Int16Array,
  at: number,
): void {
  const { step, phases, taps, before, weights } = filter;
  for (let i = 0; i < count; i += 1) {
    const position = (from + i) * step;
    const whole = Math.floor(position / phases);
    const weight = (position - whole * phases) * taps;
    const first = whole - before;
    const start = first < 0 ? -first : 0;
    const end = Math.min(taps, samples.length - first);
    let sum = 0;
    for (let tap = start; tap < end; tap += 1) {
      sum += (weights[weight + tap] as number) * (samples[first + tap] as number);
    }
    out[at + i] = sum > 32_767 ? 32_767 : sum < -32_768 ? -32_768 : Math.round(sum);
  }
}
