/** Who reports key presses: telephone events, SIP INFO, a detector of tones in the audio. */
export type PressSource = 'event' | 'info' | 'inband';

/** Milliseconds within which two sources speak of one press. */
const WINDOW = 1000;
/** Presses that are remembered: more than a hand makes in the window. */
const REMEMBERED = 16;
/** Milliseconds by which the sound of a key may outlast what else reported it: it waits in the jitter buffer. */
const TAIL = 300;

interface Press {
  digit: string;
  /** When the key went down, and when that was reported, in milliseconds. */
  start: number;
  reported: number;
  /** When it went up, as far as is known: Infinity while an event says that it is down. */
  end: number;
  /** A bit for each source that has reported it. */
  sources: number;
}

const BITS: Readonly<Record<PressSource, number>> = { event: 1, info: 2, inband: 4 };

/**
 * One press is one digit, whoever reports it. A report belongs to the oldest press of the same key
 * within a second that its source has not reported yet; if there is none, it is a press of its own.
 * So two presses are two, however fast, when one source reports both, and still two when another
 * source reports them again.
 *
 * An INFO comes when the key is released: the duration that it reports leads back to the press.
 *
 * Sound is the weakest witness. Phones that send events cut the tone off late, or in two, so what is heard of a key
 * while another source has it down, or soon after, is no press of its own.
 */
export class PressFilter {
  /** A ring, overwritten oldest first; made with the first press. */
  private presses: Press[] = [];
  private next = 0;

  /**
   * Whether a report is a press that nobody reported yet. `now` and `duration` (how long the key has
   * been down) in milliseconds.
   */
  accept(source: PressSource, digit: string, now: number, duration = 0): boolean {
    const bit = BITS[source];
    const start = now - duration;
    const count = this.presses.length;
    let tail = false;
    for (let i = 0; i < count; i += 1) {
      const press = this.presses[(this.next + i) % count] as Press;
      if (press.digit !== digit) continue;
      if ((press.sources & bit) !== 0) {
        tail ||= press.sources !== bit && start >= press.start && start <= press.end + TAIL;
        continue;
      }
      if (Math.abs(start - press.start) <= WINDOW || Math.abs(now - press.reported) <= WINDOW) {
        press.sources |= bit;
        if (source === 'event') press.end = Infinity;
        return false;
      }
    }
    if (tail && source === 'inband') return false;
    const end = source === 'event' ? Infinity : now;
    const press = { digit, start, reported: now, end, sources: bit };
    if (count < REMEMBERED) {
      this.presses.push(press);
    } else {
      this.presses[this.next] = press;
      this.next = (this.next + 1) % REMEMBERED;
    }
    return true;
  }

  /** A key that telephone events reported is up. */
  release(digit: string, now: number): void {
    for (const press of this.presses) {
      if (press.digit === digit && press.end === Infinity) press.end = now;
    }
  }
}
