/** The design of a low-pass filter: a sinc, cut to a length by Kaiser's window. */
export interface SincDesign {
  /** Zero crossings on each side; more of them make the transition narrower. */
  readonly crossings: number;
  /** Kaiser's beta: 6.2 for 65 dB in the stop band, 7.86 for 80 dB. */
  readonly beta: number;
  /** The edge (-6 dB) as a fraction of the rate that has a zero crossing a sample: 0.5 is half of it. */
  readonly cutoff: number;
}

/** The filter's weight at `x` zero crossings from its centre; to be divided by the sum of all weights used. */
export function windowedSinc({ crossings, beta, cutoff }: SincDesign, x: number): number {
  if (Math.abs(x) > crossings) return 0;
  const angle = 2 * Math.PI * cutoff * x;
  const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
  return sinc * bessel(beta * Math.sqrt(Math.max(0, 1 - (x / crossings) ** 2)));
}

/** The modified Bessel function of order zero, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-10 * sum; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
