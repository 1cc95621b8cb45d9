import type { RtpSender } from '../rtp/sender';
import {
  eventOfDigit,
  MAX_EVENT_DURATION,
  TELEPHONE_EVENT_SIZE,
  writeTelephoneEvent,
} from './telephone-event';

/** dBm0 with the sign dropped. */
const VOLUME = 10;
/** RFC 4733 §2.5.1.4: the final packet goes out three times in all. */
const END_PACKETS = 3;

interface Press {
  readonly event: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly gap: number;
}

/**
 * Sends key presses as telephone events. It is polled once a packet interval and owns no clock:
 *
 *     tick        0    1    2    3    4    5    6    7    8    9   …
 *     packet      S    U    U    U    E    E    E    -    -    S   …
 *     marker      1    0    0    0    0    0    0              1
 *     timestamp   t    t    t    t    t    t    t              t + 9 ticks
 *     duration    1    2    3    4    5    5    5   ticks      1
 *                 |<--- duration --->|<----- gap ------->|
 *
 * A press of 100 ms and a gap of 80 ms at 20 ms a tick. The retransmitted ends fall into the gap,
 * which is never shorter than they need. A press longer than 65,535 units becomes segments that touch
 * (§2.5.1.3): same event, no marker, no end until the last.
 */
export class EventSender {
  private readonly waiting: Press[] = [];
  private current: Press | undefined;
  /** Timestamp of the segment in progress. */
  private timestamp = 0;
  /** Units of the segment that were reported, and units of the press that are left. */
  private reported = 0;
  private left = 0;
  /** End packets still to go, and units of the gap that are left. */
  private ends = 0;
  private gap = 0;
  private first = false;

  constructor(
    private readonly rtp: RtpSender,
    private readonly clockRate = 8000,
  ) {}

  /** Whether anything sounds, waits, or is in its gap: digits have all gone out when this is false. */
  get busy(): boolean {
    return this.current !== undefined || this.waiting.length > 0;
  }

  /**
   * Adds digits to what is to be sent; characters that are no keys are left out. `duration` of a
   * press and `gap` between two in milliseconds.
   */
  press(digits: string, duration: number, gap: number): void {
    for (const digit of digits) {
      const event = eventOfDigit(digit);
      if (event !== undefined) this.waiting.push({ event, duration, gap });
    }
  }

  /**
   * Writes the packet of this tick, `tick` clock units long (160), and returns its size, or 0 when
   * there is none. Call it before `rtp.advance(tick)`; `target` holds 16 bytes. Audio has to leave
   * the ticks alone that have a packet.
   */
  poll(target: Uint8Array, payloadType: number, tick: number): number {
    if (this.current === undefined && !this.begin()) return 0;
    if (this.left > 0) return this.sound(target, payloadType, tick);
    this.gap -= tick;
    const size = this.ends > 0 ? this.write(target, payloadType, true) : 0;
    if (this.gap <= 0 && this.ends === 0) this.current = undefined;
    return size;
  }

  /** Forgets what has not begun and ends what sounds, with its end packets. */
  cancel(): void {
    this.waiting.length = 0;
    if (this.left > 0 && !this.first) this.left = 1;
    else if (this.first) this.current = undefined;
    this.gap = 0;
  }

  private begin(): boolean {
    const press = this.waiting.shift();
    if (press === undefined) return false;
    this.current = press;
    this.timestamp = this.rtp.timestamp;
    this.reported = 0;
    this.left = Math.max(1, this.units(press.duration));
    this.gap = this.units(press.gap);
    this.ends = END_PACKETS;
    this.first = true;
    return true;
  }

  private sound(target: Uint8Array, payloadType: number, tick: number): number {
    this.reported += tick;
    this.left -= tick;
    if (this.reported > MAX_EVENT_DURATION) {
      // RFC 4733 §2.5.1.3: report the segment as full, without the end bit; the next one goes on.
      const rest = this.reported - MAX_EVENT_DURATION;
      this.reported = MAX_EVENT_DURATION;
      this.left = Math.max(1, this.left);
      const size = this.write(target, payloadType, false);
      this.timestamp = (this.timestamp + MAX_EVENT_DURATION) >>> 0;
      this.reported = rest;
      return size;
    }
    return this.write(target, payloadType, this.left <= 0);
  }

  private write(target: Uint8Array, payloadType: number, end: boolean): number {
    const press = this.current;
    if (press === undefined) return 0;
    const at = this.rtp.writeHeader(
      target,
      payloadType,
      this.first,
      this.timestamp,
      TELEPHONE_EVENT_SIZE,
    );
    this.first = false;
    if (end) this.ends -= 1;
    return writeTelephoneEvent(target, at, press.event, end, VOLUME, this.reported);
  }

  private units(milliseconds: number): number {
    return Math.round((milliseconds * this.clockRate) / 1000);
  }
}
