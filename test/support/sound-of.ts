import type { SpeechChunk, SpeechRequest, Voice } from '../../runtime/prompt/port';
import type { Sound } from '../../runtime/prompt/wav';

/** All that a voice says of a plain text, in one piece. The request is made at once. */
export async function spokenBy(
  voice: Voice,
  text: string,
  options: Pick<SpeechRequest, 'speaker' | 'language' | 'signal'> = {},
): Promise<Sound> {
  return soundOf(voice.speak({ ...options, text }));
}

/** The parts of a sound in one piece. */
export async function soundOf(chunks: AsyncIterable<SpeechChunk>): Promise<Sound> {
  const parts: Int16Array[] = [];
  let sampleRate = 8_000;
  for await (const chunk of chunks) {
    sampleRate = chunk.sampleRate;
    parts.push(chunk.samples);
  }
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { sampleRate, samples };
}
