import type { Clock } from '../core/clock';
import { codecKind, opusProblem } from './codec/registry';
import { OggOpusFile } from './ogg/opus-file';
import type { RecordingFormat } from './port';
import type { RecordingFile } from './recording-files';
import type { SoundFile, SoundFormat } from './sound-file';
import { WavSoundFile } from './wav/sound-file';
import { mostWavSamples } from './wav/writer';

/** Bits a second of one channel, by samples a second: where speech has nothing left to gain. */
const OPUS_BIT_RATE = { 8_000: 16_000, 16_000: 24_000, 48_000: 32_000 } as const;

/** Samples of a channel that one file can hold. */
export function mostSamples(format: RecordingFormat, channels: 1 | 2): number {
  if (format === 'ogg-opus') return Infinity;
  return mostWavSamples(format === 'wav' ? 'pcm' : 'mulaw', channels);
}

/** Sound in a file of a format. Throws an error that says why where Opus is not to be had. */
export function soundFile(
  file: RecordingFile,
  format: RecordingFormat,
  sound: SoundFormat,
  clock: Clock,
): SoundFile {
  if (format === 'wav') return new WavSoundFile(file, sound, 'pcm');
  if (format === 'wav-mulaw') return new WavSoundFile(file, sound, 'mulaw');
  const problem = opusProblem();
  if (problem !== undefined) throw new Error(`Opus is not to be had here: ${problem}`);
  const opus = { maxAverageBitrate: OPUS_BIT_RATE[sound.sampleRate] };
  const encoders = Array.from({ length: sound.channels }, () =>
    codecKind('opus').encoder({ name: 'opus', clockRate: 48_000, opus }, sound.sampleRate),
  );
  return new OggOpusFile(file, sound, encoders, clock);
}
