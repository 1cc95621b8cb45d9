import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WaveFile } from 'wavefile';
import { readWavFile } from '../../support/audio-compare';

const prompts = join(__dirname, '..', '..', '..', 'prompts', 'en');

/** Said one after the other: 35 s in which nothing comes twice. */
const parts = [
  'survey-welcome',
  'voicemail-review',
  'survey-satisfied',
  'survey-calls',
  'survey-recommend',
  'message-failed',
  'transferring',
];

/** The samples of a prompt of the repository, at 8 kHz. */
export function promptSamples(name: string): Int16Array {
  return readWavFile(join(prompts, `${name}.wav`)).samples;
}

/**
 * Writes speech that is longer than a test's call (baresip hangs up when its file ends). Backwards it is like no
 * part of the same speech forwards.
 */
export function writeSpeech(file: string, direction?: 'backwards'): Int16Array {
  const samples = Int16Array.from(parts.flatMap((name) => [...promptSamples(name)]));
  if (direction === 'backwards') samples.reverse();
  const wav = new WaveFile();
  wav.fromScratch(1, 8000, '16', samples);
  writeFileSync(file, wav.toBuffer());
  return samples;
}
