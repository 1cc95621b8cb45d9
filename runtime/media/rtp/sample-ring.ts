import { g711DecodeTable } from '../codec/g711';
import type { CodecName } from '../port';

/** 512 ms at 8 kHz. A power of two. */
export const RING_SAMPLES = 4096;
const MASK = RING_SAMPLES - 1;

/** No law of G.711 decodes to this, so it stands for a sample that has not come. */
export const ABSENT = -32_768;

/**
 * Decoded samples under their (unfolded) timestamps. It keeps no bounds: the owner sees to it that
 * what is written and not yet cleared spans at most {@link RING_SAMPLES}.
 */
export class SampleRing {
  /** Of the last {@link read} or {@link measure}: samples that were there, and their absolute sum. */
  present = 0;
  energy = 0;

  private readonly samples = new Int16Array(RING_SAMPLES).fill(ABSENT);

  /** Decodes payload bytes from `offset` on into the samples from `from` to before `to`. */
  decode(codec: CodecName, bytes: Uint8Array, offset: number, from: number, to: number): void {
    const { samples } = this;
    const table = g711DecodeTable(codec);
    const start = from & MASK;
    const count = to - from;
    for (let i = 0; i < count; i += 1) {
      samples[(start + i) & MASK] = table[bytes[offset + i] as number] as number;
    }
  }

  /** Copies `count` samples from `position` on, {@link ABSENT} ones too. */
  read(out: Int16Array, position: number, count: number): void {
    const { samples } = this;
    const start = position & MASK;
    let absent = 0;
    let energy = 0;
    for (let i = 0; i < count; i += 1) {
      const sample = samples[(start + i) & MASK] as number;
      out[i] = sample;
      if (sample === ABSENT) absent += 1;
      // The absolute value without a branch, which speech would make go either way.
      const sign = sample >> 31;
      energy = (energy + ((sample ^ sign) - sign)) | 0;
    }
    this.note(count, absent, energy);
  }

  /** Like {@link read}, without the copy. */
  measure(position: number, count: number): void {
    const { samples } = this;
    const start = position & MASK;
    let absent = 0;
    let energy = 0;
    for (let i = 0; i < count; i += 1) {
      const sample = samples[(start + i) & MASK] as number;
      if (sample === ABSENT) absent += 1;
      const sign = sample >> 31;
      energy = (energy + ((sample ^ sign) - sign)) | 0;
    }
    this.note(count, absent, energy);
  }

  /** `energy` has the absent ones in it. */
  private note(count: number, absent: number, energy: number): void {
    this.present = count - absent;
    this.energy = energy + absent * ABSENT;
  }

  /** Makes `count` samples from `position` on absent, at most all of them. */
  clear(position: number, count: number): void {
    const start = position & MASK;
    const end = start + Math.min(count, RING_SAMPLES);
    this.samples.fill(ABSENT, start, Math.min(end, RING_SAMPLES));
    if (end > RING_SAMPLES) this.samples.fill(ABSENT, 0, end - RING_SAMPLES);
  }
}
