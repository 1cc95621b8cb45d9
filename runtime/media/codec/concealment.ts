/** Samples at 8 kHz. Pitch of voices: 50 to 400 Hz. */
const SHORTEST_PERIOD = 20;
const LONGEST_PERIOD = 160;
const TEMPLATE = 80;
/** A power of two, and room for the longest period and the template. */
const HISTORY = 256;
const MASK = HISTORY - 1;
/** The substitute keeps its level for 10 ms, then fades out until 80 ms. */
const HOLD = 80;
const FADE = 640;
/** When sound comes back, it is blended in over 4 ms. */
const BLEND = 32;

/**
 * Stands in for lost sound: the last pitch period of what was heard, repeated and faded out. Takes
 * 8 kHz samples; allocates nothing after it was made.
 */
export class Concealment {
  private readonly history = new Int16Array(HISTORY);
  /** Where the next sample goes; the one before is the latest. */
  private next = 0;
  private heard = 0;
  private period = 0;
  /** Samples since sound was lost; 0 while there is sound. */
  private missing = 0;

  /** Whether {@link conceal} would give sound. */
  get audible(): boolean {
    return this.heard > 0 && this.missing < FADE;
  }

  /**
   * Takes note of sound that is played. After a loss its beginning is blended with the substitute,
   * in place.
   */
  heardSound(samples: Int16Array, at: number, count: number): void {
    if (this.missing > 0) {
      if (this.audible) this.blend(samples, at, Math.min(BLEND, count));
      this.missing = 0;
    }
    const { history } = this;
    let { next } = this;
    for (let i = at; i < at + count; i += 1) {
      history[next] = samples[i] as number;
      next = (next + 1) & MASK;
    }
    this.next = next;
    this.heard = Math.min(HISTORY, this.heard + count);
  }

  /** Writes `count` samples of substitute at `at`: silence once it has faded out. */
  conceal(out: Int16Array, at: number, count: number): void {
    if (this.missing === 0) this.period = this.findPeriod();
    for (let i = at; i < at + count; i += 1) out[i] = this.substitute();
  }

  /** Forgets all sound. */
  reset(): void {
    this.heard = 0;
    this.missing = 0;
  }

  private substitute(): number {
    const { missing } = this;
    if (!this.audible) return 0;
    const gain = missing < HOLD ? 1 : (FADE - missing) / (FADE - HOLD);
    const index = this.next - this.period + (missing % this.period);
    this.missing += 1;
    return (this.history[index & MASK] as number) * gain;
  }

  private blend(samples: Int16Array, at: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const part = (i + 1) / (count + 1);
      samples[at + i] = (samples[at + i] as number) * part + this.substitute() * (1 - part);
    }
  }

  /**
   * The distance at which the latest sound is most like itself, by normalised cross-correlation over
   * every second sample; 10 µs, and only after a loss.
   */
  private findPeriod(): number {
    if (this.heard < LONGEST_PERIOD + TEMPLATE)
      return Math.max(1, Math.min(this.heard, LONGEST_PERIOD));
    const { history } = this;
    const end = this.next;
    let best = LONGEST_PERIOD;
    let bestScore = 0;
    for (let lag = SHORTEST_PERIOD; lag <= LONGEST_PERIOD; lag += 1) {
      let product = 0;
      let energy = 1;
      for (let i = 1; i <= TEMPLATE; i += 2) {
        const now = history[(end - i) & MASK] as number;
        const then = history[(end - i - lag) & MASK] as number;
        product += now * then;
        energy += then * then;
      }
      const score = product <= 0 ? 0 : (product * product) / energy;
      if (score > bestScore) {
        bestScore = score;
        best = lag;
      }
    }
    return best;
  }
}
