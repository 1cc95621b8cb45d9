import type { RecordingFormat, RecordingOptions } from './port';

/** How sound stands in the file of a recording. */
export interface SoundFormat {
  /** Samples a second of each channel. */
  readonly sampleRate: 8_000 | 16_000 | 48_000;
  /** Of two, the samples follow each other in turn. */
  readonly channels: 1 | 2;
}

/**
 * Sound that is written into a file piece by piece, so that what is there is good for something at any moment.
 * One call at a time; all but {@link close} may reject.
 */
export interface SoundFile {
  /** What the file begins with, before there is any sound. */
  begin(): Promise<void>;
  /** Adds samples, those of two channels in turn. */
  append(samples: Int16Array): Promise<void>;
  /**
   * Makes the file whole, with the first `keep` samples of a channel or as many as there are: after an
   * {@link append} that rejected, what could be written. Returns how many these are.
   */
  finish(keep: number): Promise<number>;
  /** Frees what is not ours to collect. Idempotent. */
  close(): void;
}

/** The ending of the name of a file, with its dot. RFC 7845 §9 wants `.opus`. */
export function endingOf(format: RecordingFormat): string {
  return format === 'ogg-opus' ? '.opus' : '.wav';
}

/** The format that is asked for, with its defaults. */
export function soundFormat(options: RecordingOptions): SoundFormat {
  return {
    sampleRate: options.sampleRate ?? 8_000,
    channels: options.channels === 'stereo' ? 2 : 1,
  };
}
