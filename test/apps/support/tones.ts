import { AMPLITUDE, level } from '../../peers/support/tone-level';

/** A tone as phones speak it, of so many milliseconds. */
export function tone(frequency: number, duration: number): Int16Array {
  return Int16Array.from({ length: 8 * duration }, (_, at) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * frequency * at) / 8_000)),
  );
}

/** How loud a tone is in what was heard, in dB beside how it was spoken. */
export function toneIn(heard: Int16Array, frequency: number): number {
  return level(heard, 8_000, frequency);
}
