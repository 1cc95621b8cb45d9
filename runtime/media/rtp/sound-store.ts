import type { CodecName } from '../../core/audio';
import type { RtpPacket } from './packet';

/**
 * Where the sound of one stream waits under its RTP timestamps, until it is played out. Positions and `units` are
 * unfolded timestamps, samples those of {@link sampleRate}. It keeps no bounds: its owner sees to it that what was
 * put in and is not yet cleared spans at most {@link capacity}, and asks in the order of play-out.
 */
export interface SoundStore {
  /** Of what {@link read} gives: mono. */
  readonly sampleRate: number;
  /** Units. */
  readonly capacity: number;
  /** Of the last {@link read} or {@link measure}: samples that the peer sent, and their absolute sum. */
  readonly present: number;
  readonly energy: number;
  /** Whether a substitute for what is missing would be heard. */
  readonly audible: boolean;
  /** Somebody wants to hear at so many samples a second: where the codec can, {@link sampleRate} becomes that. */
  serve(sampleRate: number): void;
  /** Samples that redundancy in another packet brought back, of all time. */
  readonly recovered: number;
  /** Packets that were none of their codec, of all time. */
  readonly refused: number;
  /** Takes the part of a packet at `position` that lies between `from` and `end`. False when there is no room. */
  put(packet: RtpPacket, codec: CodecName, position: number, from: number, end: number): boolean;
  /** Copies the sound of `units` from `position` on, without a substitute for what is missing. Returns the samples. */
  read(out: Int16Array, position: number, units: number): number;
  /** Like {@link read}, without the copy. */
  measure(position: number, units: number): number;
  /** Forgets `units` from `position` on; all before is forgotten already. */
  clear(position: number, units: number): void;
  /** Takes note of `count` samples that {@link read} gave and that are now heard, and fills in what is missing. */
  mend(out: Int16Array, count: number): void;
  /** Writes `count` samples of a substitute at `at`. */
  conceal(out: Int16Array, at: number, count: number): void;
  /** As before the first packet. */
  reset(): void;
  /** Frees what is not ours to collect. Idempotent; it may be used again. */
  close(): void;
}
