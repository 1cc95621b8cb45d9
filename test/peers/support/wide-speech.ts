import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { resample } from '../../../runtime/prompt/resample';
import { FliteVoice } from '../../../runtime/prompt/tts/flite';
import { writeWav } from '../../../runtime/prompt/wav';
import { spokenBy } from '../../support/sound-of';

/** What the flow `talk-wide` says. */
export const saidByFlow =
  'She sells six seashells, says the fish. Thirty three zebras watch the jazz musicians.';

const saidByPhone = [
  'The captain quietly watches the smooth stone floor, although it rains.',
  'My brother asks about a choice of music before half past eight.',
  'Professor Quinn has forgotten his account number and the usual message.',
  'The evening train brings back seven yellow boxes and a jar of honey.',
  'A stranger measures the bridge over the river with both hands.',
  'The judge complains about fresh orange juice, every single morning.',
  'Your doctor drew the moon above the harbour without a word.',
].join(' ');

/** Speech of the built-in voice, at its own 16 kHz. */
export async function speak(text: string, voice: string): Promise<Int16Array> {
  const folder = mkdtempSync(join(tmpdir(), 'callchart-speech-'));
  // Nothing here waits for a time.
  const speaker = new FliteVoice({ clock: new VirtualClock(), temporaryFolder: folder });
  try {
    const { samples, sampleRate } = await spokenBy(speaker, text, { speaker: voice });
    return resample(samples, sampleRate, 16_000);
  } finally {
    await speaker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes speech that is longer than a test's call, at `rate`, and gives it at 16 kHz. */
export async function writeWideSpeech(file: string, rate: number): Promise<Int16Array> {
  const samples = await speak(saidByPhone, 'rms');
  writeFileSync(file, writeWav({ sampleRate: rate, samples: resample(samples, 16_000, rate) }));
  return samples;
}
