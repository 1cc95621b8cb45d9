/** Who reports key presses: telephone events, SIP INFO, a detector of tones in the audio. */
export type PressSource = 'event' | 'info' | 'inband';

/** Milliseconds within which two sources speak of one press. */
const WINDOW = 1000;
/** Presses that are remembered: more than a hand makes in the window. */
const REMEMBERED = 16;

interface Press {
  digit: string;
  /** When the key went down, and when that was reported, in milliseconds. */
  start: number;
  reported: number;
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
    for (let i = 0; i < count; i += 1) {
      const press = this.presses[(this.next + i) % count] as Press;
      if (press.digit !== digit || (press.sources & bit) !== 0) continue;
      if (Math.abs(start - press.start) <= WINDOW || Math.abs(now - press.reported) <= WINDOW) {
        press.sources |= bit;
        return false;
      }
    }
    const press = { digit, start, reported: now, sources: bit };
    if (count < REMEMBERED) {
      this.presses.push(press);
    } else {
      this.presses[this.next] = press;
      this.next = (this.next + 1) % REMEMBERED;
    }
    return true;
  }
}
