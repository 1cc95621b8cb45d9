import type { ReportBlock } from './rtcp';

/**
 * How a packet stands to those before it. Only `duplicate` is to be dropped by its sequence number;
 * `suspect` is one step of a possible restart, which the next packet confirms.
 */
export type SequenceVerdict =
  'first' | 'in-order' | 'reordered' | 'duplicate' | 'restart' | 'suspect';

/** RFC 3550 §A.1: at 50 packets a second, a drop-out of a minute and a disorder of two seconds. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCE_MODULUS = 0x1_0000;

/** One bit for each of the latest sequence numbers: more than {@link MAX_MISORDER}. */
const HISTORY_BITS = 128;

/**
 * What RFC 3550 §6.4.1 and appendix A want to know of a received stream, with RTCP's counting (which
 * starts anew when the stream does) kept apart from the totals of the call record.
 *
 * There is no probation (§A.1): a session hears one latched source, whose first packet must not be
 * lost.
 */
export class ReceiverStatistics {
  /** Packets of all streams, duplicates included. */
  received = 0;
  duplicates = 0;
  reordered = 0;
  /** How often a stream began anew after the first: other SSRC, or a jump of its numbers. */
  restarts = 0;
  /** The stream in progress. */
  ssrc: number | undefined;

  private unitsPerMillisecond: number;
  private readonly history = new Uint8Array(HISTORY_BITS / 8);

  // The names of RFC 3550 §A.1.
  private baseSequence = 0;
  private maxSequence = 0;
  private badSequence = SEQUENCE_MODULUS + 1;
  private cycles = 0;
  private streamReceived = 0;
  private expectedPrior = 0;
  private receivedPrior = 0;

  private streamDuplicates = 0;
  private lostBefore = 0;

  private timed = false;
  private lastTimestamp = 0;
  private lastArrival = 0;
  /** Timestamp units, with fractions. */
  private jitterUnits = 0;

  constructor(clockRate = 8000) {
    this.unitsPerMillisecond = clockRate / 1000;
  }

  /** Of the timestamps from now on: the peer speaks another codec. The jitter so far is kept, in its time. */
  setClockRate(clockRate: number): void {
    const units = clockRate / 1000;
    if (units === this.unitsPerMillisecond) return;
    this.jitterUnits *= units / this.unitsPerMillisecond;
    this.unitsPerMillisecond = units;
    this.timed = false;
  }

  /** Packets that never came; one that comes late is taken off again. */
  get lost(): number {
    return this.lostBefore + this.streamLost();
  }

  /** Interarrival jitter in milliseconds (RFC 3550 §6.4.1). */
  get jitter(): number {
    return this.jitterUnits / this.unitsPerMillisecond;
  }

  /** 32 bits: cycles above, the highest sequence number below. */
  get extendedHighestSequence(): number {
    return (this.cycles + this.maxSequence) >>> 0;
  }

  /**
   * Accounts for a packet that arrived at `arrival`, in milliseconds. `timed` is false for packets
   * whose timestamp is not when they were made: the reports of one telephone event share one.
   */
  update(
    ssrc: number,
    sequence: number,
    timestamp: number,
    arrival: number,
    timed = true,
  ): SequenceVerdict {
    const verdict = this.count(ssrc, sequence);
    if (verdict === 'restart' || verdict === 'first') this.timed = false;
    if (timed && (verdict === 'in-order' || verdict === 'restart' || verdict === 'first')) {
      this.measure(timestamp, arrival);
    }
    return verdict;
  }

  /**
   * Fills in what RFC 3550 §6.4.1 reports, except for the sender report fields, and begins the next
   * reporting interval. False, and nothing changed, while nothing was received.
   */
  fillReport(block: ReportBlock): boolean {
    if (this.ssrc === undefined) return false;
    const expected = this.streamExpected();
    const expectedInterval = expected - this.expectedPrior;
    const receivedInterval = this.streamReceived - this.receivedPrior;
    const lostInterval = expectedInterval - receivedInterval;
    this.expectedPrior = expected;
    this.receivedPrior = this.streamReceived;

    block.ssrc = this.ssrc;
    // RFC 3550 §A.3: duplicates can make the interval negative, which counts as no loss.
    block.fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval));
    block.cumulativeLost = clamp(expected - this.streamReceived, -0x80_0000, 0x7f_ffff);
    block.extendedHighestSequence = this.extendedHighestSequence;
    block.jitter = Math.floor(this.jitterUnits);
    return true;
  }

  private count(ssrc: number, sequence: number): SequenceVerdict {
    if (ssrc !== this.ssrc) {
      const verdict = this.ssrc === undefined ? 'first' : 'restart';
      this.begin(sequence);
      this.ssrc = ssrc;
      return verdict;
    }
    const ahead = (sequence - this.maxSequence) & 0xffff;
    if (ahead === 0) return this.repeated(sequence);
    if (ahead < MAX_DROPOUT) {
      if (sequence < this.maxSequence) this.cycles += SEQUENCE_MODULUS;
      this.forget(ahead);
      this.maxSequence = sequence;
      this.accept(sequence);
      return 'in-order';
    }
    if (ahead <= SEQUENCE_MODULUS - MAX_MISORDER) {
      // RFC 3550 §A.1: two consecutive numbers after a jump are a restart of the sender.
      if (sequence === this.badSequence) {
        this.begin(sequence);
        return 'restart';
      }
      this.badSequence = (sequence + 1) & 0xffff;
      return 'suspect';
    }
    if (this.isKnown(sequence)) return this.repeated(sequence);
    this.accept(sequence);
    // A packet from before the first one was not expected, so it must not count against a loss.
    if (this.cycles + this.maxSequence - (SEQUENCE_MODULUS - ahead) < this.baseSequence) {
      this.baseSequence -= 1;
    }
    this.reordered += 1;
    return 'reordered';
  }

  private begin(sequence: number): void {
    if (this.ssrc !== undefined) {
      this.lostBefore += this.streamLost();
      this.restarts += 1;
    }
    this.baseSequence = sequence;
    this.maxSequence = sequence;
    this.badSequence = SEQUENCE_MODULUS + 1;
    this.cycles = 0;
    this.streamReceived = 0;
    this.streamDuplicates = 0;
    this.expectedPrior = 0;
    this.receivedPrior = 0;
    this.history.fill(0);
    this.accept(sequence);
  }

  private accept(sequence: number): void {
    this.received += 1;
    this.streamReceived += 1;
    this.badSequence = SEQUENCE_MODULUS + 1;
    const bit = sequence % HISTORY_BITS;
    this.history[bit >> 3] = (this.history[bit >> 3] as number) | (1 << (bit & 7));
  }

  /** RFC 3550 §A.3: the received count includes duplicates. */
  private repeated(sequence: number): SequenceVerdict {
    this.accept(sequence);
    this.duplicates += 1;
    this.streamDuplicates += 1;
    return 'duplicate';
  }

  private isKnown(sequence: number): boolean {
    const bit = sequence % HISTORY_BITS;
    return ((this.history[bit >> 3] as number) & (1 << (bit & 7))) !== 0;
  }

  /** Frees the bits of the `ahead` numbers that follow the highest one so far. */
  private forget(ahead: number): void {
    if (ahead >= HISTORY_BITS) {
      this.history.fill(0);
      return;
    }
    for (let i = 1; i <= ahead; i += 1) {
      const bit = (this.maxSequence + i) % HISTORY_BITS;
      this.history[bit >> 3] = (this.history[bit >> 3] as number) & ~(1 << (bit & 7));
    }
  }

  /** RFC 3550 §A.8, on differences, so that neither clock's origin matters. */
  private measure(timestamp: number, arrival: number): void {
    if (this.timed) {
      const difference =
        (arrival - this.lastArrival) * this.unitsPerMillisecond -
        ((timestamp - this.lastTimestamp) | 0);
      this.jitterUnits += (Math.abs(difference) - this.jitterUnits) / 16;
    }
    this.timed = true;
    this.lastTimestamp = timestamp;
    this.lastArrival = arrival;
  }

  private streamExpected(): number {
    return this.cycles + this.maxSequence - this.baseSequence + 1;
  }

  private streamLost(): number {
    if (this.ssrc === undefined) return 0;
    return Math.max(0, this.streamExpected() - (this.streamReceived - this.streamDuplicates));
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
