/** Root mean square below which nothing is ever speech: about -46 dBFS. */
const LEAST = 160;
/** How far above the line's noise speech has to be. */
const MARGIN = 3;
/** By how much the estimate of the noise grows each frame: a doubling takes 1.4 s. */
const RISE = 1.01;
/** Bounds of the estimate. Digital silence is no noise to go by, and speech without a pause none either. */
const QUIETEST_NOISE = LEAST / MARGIN;
const LOUDEST_NOISE = 300;

/** Tells speech from silence by its energy, over the line's own noise, which it learns. */
export class VoiceActivity {
  private noise = QUIETEST_NOISE;

  /** Whether there is speech, or any sound that stands out, in a 20 ms frame. */
  hears(frame: Int16Array): boolean {
    let sum = 0;
    for (let i = 0; i < frame.length; i += 1) {
      const sample = frame[i] as number;
      sum += sample * sample;
    }
    const level = Math.sqrt(sum / frame.length);
    // Falls at once, in the first pause between two words; rises slowly.
    const estimate = Math.min(level, this.noise * RISE, LOUDEST_NOISE);
    this.noise = Math.max(estimate, QUIETEST_NOISE);
    return level >= this.noise * MARGIN;
  }
}
