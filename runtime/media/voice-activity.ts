/** Root mean square below which nothing is ever speech: -51 dBm0. */
const LEAST = 45;
/** How far above the line's noise speech has to be: 9.5 dB. */
const MARGIN = 3;
/** Bounds of the noise. Digital silence is none to go by, and speech without a pause none either. */
const QUIETEST_NOISE = LEAST / MARGIN;
const LOUDEST_NOISE = 300;
/** Of steady sound, which is hum or comfort noise however loud it is: -25 dBm0 is still noise. */
const LOUDEST_STEADY_NOISE = 900;
/** By how much the noise grows each frame: a doubling takes 1.4 s, and 240 ms while the sound is steady. */
const RISE = 1.01;
const STEADY_RISE = 1.06;
/** Levels that change by no more than this part from frame to frame are steady: noise does, syllables do not. */
const STEADY = 0.15;
/** How quickly the mean of these changes follows: in eight frames. */
const FOLLOW = 1 / 8;

/** Hertz below which there is little speech and much hum. */
const HUM = 200;
const FRAMES_A_SECOND = 50;

/**
 * Tells speech from silence by its energy above the hum, over the line's own noise, which it learns: at once when
 * it falls, as in the pause between two words; slowly when it rises; quickly when what is heard is as steady as
 * no speech is.
 */
export class VoiceActivity {
  private noise = QUIETEST_NOISE;
  private before = 0;
  private change = 1;
  /** Of the filter: what lies below {@link HUM}, once and again. */
  private low = 0;
  private lower = 0;

  /** Whether there is speech, or any sound that stands out, in a 20 ms frame of any sample rate. */
  hears(frame: Int16Array): boolean {
    const level = this.levelOf(frame);
    const steady = this.isSteady(level);
    const rise = steady ? STEADY_RISE : RISE;
    const loudest = steady ? LOUDEST_STEADY_NOISE : LOUDEST_NOISE;
    // What was learnt while it was steady is not forgotten by one syllable.
    const estimate = Math.min(level, Math.max(this.noise, Math.min(this.noise * rise, loudest)));
    this.noise = Math.max(estimate, QUIETEST_NOISE);
    return level >= this.noise * MARGIN;
  }

  /** Root mean square of what lies above {@link HUM}. */
  private levelOf(frame: Int16Array): number {
    const part = (2 * Math.PI * HUM) / (frame.length * FRAMES_A_SECOND);
    let { low, lower } = this;
    let sum = 0;
    for (let i = 0; i < frame.length; i += 1) {
      const once = (frame[i] as number) - low;
      low += part * once;
      const twice = once - lower;
      lower += part * twice;
      sum += twice * twice;
    }
    this.low = low;
    this.lower = lower;
    return Math.sqrt(sum / frame.length);
  }

  private isSteady(level: number): boolean {
    const change = Math.abs(level - this.before) / Math.max(level, this.before, 1);
    this.before = level;
    this.change += FOLLOW * (change - this.change);
    return this.change < STEADY;
  }
}
