/** Sound made outside of the session (a mixer, a tap, a bridge between two codecs), 20 ms at a time. */
export interface FrameFeed {
  /** Samples a second of what {@link pull} gives: mono. */
  readonly sampleRate: number;
  /**
   * Fills `frame`, 20 ms, with what is sent in the tick of `time`; false when there is nothing to send in it.
   * Asked once a tick at most, and not at all while something else is heard.
   */
  pull(frame: Int16Array, time: number): boolean;
}
