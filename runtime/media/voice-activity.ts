/** Root mean square below which nothing is ever speech: about -46 dBFS. */
const LEAST = 160;
/** How far above the line's noise speech has to be. */
const MARGIN = 3;
/** By how much the estimate of the noise grows each frame: a doubling takes about 3 s. */
const RISE = 1.005;
/** The noise is never believed to be louder than this: about -36 dBFS. */
const LOUDEST_NOISE = 500;

/** Tells speech from silence by its energy, over the line's own noise, which it learns. */
export class VoiceActivity {
  private noise = LEAST / MARGIN;

  /** Whether there is speech, or any sound that stands out, in a 20 ms frame. */
  hears(frame: Int16Array): boolean {
    let sum = 0;
    for (let i = 0; i < frame.length; i += 1) {
      const sample = frame[i] as number;
      sum += sample * sample;
    }
    const level = Math.sqrt(sum / frame.length);
    this.noise = Math.min(Math.max(level, 1), this.noise * RISE, LOUDEST_NOISE);
    return level >= LEAST && level >= this.noise * MARGIN;
  }
}
