const SAMPLE_RATE = 8_000;

/** How many samples apart the three are that each sine ties together: coarse, to know the turn, and fine. */
const LAGS = [1, 3, 7] as const;
/** What may be left of a frame's energy when its tones are taken out. */
const REST = 0.03;
/** Between which two tones are looked for, hertz: where networks have theirs. */
const LOWEST = 300;
const HIGHEST = 660;
/** Samples apart for two tones, so that they can be told apart. */
const PAIR_LAGS = [4, 5] as const;
const PAIR_REST = 0.04;
/** Twice the cosine of the step of {@link HIGHEST}, with room for what the other tone does to it. */
const LOW_ENOUGH = 2 * Math.cos((2 * Math.PI * 720) / SAMPLE_RATE);

/**
 * Says whether a frame holds one steady tone and nothing else, and which: of any frequency. A sine ties every three
 * samples together, `x(n) + x(n-2k) = 2 cos(k w) x(n-k)`, whatever its phase; so the factor that fits best says
 * the frequency, and how badly it fits says what else is there. Speech, which has harmonics, fits no such factor
 * at several distances.
 */
export class SteadyTone {
  /** Of the last frame; 0 when there was no single tone. */
  frequency = 0;

  /** @param energy sum of squares of the frame */
  isOne(frame: Int16Array, energy: number): boolean {
    this.frequency = 0;
    let step = 0;
    for (const lag of LAGS) {
      const factor = fitOne(frame, lag);
      if (Number.isNaN(factor)) return false;
      const angle = Math.acos(factor / 2);
      if (lag === 1) step = angle;
      else step = nearest(angle, lag, step);
    }
    if (energy === 0) return false;
    this.frequency = (step * SAMPLE_RATE) / (2 * Math.PI);
    return true;
  }

  /** Whether all of the frame is one or two tones of a network, 300 to 660 Hz. */
  isNetwork(frame: Int16Array): boolean {
    if (this.frequency > 0) return this.frequency >= LOWEST && this.frequency <= HIGHEST;
    if (coarse(frame) < LOW_ENOUGH) return false;
    for (const lag of PAIR_LAGS) if (!fitsTwo(frame, lag)) return false;
    return true;
  }
}

/** The factor of the three samples; NaN when none fits. */
function fitOne(frame: Int16Array, lag: number): number {
  let xx = 0;
  let xs = 0;
  let ss = 0;
  for (let i = 2 * lag; i < frame.length; i += 1) {
    const x = frame[i - lag] as number;
    const s = (frame[i] as number) + (frame[i - 2 * lag] as number);
    xx += x * x;
    xs += x * s;
    ss += s * s;
  }
  if (xx === 0) return NaN;
  const factor = xs / xx;
  // White noise beside the tone leaves (2 + factor²) of its energy.
  const rest = ss - factor * xs;
  if (rest > REST * (2 + factor * factor) * xx) return NaN;
  return Math.max(-2, Math.min(2, factor));
}

/** Twice the cosine of the mean step, whatever the sound. */
function coarse(frame: Int16Array): number {
  let xx = 0;
  let xs = 0;
  for (let i = 2; i < frame.length; i += 1) {
    const x = frame[i - 1] as number;
    xx += x * x;
    xs += x * ((frame[i] as number) + (frame[i - 2] as number));
  }
  return xx === 0 ? 0 : xs / xx;
}

/** Whether `x(n) + x(n-4k) = a (x(n-k) + x(n-3k)) + b x(n-2k)` holds, as it does for any two sines. */
function fitsTwo(frame: Int16Array, lag: number): boolean {
  let uu = 0;
  let uv = 0;
  let vv = 0;
  let us = 0;
  let vs = 0;
  let ss = 0;
  for (let i = 4 * lag; i < frame.length; i += 1) {
    const u = (frame[i - lag] as number) + (frame[i - 3 * lag] as number);
    const v = frame[i - 2 * lag] as number;
    const s = (frame[i] as number) + (frame[i - 4 * lag] as number);
    uu += u * u;
    uv += u * v;
    vv += v * v;
    us += u * s;
    vs += v * s;
    ss += s * s;
  }
  // One tone alone leaves the two unknowns open: a grain of noise settles them.
  const grain = 1e-6 * (uu + vv);
  const determinant = (uu + grain) * (vv + grain) - uv * uv;
  if (determinant <= 0) return false;
  const a = (us * (vv + grain) - vs * uv) / determinant;
  const b = (vs * (uu + grain) - us * uv) / determinant;
  const rest = ss - a * us - b * vs;
  return rest <= PAIR_REST * (2 + 2 * a * a + b * b) * vv;
}

/** The step of one sample of which `lag` make an angle with this cosine, nearest to what it is known to be. */
function nearest(angle: number, lag: number, step: number): number {
  const turns = (lag * step) / (2 * Math.PI);
  const whole = Math.floor(turns) * 2 * Math.PI;
  const target = lag * step;
  let best = whole + angle;
  for (const candidate of [
    whole - angle,
    whole + 2 * Math.PI - angle,
    whole + 2 * Math.PI + angle,
  ]) {
    if (Math.abs(candidate - target) < Math.abs(best - target)) best = candidate;
  }
  return best / lag;
}
