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

/** A key that somebody else holds down: how long so far, or in all. Changed by its owner as it learns more. */
export interface HeldKey {
  /** Milliseconds. */
  duration: number;
  released: boolean;
}

interface Press {
  readonly event: number;
  /** What is sent follows it; the duration of a press of our own is known from the start. */
  readonly key: Readonly<HeldKey>;
  readonly held: boolean;
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
  /** Units of the segment that were reported, and units of the press that went into segments before. */
  private reported = 0;
  private earlier = 0;
  private sounding = false;
  private cancelled = false;
  /** End packets still to go, and units of the gap that are left. */
  private ends = 0;
  private gap = 0;
  private first = false;

  /** Units of the stream's clock for one of the events'. */
  private scale = 1;

  constructor(
    private readonly rtp: RtpSender,
    private clockRate = 8000,
  ) {}

  /**
   * The clock of the events' durations, and that of the stream whose time stamps they share: the same, unless the
   * peer has no events at the rate of its codec.
   */
  setClock(clockRate: number, streamRate: number): void {
    this.clockRate = clockRate;
    this.scale = streamRate / clockRate;
  }

  /** Whether anything sounds, waits, or is in its gap: digits have all gone out when this is false. */
  get busy(): boolean {
    return this.current !== undefined || this.waiting.length > 0;
  }

  /** The key that was down in the tick that was polled last; undefined when none was. */
  sounds: number | undefined;

  /** Units of the events' clock in so many milliseconds. */
  unitsIn(milliseconds: number): number {
    return this.units(milliseconds);
  }

  /**
   * Adds digits to what is to be sent; characters that are no keys are left out. `duration` of a
   * press and `gap` between two in milliseconds.
   */
  press(digits: string, duration: number, gap: number): void {
    for (const digit of digits) {
      const event = eventOfDigit(digit);
      if (event !== undefined) {
        this.waiting.push({ event, key: { duration, released: true }, held: false, gap });
      }
    }
  }

  /**
   * Adds a key that is still down, to be sent for as long as it is: while nothing more is known of it the
   * last report is repeated, and the last one names the very duration. A character that is no key is left out.
   */
  hold(digit: string, key: Readonly<HeldKey>): void {
    const event = eventOfDigit(digit);
    if (event !== undefined) this.waiting.push({ event, key, held: true, gap: 0 });
  }

  /**
   * Writes the packet of this tick, `tick` units of the events' clock long (160), and returns its size, or 0
   * when there is none. Call it before `rtp.advance()`; `target` holds 16 bytes. Audio has to leave the ticks
   * alone that have a packet.
   */
  poll(target: Uint8Array, payloadType: number, tick: number): number {
    this.sounds = undefined;
    if (this.current === undefined && !this.begin()) return 0;
    const press = this.current;
    if (press === undefined) return 0;
    if (this.sounding) {
      this.sounds = press.event;
      return this.sound(press, target, payloadType, tick);
    }
    this.gap -= tick;
    const size = this.ends > 0 ? this.write(press, target, payloadType, true) : 0;
    if (this.gap <= 0 && this.ends === 0) this.current = undefined;
    return size;
  }

  /** Forgets what has not begun and ends what sounds, with its end packets. */
  cancel(): void {
    this.waiting.length = 0;
    if (this.first) this.current = undefined;
    else this.cancelled = true;
    this.gap = 0;
  }

  private begin(): boolean {
    const press = this.waiting.shift();
    if (press === undefined) return false;
    this.current = press;
    this.timestamp = this.rtp.timestamp;
    this.reported = 0;
    this.earlier = 0;
    this.sounding = true;
    this.cancelled = false;
    this.gap = this.units(press.gap);
    this.ends = END_PACKETS;
    this.first = true;
    return true;
  }

  private sound(press: Press, target: Uint8Array, payloadType: number, tick: number): number {
    const left = this.units(press.key.duration) - this.earlier - this.reported;
    this.reported += press.held ? this.knownStep(press, left, tick) : tick;
    if (this.reported > MAX_EVENT_DURATION) {
      // RFC 4733 §2.5.1.3: report the segment as full, without the end bit; the next one goes on.
      const rest = this.reported - MAX_EVENT_DURATION;
      this.reported = MAX_EVENT_DURATION;
      const size = this.write(press, target, payloadType, false);
      this.timestamp = (this.timestamp + Math.round(MAX_EVENT_DURATION * this.scale)) >>> 0;
      this.earlier += MAX_EVENT_DURATION;
      this.reported = rest;
      return size;
    }
    const done = press.key.released && left <= tick;
    if (done || this.cancelled) this.sounding = false;
    return this.write(press, target, payloadType, !this.sounding);
  }

  /** A key that is held elsewhere is reported for as long as it is known to be down, and not a unit longer. */
  private knownStep(press: Press, left: number, tick: number): number {
    if (left > 0) return Math.min(left, tick);
    if (!this.first) return 0;
    // Nobody has said yet for how long: RFC 4733 §2.3.5 forbids zero, yet some senders begin with it.
    return press.key.released ? 1 : tick;
  }

  private write(press: Press, target: Uint8Array, payloadType: number, end: boolean): number {
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
