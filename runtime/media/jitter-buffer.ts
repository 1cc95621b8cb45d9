import type { CodecName } from './port';
import type { RtpPacket } from './rtp/packet';

/** What a pulled frame is. All kinds fill the whole frame. */
export type FrameKind = 'audio' | 'lost' | 'silence' | 'comfort-noise';
export type PushVerdict = 'stored' | 'late' | 'duplicate' | 'too-early' | 'malformed';

export declare class JitterBuffer {
  /** `minDelay`, `maxDelay` in milliseconds. */
  constructor(options?: { readonly minDelay?: number; readonly maxDelay?: number });
  readonly late: number;
  readonly duplicates: number;
  /** Frames concealed. */
  readonly concealed: number;
  /** Milliseconds from arrival to play-out that it aims at. */
  readonly targetDelay: number;
  /** An audio packet of 8 kHz G.711, decoded on the way in; `now` its arrival in milliseconds. */
  push(packet: RtpPacket, codec: CodecName, now: number): PushVerdict;
  /** A comfort noise packet (RFC 3389, payload type 13). */
  pushComfortNoise(packet: RtpPacket): void;
  /** A telephone event packet: what it covers is not lost audio. */
  pushEvent(packet: RtpPacket): void;
  /** Call every 20 ms: fills 160 samples of `out`. Always gives a frame. */
  pull(out: Int16Array, now: number): FrameKind;
  reset(): void;
}
