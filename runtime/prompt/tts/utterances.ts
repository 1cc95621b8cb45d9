import type { SpeechContent } from '../port';
import type { Utterance } from './process-speaker';
import { sentencesOf } from './sentences';
import { spokenParts } from './ssml';

/** Characters of one utterance: what is longer is spoken in parts, so that time and memory keep bounds. */
const MAX_UTTERANCE = 300;

/**
 * What a process is to speak, sentence by sentence. Of SSML its words, and its breaks as silence. Throws an `Error`
 * where that is not well-formed.
 */
export function utterancesOf(
  content: SpeechContent,
  language: string | undefined,
  request: (text: string) => object,
  tidy: (text: string) => string,
): Utterance[] {
  if (content.ssml === undefined) {
    const sentences = sentencesOf(tidy(content.text), MAX_UTTERANCE, language);
    return sentences.map(({ text, rest }) => ({ request: request(text), rest }));
  }
  return spokenParts(content.ssml).flatMap((part): Utterance[] => {
    if ('silence' in part) return [part];
    const sentences = sentencesOf(tidy(part.text), MAX_UTTERANCE, language);
    return sentences.map(({ text }) => ({ request: request(text) }));
  });
}
