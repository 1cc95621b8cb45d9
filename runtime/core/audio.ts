/**
 * Decoded sound, mono, ready to be encoded: shared by every call that plays it. The samples may stand
 * in shared memory, so that another thread can read them.
 */
export interface AudioClip {
  /** Equal for equal sound: the key under which encodings are kept. */
  readonly id: string;
  /** Samples a second. */
  readonly sampleRate: number;
  /** 16-bit linear PCM. */
  readonly samples: Int16Array;
}

/** Encodings as SDP names them. */
export type CodecName = 'PCMU' | 'PCMA' | 'G722' | 'opus' | 'L16';

/** Every encoding, in no order of preference. */
export const CODEC_NAMES: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'opus', 'L16'];

/** How recordings are written: 16 bits, µ-law, or compressed. */
export const RECORDING_FORMATS = ['wav', 'wav-mulaw', 'ogg-opus'] as const;

export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

/** Tones that callers know; their frequencies and cadences are in `core/tones.ts`. */
export type ToneName = 'beep' | 'ringback' | 'busy' | 'congestion' | 'dial' | 'waiting';

/** One or two frequencies with an on/off cadence. */
export interface ToneSpec {
  /** Hertz. */
  readonly frequencies: readonly number[];
  /** Milliseconds on, off, on, off, … repeated; empty means continuous. */
  readonly cadence: readonly number[];
  /** Milliseconds in all. */
  readonly duration: number;
  /** dBm0 a frequency; -10 when absent. */
  readonly level?: number;
}

/** What a player plays, in order, without a gap: the prompt layer makes these from prompts. */
export type PlayItem =
  | { readonly type: 'clip'; readonly clip: AudioClip }
  /** Milliseconds of nothing. */
  | { readonly type: 'silence'; readonly duration: number }
  | { readonly type: 'tone'; readonly tone: ToneSpec };
