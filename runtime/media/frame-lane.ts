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
  /** Hears a peer who is muted, too: for his keys; false. */
  readonly evenMuted?: boolean;
}

interface Entry {
  readonly listener: FrameListener;
  readonly withoutKeys: boolean;
  readonly evenMuted: boolean;
}

/**
 * What in a frame is not for everybody: a key of the peer that telephone events report may be heard in it, or the
 * peer is muted.
 */
export type Veil = 'none' | 'key' | 'muted';

/** From one sample rate to another, in order: 20 ms for 20 ms. */
export interface Resampling {
  /** Returns how many samples were written at `at`: as many for as much time. */
  process(input: Int16Array, from: number, count: number, output: Int16Array, at: number): number;
}

/** All who hear at one sample rate: the frame is brought to it once, whoever many they are. */
export class FrameLane {
  private entries: readonly Entry[] = [];
  private silence: Int16Array | undefined;
  private resampler: Resampling | undefined;
  private from = 0;
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
    const { withoutKeys = false, evenMuted = false } = options;
    const entry = { listener, withoutKeys, evenMuted };
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
    const result = (this.frame ??= new Int16Array(this.sampleRate / FRAMES_A_SECOND));
    if (this.resampler === undefined || this.from !== sampleRate) {
      this.resampler = this.makeResampler(sampleRate, this.sampleRate);
      this.from = sampleRate;
    }
    this.silent = kind === 'silence' ? this.silent + 1 : 0;
    // Nothing is left of what was heard before.
    if (this.silent > SETTLED) result.fill(0);
    else this.resampler.process(frame, 0, frame.length, result, 0);
    return result;
  }

  /** Lets all hear a frame of this lane's rate. */
  tell(frame: Int16Array, time: number, kind: FrameKind, veil: Veil, logger: Logger): void {
    const { entries } = this;
    for (let i = 0; i < entries.length; i += 1) {
      const { listener, withoutKeys, evenMuted } = entries[i] as Entry;
      try {
        const hidden = veil === 'muted' ? !evenMuted : veil === 'key' && withoutKeys;
        if (hidden) listener(this.nothing(), time, 'silence');
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
