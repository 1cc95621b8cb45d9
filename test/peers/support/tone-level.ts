/** How strong tones are spoken. */
export const AMPLITUDE = 4_000;

/** How loud a tone is in a sound, in dB below what was spoken (Goertzel). */
export function level(samples: Int16Array, sampleRate: number, tone: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * tone) / sampleRate);
  let one = 0;
  let two = 0;
  samples.forEach((sample, i) => {
    // A Hann window: its sidelobes hide no tone under another.
    const weight = 1 - Math.cos((2 * Math.PI * i) / samples.length);
    [one, two] = [weight * sample + turn * one - two, one];
  });
  const energy = one * one + two * two - turn * one * two;
  return 20 * Math.log10((2 * Math.sqrt(energy)) / samples.length / AMPLITUDE);
}
