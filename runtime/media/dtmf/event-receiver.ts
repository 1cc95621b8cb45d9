import type { RtpPacket } from '../rtp/packet';
import {
  digitOfEvent,
  MAX_EVENT_DURATION,
  TELEPHONE_EVENT_SIZE,
  TelephoneEvent,
} from './telephone-event';

/** Gets what {@link EventReceiver} makes of the packets. Durations are milliseconds. */
export interface EventReceiverHandler {
  /** Once a press, at its first packet; `duration` is how long the key had been down by then. */
  onDigit(digit: string, duration: number): void;
  /** With each packet of a press after the first that does not end it: how long the key has been down. */
  onHold?(duration: number): void;
  /** Once a press, when its end is known or inferred, with the whole duration. */
  onRelease(digit: string, duration: number): void;
}

/**
 * What a packet was: the first of a press, news of one, its end, or nothing new. The last two are
 * reasons to count it as dropped.
 */
export type EventVerdict =
  'press' | 'update' | 'end' | 'repeat' | 'event-stale' | 'event-malformed' | 'event-unknown';

/** Milliseconds without a packet after which a key counts as released: its three ends were lost. */
const RELEASE_TIMEOUT = 200;
/** Milliseconds; no pause between two presses of a key is shorter (ITU-T Q.24). */
const SHORTEST_PAUSE = 40;
/** Milliseconds; a packet that is older than this is not late, its sender's timestamps began anew. */
const OLDEST_RETRANSMISSION = 5000;

/**
 * Turns telephone event packets (RFC 4733) into one digit a press.
 *
 * A press is known by the RTP timestamp of its beginning and its event number, so updates,
 * retransmitted ends, duplicates and packets out of order are all recognised whatever their marker,
 * sequence number or duration say:
 *
 *     timestamp, compared with the press last heard of
 *       same                      the same press, down or already released
 *       earlier                   a late packet of a press before: stale
 *       at the end of a full      the next segment of a long press (§2.5.1.3)
 *         segment, no marker
 *       inside what that press    the same press, from a sender that moves the timestamp with each
 *         covers, or less than    packet although it must not: no hand is that fast
 *         40 ms behind one that
 *         is still down
 *       later                     a new press; ends the one before if that is still down
 *
 * The digit is reported with its first packet, whichever that is, so that one packet is enough to
 * stop a prompt. Sans-I/O: {@link poll} infers a release whose end packets were all lost.
 */
export class EventReceiver {
  /** How many presses were reported. */
  presses = 0;

  private readonly report = new TelephoneEvent();
  private unitsPerMillisecond: number;

  private ssrc: number | undefined;
  /** Of the press last heard of; -1 before the first. */
  private event = -1;
  private down = false;
  /** Timestamp of the segment in progress, and how long it has lasted in units. */
  private segment = 0;
  private segmentDuration = 0;
  /** Units in the segments before. */
  private earlierDuration = 0;
  private lastArrival = 0;
  private lastSequence = 0;

  /** @param clockRate of the event's payload type, in hertz. */
  constructor(
    private readonly handler: EventReceiverHandler,
    clockRate = 8000,
  ) {
    this.unitsPerMillisecond = clockRate / 1000;
  }

  /** The key that is down. */
  get pressed(): string | undefined {
    return this.down ? digitOfEvent(this.event) : undefined;
  }

  /** Takes a packet whose payload type is the event's, or that {@link isPlausibleEvent}. */
  receive(packet: RtpPacket, now: number): EventVerdict {
    const { report } = this;
    if (packet.payloadLength < TELEPHONE_EVENT_SIZE) return 'event-malformed';
    if (packet.ssrc !== this.ssrc) {
      // RFC 3550 §8: another source has timestamps of its own.
      this.reset();
      this.ssrc = packet.ssrc;
    }
    let verdict: EventVerdict = 'event-unknown';
    let { timestamp, marker } = packet;
    // RFC 4733 §2.5.1.5: reports that touch may share a packet; each begins where the one before ends.
    for (
      let offset = 0;
      report.parse(packet.bytes, packet.payloadOffset + offset, packet.payloadLength - offset);
      offset += TELEPHONE_EVENT_SIZE
    ) {
      if (digitOfEvent(report.event) !== undefined) {
        verdict = this.take(timestamp, marker, packet.sequence, now);
      }
      timestamp = (timestamp + report.duration) >>> 0;
      marker = false;
    }
    return verdict;
  }

  /** Releases a key of which nothing more was heard. Call it every tick. */
  poll(now: number): void {
    if (this.down && now - this.lastArrival >= RELEASE_TIMEOUT) this.release();
  }

  /** Forgets the stream, and releases the key that is down: after a new offer, or a new source. */
  reset(clockRate?: number): void {
    if (this.down) this.release();
    this.event = -1;
    this.ssrc = undefined;
    if (clockRate !== undefined) this.unitsPerMillisecond = clockRate / 1000;
  }

  private take(timestamp: number, marker: boolean, sequence: number, now: number): EventVerdict {
    const { report } = this;
    if (this.event < 0) return this.press(timestamp, sequence, now);
    const ahead = (timestamp - this.segment) | 0;
    const same = report.event === this.event;
    if (ahead === 0 && same) {
      // A sender without a clock gives every press one timestamp: a marker long after the end tells.
      if (marker && !this.down && this.isNewer(sequence) && this.isQuiet(now)) {
        return this.press(timestamp, sequence, now);
      }
      return this.update(report.duration, sequence, now);
    }
    if (ahead < 0) {
      if (ahead > -OLDEST_RETRANSMISSION * this.unitsPerMillisecond) return 'event-stale';
      return this.press(timestamp, sequence, now);
    }
    if (same && !marker && this.continues(ahead)) {
      this.earlierDuration += ahead;
      this.segment = timestamp;
      this.segmentDuration = 0;
      return this.update(report.duration, sequence, now);
    }
    if (same && !marker && this.overlaps(ahead)) {
      return this.update(ahead + report.duration, sequence, now);
    }
    return this.press(timestamp, sequence, now);
  }

  /** RFC 4733 §2.5.1.3: the next segment begins exactly where a full one ends, without a marker. */
  private continues(ahead: number): boolean {
    return ahead === MAX_EVENT_DURATION && (this.down || this.segmentDuration === ahead);
  }

  private overlaps(ahead: number): boolean {
    const pause = ahead - this.segmentDuration;
    return pause < 0 || (this.down && pause < SHORTEST_PAUSE * this.unitsPerMillisecond);
  }

  private press(timestamp: number, sequence: number, now: number): EventVerdict {
    const { report } = this;
    // The next press is proof that the one before has ended.
    if (this.down) this.release();
    this.event = report.event;
    this.down = true;
    this.segment = timestamp;
    this.segmentDuration = report.duration;
    this.earlierDuration = 0;
    this.lastArrival = now;
    this.lastSequence = sequence;
    this.presses += 1;
    this.handler.onDigit(this.digit, this.duration);
    if (report.end) this.release();
    return 'press';
  }

  private update(duration: number, sequence: number, now: number): EventVerdict {
    this.lastArrival = now;
    if (this.isNewer(sequence)) this.lastSequence = sequence;
    if (!this.down) return 'repeat';
    // Packets may be out of order: the longest duration is the latest.
    this.segmentDuration = Math.max(this.segmentDuration, duration);
    if (!this.report.end) {
      this.handler.onHold?.(this.duration);
      return 'update';
    }
    this.release();
    return 'end';
  }

  private release(): void {
    this.down = false;
    this.handler.onRelease(this.digit, this.duration);
  }

  private get digit(): string {
    return digitOfEvent(this.event) ?? '';
  }

  private get duration(): number {
    return (this.earlierDuration + this.segmentDuration) / this.unitsPerMillisecond;
  }

  private isNewer(sequence: number): boolean {
    return ((sequence - this.lastSequence) << 16) >> 16 > 0;
  }

  private isQuiet(now: number): boolean {
    return now - this.lastArrival >= SHORTEST_PAUSE;
  }
}

/**
 * Whether a packet of a payload type that nobody agreed on looks like a key press: some peers send
 * events under another number than they answered. A dynamic type, exactly four bytes, a DTMF event,
 * the reserved bit zero (RFC 4733 §2.3.3): no audio packet of a codec that we offer is like that.
 */
export function isPlausibleEvent(packet: RtpPacket): boolean {
  if (packet.payloadType < 96 || packet.payloadLength !== TELEPHONE_EVENT_SIZE) return false;
  const { bytes, payloadOffset } = packet;
  const reserved = (bytes[payloadOffset + 1] as number) & 0x40;
  return reserved === 0 && digitOfEvent(bytes[payloadOffset] as number) !== undefined;
}
