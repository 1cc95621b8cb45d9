/** Sound made outside of the session (a mixer, a tap, a bridge between two codecs), 20 ms at a time. */
export interface FrameFeed {
  /** Samples a second of what {@link pull} gives: mono. */
  readonly sampleRate: number;
  /**
   * Fills `frame`, 20 ms, with what is sent in the tick of `time`; false when there is nothing to send in it.
   * Asked once a tick at most, and not at all while something else is heard.
   */
  pull(frame: Int16Array, time: number): boolean;
  /** Something else is heard: what waits here is not to be heard when that is over. */
  skip?(): void;
}

/** Samples a second that sessions can be heard and fed at. */
const FRAME_RATES = [8_000, 16_000, 24_000, 48_000] as const;

/** The lowest rate of frames at which nothing is lost of sound that has `sampleRate`; or the highest there is. */
export function frameRateFor(sampleRate: number): number {
  return FRAME_RATES.find((rate) => rate >= sampleRate) ?? 48_000;
}
