/**
 * The payload of a telephone event (RFC 4733 §2.3):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   0 |     event     |E|R| volume    |          duration             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const EVENT = 0;
const END_AND_VOLUME = 1;
const DURATION = 2;

const END_BIT = 0x80;
const VOLUME = 0x3f;

export const TELEPHONE_EVENT_SIZE = 4;
/** The longest that one segment can last, in timestamp units (RFC 4733 §2.5.1.3). */
export const MAX_EVENT_DURATION = 0xffff;

/** RFC 4733 §3.2: DTMF events by their number. */
const DIGITS = '0123456789*#ABCD';

/** One event report, parsed in place: made once, filled for each packet. */
export class TelephoneEvent {
  event = 0;
  end = false;
  /** dBm0 with the sign dropped: 10 means -10 dBm0. */
  volume = 0;
  /** Timestamp units since the packet's timestamp. */
  duration = 0;

  /**
   * Reads the report at `offset`. Returns false, and changes nothing, when fewer than four of
   * `length` bytes are there. Packed reports (§2.5.1.5) follow each other every four bytes.
   */
  parse(bytes: Uint8Array, offset: number, length: number): boolean {
    if (length < TELEPHONE_EVENT_SIZE || offset + TELEPHONE_EVENT_SIZE > bytes.length) return false;
    const endAndVolume = bytes[offset + END_AND_VOLUME] as number;
    this.event = bytes[offset + EVENT] as number;
    this.end = (endAndVolume & END_BIT) !== 0;
    this.volume = endAndVolume & VOLUME;
    this.duration =
      ((bytes[offset + DURATION] as number) << 8) | (bytes[offset + DURATION + 1] as number);
    return true;
  }
}

/** Writes a report at `offset` and returns the offset behind it. */
export function writeTelephoneEvent(
  target: Uint8Array,
  offset: number,
  event: number,
  end: boolean,
  volume: number,
  duration: number,
): number {
  target[offset + EVENT] = event;
  target[offset + END_AND_VOLUME] = (end ? END_BIT : 0) | (volume & VOLUME);
  target[offset + DURATION] = duration >>> 8;
  target[offset + DURATION + 1] = duration;
  return offset + TELEPHONE_EVENT_SIZE;
}

/** The number of a key: `0` to `9`, `*`, `#`, `A` to `D` in either case; undefined for all else. */
export function eventOfDigit(digit: string): number | undefined {
  const event = digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1;
  return event < 0 ? undefined : event;
}

/** The key of an event number; undefined for events that are no keys (flash, fax, …). */
export function digitOfEvent(event: number): string | undefined {
  return DIGITS[event];
}
