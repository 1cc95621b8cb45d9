import type { Random } from '../../core/random';
import { RTP_HEADER_SIZE, writeRtpHeader } from './packet';

/**
 * The numbering of one outgoing RTP stream. It owns no clock: whoever paces the stream calls
 * {@link advance} once a tick, whether or not a packet went out, so the timestamp follows real time
 * through silence (RFC 3550 §5.1). Audio and telephone events share it (RFC 4733 §2.5.1.2).
 */
export class RtpSender {
  readonly ssrc: number;
  /** Packets written; the SR's packet count, modulo 2^32 there. */
  packets = 0;
  /** Payload bytes written. */
  octets = 0;
  /** Of the tick in progress: 32 bits, in units of the payload's clock. */
  timestamp: number;
  /** Units of {@link timestamp} in a millisecond. */
  unitsPerMillisecond = 8;
  /** Where the sequence numbers began. */
  readonly firstSequence: number;

  private sequence: number;
  /** When {@link timestamp} began to hold, in milliseconds. */
  private tickedAt: number | undefined;
  /** Whether audio went out in the tick before, and in this one: a marker starts each talkspurt. */
  private talking = false;
  private spoke = false;

  /**
   * RFC 3550 §5.1: identifier, first sequence number and first timestamp are unpredictable. RFC 4568 §6.4: the number is
   * below 2^15, so that it has not begun anew before a receiver of SRTP, which cannot see that, has heard one.
   */
  constructor(random: Random) {
    this.ssrc = random.uint32();
    this.firstSequence = random.uint32() & 0x7fff;
    this.sequence = this.firstSequence;
    this.timestamp = random.uint32();
  }

  /** The sequence number that the next packet gets. */
  get nextSequence(): number {
    return this.sequence;
  }

  /**
   * Writes an audio packet of the current tick: the header, then `length` bytes of `payload` from
   * `from`. Returns the packet's size. `target` holds {@link RTP_HEADER_SIZE} + `length` bytes.
   */
  writeAudio(
    target: Uint8Array,
    payloadType: number,
    payload: Uint8Array,
    from: number,
    length: number,
  ): number {
    // RFC 3551 §4.1: the marker says that this is the first packet after silence.
    this.writeHeader(target, payloadType, !this.talking, this.timestamp, length);
    this.talking = true;
    this.spoke = true;
    for (let i = 0; i < length; i += 1) target[RTP_HEADER_SIZE + i] = payload[from + i] as number;
    return RTP_HEADER_SIZE + length;
  }

  /**
   * Writes and counts a header alone, for a payload of `length` bytes that the caller puts where the
   * returned offset says: telephone events, whose timestamp is that of their beginning.
   */
  writeHeader(
    target: Uint8Array,
    payloadType: number,
    marker: boolean,
    timestamp: number,
    length: number,
  ): number {
    const offset = writeRtpHeader(target, marker, payloadType, this.sequence, timestamp, this.ssrc);
    this.sequence = (this.sequence + 1) & 0xffff;
    this.packets += 1;
    this.octets += length;
    return offset;
  }

  /**
   * Writes and counts the header of a packet that keeps its place in a foreign stream, for a payload of
   * `length` bytes that the caller puts where the returned offset says.
   */
  writeRelayed(
    target: Uint8Array,
    payloadType: number,
    marker: boolean,
    sequence: number,
    timestamp: number,
    length: number,
  ): number {
    // One that was overtaken has a number from before the next.
    if (((sequence - this.sequence) << 16) >> 16 >= 0) this.sequence = (sequence + 1) & 0xffff;
    this.packets += 1;
    this.octets += length;
    return writeRtpHeader(target, marker, payloadType, sequence, timestamp, this.ssrc);
  }

  /** Of the time stamps, in hertz: that of the codec. */
  setClockRate(clockRate: number): void {
    this.unitsPerMillisecond = clockRate / 1_000;
  }

  /** Sets the clock: `timestamp` holds at `now`, in milliseconds. What is spoken next begins a talkspurt. */
  setClock(timestamp: number, now: number): void {
    this.timestamp = timestamp;
    this.tickedAt = now;
    this.talking = false;
    this.spoke = false;
  }

  /**
   * Ends a tick of `units` of the payload's clock (160 for 20 ms at 8 kHz). With the time at which the
   * next one begins, sender reports relate the two clocks to the millisecond, else to the tick.
   */
  advance(units: number, now?: number): void {
    this.timestamp = (this.timestamp + units) >>> 0;
    this.tickedAt = now;
    this.talking = this.spoke;
    this.spoke = false;
  }

  /** What the timestamp would be at `now` (RFC 3550 §6.4.1: a report is not on a packet's beat). */
  timestampAt(now: number, unitsPerMillisecond = this.unitsPerMillisecond): number {
    const passed = this.tickedAt === undefined ? 0 : now - this.tickedAt;
    return (this.timestamp + Math.round(passed * unitsPerMillisecond)) >>> 0;
  }
}
