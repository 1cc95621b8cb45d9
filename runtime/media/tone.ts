import type { ToneSpec } from '../core/audio';

export declare class ToneGenerator {
  constructor(tone: ToneSpec, sampleRate?: number);
  /** Samples in all. */
  readonly length: number;
  /** Sample that {@link fill} gives next. */
  position: number;
  /** Writes up to `count` samples at `at`; returns how many there were, 0 at the end. */
  fill(out: Int16Array, at: number, count: number): number;
}
