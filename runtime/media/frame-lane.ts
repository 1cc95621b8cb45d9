import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { FrameKind } from './jitter-buffer';

/** Frames in a second. */
const FRAMES_A_SECOND = 50;

/** Gets a frame that is only valid during the call, the tick at which it is heard, and what it is made of. */
export type FrameListener = (frame: Int16Array, time: number, kind: FrameKind) => void;

export interface FrameListenerOptions {
  /** Silence in place of what is heard while a key of the peer is down that telephone events report; false. */
  readonly withoutKeys?: boolean;
}

interface Entry {
  readonly listener: FrameListener;
  readonly withoutKeys: boolean;
}

/** From one sample rate to another, in order. */
export interface Resampling {
  /** Returns how many samples were written at `at`. */
  process(input: Int16Array, from: number, count: number, output: Int16Array, at: number): number;
}

/** All who hear at one sample rate: the frame is brought to it once, whoever many they are. */
export class FrameLane {
  private entries: readonly Entry[] = [];
  private silence: Int16Array | undefined;
  private resampler: Resampling | undefined;
  private from = 0;
  /** Resampled sound; a frame may come out in parts. */
  private waiting = new Int16Array(0);
  private filled = 0;
  private frame: Int16Array | undefined;
  /** Frames of silence that went in since the last sound. */
  private silent = SETTLED;

  constructor(
    readonly sampleRate: number,
    private readonly makeResampler: (from: number, to: number) => Resampling,
  ) {}

  get open(): boolean {
    return this.entries.length > 0;
  }

  add(listener: FrameListener, options: FrameListenerOptions = {}): () => void {
    const entry = { listener, withoutKeys: options.withoutKeys === true };
    this.entries = [...this.entries, entry];
    return () => {
      this.entries = this.entries.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.entries = [];
  }

  /** Brings a frame of `sampleRate` to this lane's. It is only valid until the next. */
  convert(frame: Int16Array, sampleRate: number, kind: FrameKind): Int16Array {
    if (sampleRate === this.sampleRate) {
      this.from = sampleRate;
      this.resampler = undefined;
      return frame;
    }
    const size = this.sampleRate / FRAMES_A_SECOND;
    this.silent = kind === 'silence' ? this.silent + 1 : 0;
    if (this.resampler === undefined || this.from !== sampleRate) {
      this.resampler = this.makeResampler(sampleRate, this.sampleRate);
      this.from = sampleRate;
      this.waiting = new Int16Array(3 * size);
      this.frame ??= new Int16Array(size);
      this.filled = 0;
    }
    const result = this.frame as Int16Array;
    if (this.silent > SETTLED) {
      // Nothing is left of what was heard before.
      result.fill(0);
      return result;
    }
    this.filled += this.resampler.process(frame, 0, frame.length, this.waiting, this.filled);
    const missing = Math.max(0, size - this.filled);
    if (missing > 0) {
      // The resampler has not settled yet: what it holds back comes first, once.
      this.waiting.copyWithin(missing, 0, this.filled);
      this.waiting.fill(0, 0, missing);
      this.filled = size;
    }
    result.set(this.waiting.subarray(0, size));
    this.waiting.copyWithin(0, size, this.filled);
    this.filled = Math.min(this.filled - size, size);
    return result;
  }

  /** Lets all hear a frame of this lane's rate. */
  tell(frame: Int16Array, time: number, kind: FrameKind, keyDown: boolean, logger: Logger): void {
    const { entries } = this;
    for (let i = 0; i < entries.length; i += 1) {
      const { listener, withoutKeys } = entries[i] as Entry;
      try {
        if (withoutKeys && keyDown) listener(this.nothing(), time, 'silence');
        else listener(frame, time, kind);
      } catch (thrown) {
        logger.error({ error: describeError(thrown) }, 'a listener failed');
      }
    }
  }

  private nothing(): Int16Array {
    this.silence ??= new Int16Array(this.sampleRate / FRAMES_A_SECOND);
    // A listener may have written into it.
    return this.silence.fill(0);
  }
}

/** Frames of silence after which a resampler gives nothing but silence. */
const SETTLED = 2;
