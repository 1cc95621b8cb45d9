import type { RtpPacket } from './packet';

/** Milliseconds by which a time stamp may be ahead of its arrival before its sender counts as having jumped. */
const JUMP = 1_000;
/** Milliseconds a packet by which the clock follows the sender's: more than any two crystals differ. */
const LEAN = 0.02;

/** Numbers by which a packet can be overtaken: more than the statistics let pass as disorder. */
const REACH = 200;

/** What becomes of a packet: it goes out as the splice says, or it has no place in the stream. */
export type SpliceVerdict = 'placed' | 'skipped';

/**
 * Fits packets of a foreign stream into one of ours (RFC 3550 §2.3: as a translator does, but under a
 * source of our own). A run of them keeps its own numbers, moved by an offset, so that loss, disorder and silence
 * look to the receiver as they are:
 *
 *     foreign       900  901      903  902        904        new source:  17   18
 *     ours     40   [41   42       44   43]   45   [46]                   [47   48]
 *              own  └ offset -859 ───────┘   own   └ offset -858          └ offset +30
 *
 * Each run begins with the next number of ours and the time stamp that real time asks for, but never
 * before the end of what was sent last. It ends when we send something of our own ({@link cut}), and when
 * the foreign stream begins anew.
 *
 * A clock of its own says what our time stamps should be in real time, and follows that of the sender
 * slowly. What a run is ahead of it, because something was still to end when it began, is its {@link lead}:
 * it is not taken over from one run to the next, so that however often they change nothing piles up.
 */
export class Splice {
  /** Of the packet that {@link place} placed. */
  sequence = 0;
  timestamp = 0;
  marker = false;
  /** The clock: this instant, in milliseconds, is that time stamp. */
  instant = 0;
  clockTimestamp = 0;
  /** Units by which the run is ahead of the clock. */
  lead = 0;
  /** The end of the sound that was sent last, as a time stamp; of no meaning before {@link set}. */
  end = 0;

  private running = false;
  /** The first number that belongs to the run, or as far back as one may still be asked for. */
  private firstSequence = 0;
  private sequenceOffset = 0;
  private timestampOffset = 0;
  private highest = 0;

  constructor(private readonly unitsPerMillisecond: number) {}

  /** What our time stamps are at `now`. */
  timestampAt(now: number): number {
    const passed = Math.round((now - this.instant) * this.unitsPerMillisecond);
    return (this.clockTimestamp + passed) >>> 0;
  }

  /** The first time stamp that sound may have at `now`: that of real time, but behind what was sent. */
  freeAt(now: number): number {
    const timestamp = this.timestampAt(now);
    return ((timestamp - this.end) | 0) < 0 ? this.end : timestamp;
  }

  /** Sets the clock by what we send ourselves: `timestamp` holds at `instant`, sound is sent until `end`. */
  set(timestamp: number, instant: number, end: number): void {
    this.clockTimestamp = timestamp;
    this.instant = instant;
    this.endOwn(end);
  }

  /** Ends the run behind sound of our own, which is sent until `end`; the clock goes on. */
  endOwn(end: number): void {
    this.running = false;
    this.end = end;
  }

  /** Ends the run: what comes next begins another, without a gap in our numbers. */
  cut(): void {
    this.running = false;
  }

  /**
   * Leaves out a packet of the foreign stream without a gap in ours. Those before it that are still on
   * their way have no number left.
   */
  swallow(packet: RtpPacket): void {
    if (!this.running) return;
    this.sequenceOffset = (this.sequenceOffset - 1) & 0xffff;
    this.firstSequence = (packet.sequence + 1 + this.sequenceOffset) & 0xffff;
  }

  /**
   * Finds the place of a packet of `units` time units. `inOrder` is false for one that was overtaken;
   * `anew` says that the foreign stream has begun anew with it. `nextSequence` is ours.
   */
  place(
    packet: RtpPacket,
    units: number,
    inOrder: boolean,
    anew: boolean,
    nextSequence: number,
    now: number,
  ): SpliceVerdict {
    if (!this.running || anew) return this.begin(packet, units, nextSequence, now);
    const sequence = (packet.sequence + this.sequenceOffset) & 0xffff;
    const since = ((sequence - this.firstSequence) << 16) >> 16;
    if (!inOrder && since < 0) return 'skipped';
    if (since > REACH) this.firstSequence = (sequence - REACH) & 0xffff;
    let timestamp = (packet.timestamp + this.timestampOffset) >>> 0;
    this.marker = packet.marker;
    if (inOrder && this.hasJumped(timestamp, now)) {
      timestamp = this.freeAt(now);
      this.timestampOffset = (timestamp - packet.timestamp) | 0;
      this.marker = true;
      this.lead = (timestamp - this.timestampAt(now)) | 0;
    }
    this.sequence = sequence;
    this.timestamp = timestamp;
    if (inOrder) this.follow(timestamp, units, now);
    return 'placed';
  }

  private begin(
    packet: RtpPacket,
    units: number,
    nextSequence: number,
    now: number,
  ): SpliceVerdict {
    this.running = false;
    const timestamp = this.freeAt(now);
    // Two streams are never in step. Whatever the receiver has for this time already is left out, not
    // put behind: else each change from one to the other would delay the rest.
    const lead = (timestamp - this.timestampAt(now)) | 0;
    if (2 * lead > units) return 'skipped';
    this.running = true;
    this.lead = lead;
    this.firstSequence = nextSequence;
    this.sequenceOffset = (nextSequence - packet.sequence) & 0xffff;
    this.timestampOffset = (timestamp - packet.timestamp) | 0;
    this.sequence = nextSequence;
    this.timestamp = timestamp;
    // RFC 3551 §4.1: here is where a receiver may adjust its play-out.
    this.marker = true;
    this.follow(timestamp, units, now);
    return 'placed';
  }

  /** Whether a packet in sequence goes back in time, or so far ahead as no pause explains. */
  private hasJumped(timestamp: number, now: number): boolean {
    if (((timestamp - this.highest) | 0) < 0) return true;
    return ((timestamp - this.timestampAt(now)) | 0) > JUMP * this.unitsPerMillisecond;
  }

  private follow(timestamp: number, units: number, now: number): void {
    const clock = (timestamp - this.lead) >>> 0;
    const expected = this.instant + ((clock - this.clockTimestamp) | 0) / this.unitsPerMillisecond;
    const error = now - expected;
    this.clockTimestamp = clock;
    this.instant = expected + Math.max(-LEAN, Math.min(LEAN, error));
    this.highest = timestamp;
    this.end = (timestamp + units) >>> 0;
  }
}
