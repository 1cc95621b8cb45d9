/** What tells the tones of a network apart: their rhythm, since countries choose their frequencies differently. */
export type NetworkTone = 'dial' | 'ringback' | 'busy' | 'congestion';

/** Milliseconds. */
const FRAME = 20;
/** A part of the rhythm is there when it has lasted so long. */
const SURE = 60;
/** Other sound for so long is no tone of a network: what was heard before does not count. */
const OTHER = 80;
/** What two parts of one length may differ by. */
const SAME = 70;
/** Longer than any ring. */
const DIAL = 2_600;

/** Ring of a network: so long on, then so long off; or twice shortly with a short pause, as in the British way. */
const RING = { least: 700, most: 2_300, pause: 1_700 } as const;
const DOUBLE_RING = { least: 300, most: 520, gapLeast: 130, gapMost: 320 } as const;
const BUSY = { least: 300, most: 760 } as const;
const CONGESTION = { least: 160, most: 290 } as const;
/** The British tone of congestion: on, off, on, off. */
const BRITISH = [400, 350, 225, 525] as const;

/** Parts that stay known: on, off, on, off. */
const KEPT = 4;

/** Tells dial, ring-back, busy and congestion by when a tone of the network sounds and when it does not (ITU-T E.180). */
export class NetworkCadence {
  /** Milliseconds of the parts that are over, the last one first; even ones are pauses while a tone sounds. */
  private parts: number[] = [];
  private sounding: boolean | undefined;
  /** Of the part in progress, and of what may be the next one. */
  private length = 0;
  private change = 0;
  private other = 0;

  constructor(private readonly onTone: (tone: NetworkTone) => void) {}

  /** A frame that was lost goes with what was heard before. */
  go(): void {
    if (this.sounding !== undefined) this.length += FRAME;
  }

  hear(found: 'on' | 'off' | 'other'): void {
    if (found === 'other') {
      this.other += FRAME;
      // The frame in which a tone begins or ends is neither.
      this.change += FRAME / 2;
      this.length += FRAME / 2;
      if (this.other >= OTHER) this.reset();
      return;
    }
    this.other = 0;
    const on = found === 'on';
    if (this.sounding === undefined) {
      if (on) this.begin(true, FRAME);
      return;
    }
    if (on === this.sounding) {
      this.length += FRAME + this.change;
      this.change = 0;
      this.judgeGoing();
      return;
    }
    this.change += FRAME;
    if (this.change < SURE) return;
    this.parts.unshift(this.length);
    if (this.parts.length > KEPT) this.parts.pop();
    this.begin(on, this.change);
    if (on) this.judgeRhythm();
  }

  private begin(sounding: boolean, length: number): void {
    this.sounding = sounding;
    this.length = length;
    this.change = 0;
  }

  private reset(): void {
    this.parts = [];
    this.sounding = undefined;
    this.length = this.change = this.other = 0;
  }

  /** What shows while a part goes on: a dial tone does not end, the pause of a ring is long. */
  private judgeGoing(): void {
    if (this.sounding === true) {
      if (this.length >= DIAL) this.onTone('dial');
      return;
    }
    if (this.length < RING.pause) return;
    const [ring = 0, gap = 0, first = 0] = this.parts;
    if (within(ring, RING.least, RING.most)) this.onTone('ringback');
    const { least, most, gapLeast, gapMost } = DOUBLE_RING;
    if (within(ring, least, most) && within(first, least, most) && within(gap, gapLeast, gapMost)) {
      this.onTone('ringback');
    }
  }

  /** A tone has begun again: is it as before? */
  private judgeRhythm(): void {
    const [off = 0, on = 0, offBefore = 0, onBefore = 0] = this.parts;
    if (this.parts.length < KEPT) return;
    if (isBritish(onBefore, offBefore, on, off) || isBritish(on, off, onBefore, offBefore)) {
      this.onTone('congestion');
      return;
    }
    if (Math.abs(on - onBefore) > SAME || Math.abs(off - offBefore) > SAME) return;
    for (const [tone, { least, most }] of [
      ['busy', BUSY],
      ['congestion', CONGESTION],
    ] as const) {
      if (within(on, least, most) && within(off, least, most)) this.onTone(tone);
    }
  }
}

function isBritish(...parts: readonly number[]): boolean {
  return BRITISH.every((wanted, i) => Math.abs((parts[i] ?? 0) - wanted) <= SAME / 2);
}

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}
