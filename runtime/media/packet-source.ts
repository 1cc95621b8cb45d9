import type { PacketCoder } from './packet-coder';

/**
 * What a source has for a packet: its payload; `hold` when nothing is to be sent but its place is taken (a pause, a
 * silence that the encoder leaves out); `nothing` when it has nothing, so that whoever comes next may use the place.
 */
export type SourceVerdict = 'packet' | 'hold' | 'nothing';

/** Where the payloads of outgoing packets come from. */
export interface PacketSource {
  /** The payload that {@link next} found: its {@link length} bytes begin at {@link from}. */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly length: number;
  /** Moves on by a packet of `coder`. `time` is that of the tick. */
  next(coder: PacketCoder, time: number): SourceVerdict;
}
