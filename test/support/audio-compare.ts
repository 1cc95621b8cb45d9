import { readFileSync } from 'node:fs';
import { readWav } from '../../runtime/prompt/wav';

/** A WAV file of any usual format as 16-bit mono, at its own rate. */
export function readWavFile(path: string): { sampleRate: number; samples: Int16Array } {
  return readWav(readFileSync(path));
}

/** Where sound was expected and silence was heard; milliseconds from the start of the source. */
export interface Gap {
  readonly at: number;
  readonly duration: number;
}

/** How a recording differs from what was played. */
export interface AudioComparison {
  /** Sample of the recording at which the source begins; negative when its beginning is missing. */
  readonly offset: number;
  /** Samples of the source that the recording covers. */
  readonly overlap: number;
  /** Correlation of the overlapping parts: 1 is the same sound, 0 another. */
  readonly correlation: number;
  /** How much louder the recording is, as a factor. */
  readonly gain: number;
  /** Of the whole overlap, in dB; Infinity when it is the same. */
  readonly snr: number;
  /** The mean of the SNR of each active frame of 20 ms, each limited to -10 to 80 dB. */
  readonly segmentalSnr: number;
  /**
   * For each active half second, by how many samples it comes later than {@link offset} says: all zero
   * in steady state, another value from where samples were inserted (+) or lost (-).
   */
  readonly shifts: readonly number[];
  /** Frames of 20 ms in which the source is active and at least half of the recording is silent. */
  readonly silentFrames: number;
  /** Silences of 10 ms and more where the source is active. */
  readonly gaps: readonly Gap[];
}

/** Quieter than this (-50 dBFS) the source counts as silent; the recording, when it is 30 dB below the source. */
const ACTIVE = 100;
const SILENT = 10 ** (-30 / 20);
/** Samples by which a half second may be shifted and still be found: 100 ms at 8 kHz. */
const MAX_SHIFT = 800;

/** Aligns a recording with its source, then compares them. Both have `sampleRate`; neither is changed. */
export function compareAudio(
  source: Int16Array,
  heard: Int16Array,
  sampleRate = 8000,
): AudioComparison {
  const { offset, correlation } = align(source, heard);
  const first = Math.max(0, -offset);
  const end = Math.min(source.length, heard.length - offset);
  let energy = 0;
  let error = 0;
  let product = 0;
  for (let i = first; i < end; i += 1) {
    const wanted = source[i]!;
    const got = heard[i + offset]!;
    energy += wanted * wanted;
    error += (got - wanted) ** 2;
    product += wanted * got;
  }
  const frames = compareFrames(source, heard, offset, first, end, sampleRate);
  return {
    offset,
    overlap: end - first,
    correlation,
    gain: energy === 0 ? 0 : product / energy,
    snr: decibel(energy, error),
    ...frames,
    shifts: findShifts(source, heard, offset, first, end, sampleRate / 2),
  };
}

/**
 * The offset at which the two have most in common: the highest correlation among those where at least
 * half of the shorter one overlaps.
 */
function align(source: Int16Array, heard: Int16Array): { offset: number; correlation: number } {
  if (source.length === 0 || heard.length === 0) throw new Error('there is nothing to compare');
  const products = crossCorrelation(source, heard);
  const sourceEnergy = runningEnergy(source);
  const heardEnergy = runningEnergy(heard);
  const least = Math.min(source.length, heard.length) / 2;
  let best = { offset: 0, correlation: -1 };
  for (let offset = 1 - source.length; offset < heard.length; offset += 1) {
    const first = Math.max(0, -offset);
    const end = Math.min(source.length, heard.length - offset);
    if (end - first < least) continue;
    const inSource = sourceEnergy[end]! - sourceEnergy[first]!;
    const inHeard = heardEnergy[end + offset]! - heardEnergy[first + offset]!;
    // Weighted by how much of the source is covered, so that a scrap that fits does not win.
    const covered = inSource / Math.max(1, sourceEnergy[source.length]!);
    const correlation = products(offset) / Math.sqrt(Math.max(1, inSource * inHeard));
    if (correlation * covered > best.correlation)
      best = { offset, correlation: correlation * covered };
  }
  const { offset } = best;
  const first = Math.max(0, -offset);
  const end = Math.min(source.length, heard.length - offset);
  const inSource = sourceEnergy[end]! - sourceEnergy[first]!;
  const inHeard = heardEnergy[end + offset]! - heardEnergy[first + offset]!;
  return { offset, correlation: products(offset) / Math.sqrt(Math.max(1, inSource * inHeard)) };
}

function compareFrames(
  source: Int16Array,
  heard: Int16Array,
  offset: number,
  first: number,
  end: number,
  sampleRate: number,
): Pick<AudioComparison, 'segmentalSnr' | 'silentFrames' | 'gaps'> {
  const block = Math.round(sampleRate / 200);
  const gaps: { at: number; duration: number }[] = [];
  let silentFrames = 0;
  let snrSum = 0;
  let activeFrames = 0;
  let run = 0;
  const endRun = (at: number): void => {
    if (run >= 2) gaps.push({ at: ((at - run * block) / sampleRate) * 1000, duration: run * 5 });
    run = 0;
  };
  let at = first;
  for (; at + 4 * block <= end; at += 4 * block) {
    let silentBlocks = 0;
    let frameEnergy = 0;
    let frameError = 0;
    for (let b = at; b < at + 4 * block; b += block) {
      let wanted = 0;
      let got = 0;
      for (let i = b; i < b + block; i += 1) {
        wanted += source[i]! ** 2;
        got += heard[i + offset]! ** 2;
        frameError += (heard[i + offset]! - source[i]!) ** 2;
      }
      frameEnergy += wanted;
      if (wanted > block * ACTIVE ** 2 && got < wanted * SILENT ** 2) {
        silentBlocks += 1;
        run += 1;
      } else {
        endRun(b);
      }
    }
    if (silentBlocks >= 2) silentFrames += 1;
    if (frameEnergy <= 4 * block * ACTIVE ** 2) continue;
    activeFrames += 1;
    snrSum += Math.max(-10, Math.min(80, decibel(frameEnergy, frameError)));
  }
  endRun(at);
  return { segmentalSnr: activeFrames === 0 ? 0 : snrSum / activeFrames, silentFrames, gaps };
}

function findShifts(
  source: Int16Array,
  heard: Int16Array,
  offset: number,
  first: number,
  end: number,
  length: number,
): number[] {
  const shifts: number[] = [];
  for (let at = first; at + length <= end; at += length) {
    let energy = 0;
    for (let i = at; i < at + length; i += 1) energy += source[i]! ** 2;
    if (energy > length * ACTIVE ** 2) shifts.push(shiftOf(source, heard, offset, at, length));
  }
  return shifts;
}

/** Two parts with a lower correlation are not the same sound, shifted: one of them is damaged. */
const SAME = 0.9;

/** The shift at which a part of the source is found in the recording; 0 if it is not found elsewhere. */
function shiftOf(
  source: Int16Array,
  heard: Int16Array,
  offset: number,
  at: number,
  length: number,
): number {
  const correlation = (shift: number): number => {
    let product = 0;
    let wanted = 1;
    let energy = 1;
    for (let i = at; i < at + length; i += 1) {
      const got = heard[i + offset + shift] ?? 0;
      product += got * source[i]!;
      wanted += source[i]! ** 2;
      energy += got * got;
    }
    return product / Math.sqrt(wanted * energy);
  };
  if (correlation(0) >= SAME) return 0;
  let best = 0;
  let most = SAME;
  for (let shift = -MAX_SHIFT; shift <= MAX_SHIFT; shift += 1) {
    const found = correlation(shift);
    if (found > most) {
      most = found;
      best = shift;
    }
  }
  return best;
}

function decibel(energy: number, error: number): number {
  if (error === 0) return Infinity;
  return energy === 0 ? -Infinity : 10 * Math.log10(energy / error);
}

/** `result[n]` is the energy of the first n samples. */
function runningEnergy(samples: Int16Array): Float64Array {
  const energy = new Float64Array(samples.length + 1);
  for (let i = 0; i < samples.length; i += 1) energy[i + 1] = energy[i]! + samples[i]! ** 2;
  return energy;
}

/** The sum of source[i] × heard[i + offset] for every offset, by Fourier transforms. */
function crossCorrelation(source: Int16Array, heard: Int16Array): (offset: number) => number {
  let size = 2;
  while (size < source.length + heard.length) size *= 2;
  const a = { re: new Float64Array(size), im: new Float64Array(size) };
  const b = { re: new Float64Array(size), im: new Float64Array(size) };
  a.re.set(source);
  b.re.set(heard);
  transform(a.re, a.im);
  transform(b.re, b.im);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let k = 0; k < size; k += 1) {
    // The conjugate of A times B, conjugated again, so that a forward transform goes back.
    re[k] = a.re[k]! * b.re[k]! + a.im[k]! * b.im[k]!;
    im[k] = -(a.re[k]! * b.im[k]! - a.im[k]! * b.re[k]!);
  }
  transform(re, im);
  return (offset) => re[(offset + size) % size]! / size;
}

/** A Fourier transform in place; the length is a power of two. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  const { cos, sin } = circle(size);
  for (let length = 2; length <= size; length *= 2) {
    const half = length / 2;
    const step = size / length;
    for (let start = 0; start < size; start += length) {
      for (let k = 0; k < half; k += 1) {
        const one = start + k;
        const other = one + half;
        const c = cos[k * step]!;
        const s = sin[k * step]!;
        const x = re[other]! * c - im[other]! * s;
        const y = re[other]! * s + im[other]! * c;
        re[other] = re[one]! - x;
        im[other] = im[one]! - y;
        re[one] = re[one]! + x;
        im[one] = im[one]! + y;
      }
    }
  }
}

interface Circle {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Half a turn backwards in `size / 2` steps; most of a comparison's time went into these. */
const circles = new Map<number, Circle>();

function circle(size: number): Circle {
  let known = circles.get(size);
  if (known === undefined) {
    known = { cos: new Float64Array(size / 2), sin: new Float64Array(size / 2) };
    for (let k = 0; k < size / 2; k += 1) {
      known.cos[k] = Math.cos((-2 * Math.PI * k) / size);
      known.sin[k] = Math.sin((-2 * Math.PI * k) / size);
    }
    circles.set(size, known);
  }
  return known;
}
