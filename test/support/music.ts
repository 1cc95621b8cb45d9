import { SeededRandom } from '../../runtime/core/random';

// In a test, each look at a global costs more than the sine.
const { PI, abs, cos, exp, max, min, round, sin } = Math;

const RATE = 8_000;

/** Strength of each harmonic, fade in a second, vibrato in cents: an organ, a piano, a flute, a violin, a clarinet. */
const TIMBRES: readonly {
  readonly harmonics: readonly number[];
  readonly decay: number;
  readonly vibrato: number;
}[] = [
  { harmonics: [1, 0.7, 0.5, 0.35, 0.2, 0.25], decay: 0, vibrato: 0 },
  { harmonics: [1, 0.6, 0.3, 0.25, 0.1], decay: 2.5, vibrato: 0 },
  { harmonics: [1, 0.25, 0.08], decay: 0.2, vibrato: 12 },
  { harmonics: [1, 0.8, 0.7, 0.4, 0.4, 0.3, 0.2], decay: 0.3, vibrato: 25 },
  { harmonics: [1, 0.05, 0.6, 0.05, 0.4, 0.05, 0.2], decay: 0.1, vibrato: 4 },
];

const SCALES = [
  [0, 2, 4, 5, 7, 9, 11],
  [0, 2, 3, 5, 7, 8, 11],
  [0, 3, 5, 6, 7, 10],
];

/** `duration` milliseconds of music that nobody has written: chords, a melody, a bass and a drum, at 8 kHz. */
export function music(duration: number, seed = 1): Int16Array {
  const random = new SeededRandom(seed);
  const below = (limit: number): number => random.uint32() % limit;
  const samples = new Float32Array(round(duration * (RATE / 1_000)));
  const scale = SCALES[below(SCALES.length)] ?? [];
  const key = 45 + below(12);
  const beat = round(RATE * (0.25 + below(40) / 100));
  const pitch = (step: number): number => {
    const octave = Math.floor(step / scale.length);
    const note = scale[step - octave * scale.length] ?? 0;
    return 440 * 2 ** ((key + note + 12 * octave - 69) / 12);
  };
  const [chords, tune] = [TIMBRES[below(TIMBRES.length)], TIMBRES[below(TIMBRES.length)]];
  for (let at = 0, count = 0; at < samples.length; at += beat, count += 1) {
    if (count % 4 === 0) {
      const root = below(scale.length);
      for (const step of [0, 2, 4, below(7)]) {
        note(samples, at, 4 * beat, pitch(root + step + scale.length), 0.16, chords, random);
      }
      note(samples, at, 2 * beat, pitch(root), 0.3, TIMBRES[1], random);
    }
    const step = 2 * scale.length + below(2 * scale.length);
    const length = [beat, beat / 2, 2 * beat][below(3)] ?? beat;
    note(samples, at, length, pitch(step), 0.35, tune, random);
    if (below(3) === 0) note(samples, at + beat / 2, beat / 2, pitch(step + 2), 0.35, tune, random);
    drum(samples, at, count % 2 === 0 ? 0.25 : 0.1, random);
  }
  let peak = 0;
  for (const sample of samples) peak = max(peak, abs(sample));
  const loudness = (6_000 + below(22_000)) / (peak || 1);
  return Int16Array.from(samples, (sample) => round(sample * loudness));
}

function note(
  samples: Float32Array,
  start: number,
  length: number,
  frequency: number,
  strength: number,
  timbre: (typeof TIMBRES)[number] | undefined,
  random: SeededRandom,
): void {
  if (timbre === undefined) return;
  const end = min(samples.length, round(start + length));
  const wobble = 2 ** (timbre.vibrato / 1_200) - 1;
  const rate = 5 + (random.uint32() % 100) / 50;
  const attack = RATE * 0.01;
  for (let i = round(start); i < end; i += 1) {
    const time = (i - start) / RATE;
    const swing = -cos(2 * PI * rate * time) / (2 * PI * rate);
    const phase = 2 * PI * frequency * (time + wobble * swing);
    const envelope =
      strength * exp(-timbre.decay * time) * min(1, (i - start) / attack, (end - i) / attack);
    let value = 0;
    for (let h = 0; h < timbre.harmonics.length; h += 1) {
      if ((h + 1) * frequency > 3_800) break;
      value += (timbre.harmonics[h] as number) * sin((h + 1) * phase);
    }
    samples[i] = (samples[i] as number) + envelope * value;
  }
}

function drum(samples: Float32Array, start: number, strength: number, random: SeededRandom): void {
  const end = min(samples.length, start + RATE * 0.08);
  for (let i = start; i < end; i += 1) {
    const envelope = strength * exp((-60 * (i - start)) / RATE);
    samples[i] = (samples[i] as number) + envelope * (random.uint32() / 0x8000_0000 - 1);
  }
}
