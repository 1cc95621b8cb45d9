import { SeededRandom } from '../../runtime/core/random';

const made = new Map<string, Int16Array>();

/**
 * Sound that is like a voice: a pitch that moves, formants, syllables and pauses between words. `duration` in
 * milliseconds. Equal seeds give equal sound.
 */
export function voice(
  sampleRate: number,
  duration: number,
  seed = 5,
  amplitude = 9_000,
): Int16Array {
  const key = `${sampleRate} ${duration} ${seed} ${amplitude}`;
  const known = made.get(key) ?? make(sampleRate, duration, seed, amplitude);
  made.set(key, known);
  return known.slice();
}

function make(sampleRate: number, duration: number, seed: number, amplitude: number): Int16Array {
  const random = new SeededRandom(seed);
  const next = (): number => (random.uint32() & 0xffff) / 0x1_0000;
  const samples = new Int16Array(Math.round((duration * sampleRate) / 1_000));
  let phase = 0;
  for (let at = 0; at < samples.length;) {
    const length = Math.round(sampleRate * (0.12 + 0.15 * next()));
    const pitch = 100 + 110 * next();
    const slope = (next() - 0.5) * 40;
    const formants = [300 + 500 * next(), 900 + 1_300 * next()];
    const harmonics = Math.min(24, Math.floor(3_400 / (pitch + 40)));
    const weights = Array.from({ length: harmonics }, (_, h) => {
      const frequency = (h + 1) * pitch;
      return formants.reduce((sum, formant, i) => {
        return sum + 1 / (1 + ((frequency - formant) / (120 + 60 * i)) ** 2) / (i + 1);
      }, 0.02);
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let i = 0; i < length && at < samples.length; i += 1, at += 1) {
      phase += (2 * Math.PI * (pitch + (slope * i) / length)) / sampleRate;
      const envelope = Math.min(1, i / (0.02 * sampleRate), (length - i) / (0.04 * sampleRate));
      // sin (h + 1)x = 2 cos x sin hx − sin (h − 1)x: one sine for all harmonics.
      const turn = 2 * Math.cos(phase);
      let sine = Math.sin(phase);
      let before = 0;
      let sum = 0;
      for (let h = 0; h < harmonics; h += 1) {
        sum += (weights[h] as number) * sine;
        const following = turn * sine - before;
        before = sine;
        sine = following;
      }
      samples[at] = (2 * amplitude * envelope * sum) / total;
    }
    if (next() < 0.3) at += Math.round(sampleRate * 0.1 * next());
  }
  return samples;
}
