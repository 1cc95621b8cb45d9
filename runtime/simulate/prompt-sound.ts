import { namedTone } from '../core/tones';
import type { Prompt, PromptCatalog } from '../prompt/port';

/** Milliseconds that a voice needs for a character, on average. */
const perCharacter = 65;
/** Of a prompt of which nothing is known but its name. */
const unknownDuration = 2_000;

/** What a caller hears of a prompt, without any sound: its name, its words, how long it lasts. */
export class PromptSound {
  /** @param fileDuration how long a file lasts, where that is known */
  constructor(
    private readonly catalog: PromptCatalog | undefined,
    private readonly fileDuration: (path: string) => number | undefined,
  ) {}

  /** What is wrong with it, as one sentence; undefined when it can be played. */
  problem(prompt: Prompt, language: string | undefined): string | undefined {
    return this.catalog?.check(prompt, language)[0]?.message;
  }

  /** In words; '' where they are not known. */
  text(prompt: Prompt, language: string | undefined): string {
    const { catalog } = this;
    if (catalog !== undefined) return catalog.text(prompt, language);
    return typeof prompt === 'object' && 'say' in prompt ? prompt.say : '';
  }

  /** Milliseconds. */
  duration(prompt: Prompt, language: string | undefined): number {
    if (typeof prompt === 'string') return this.ofName(prompt, language);
    if (isList(prompt)) {
      return prompt.reduce((sum, each) => sum + this.duration(each, language), 0);
    }
    if ('silence' in prompt) return prompt.silence;
    if ('tone' in prompt) return namedTone(prompt.tone, prompt.duration, prompt.country).duration;
    if ('language' in prompt) return this.duration(prompt.prompt, prompt.language);
    if ('file' in prompt) return this.fileDuration(prompt.file) ?? unknownDuration;
    if ('say' in prompt) return spoken(prompt.say);
    if ('ssml' in prompt) return spoken(prompt.ssml.replace(/<[^>]*>/g, ''));
    if ('url' in prompt) return unknownDuration;
    return spoken(this.catalog?.text(prompt, language) ?? JSON.stringify(prompt));
  }

  private ofName(name: string, language: string | undefined): number {
    const found = this.catalog?.find(name, language);
    if (found === undefined) return unknownDuration;
    const file = found.type === 'recorded' ? this.fileDuration(found.path) : undefined;
    if (file !== undefined) return file;
    return found.text === undefined ? unknownDuration : spoken(found.text);
  }
}

function spoken(text: string): number {
  return text.length * perCharacter;
}

/** A prompt as one word, for transcripts: names, and the words of what is said. */
export function promptName(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt;
  if (isList(prompt)) return prompt.map(promptName).join(' + ');
  if ('say' in prompt) return prompt.say;
  if ('ssml' in prompt) return prompt.ssml;
  if ('silence' in prompt) return `${prompt.silence} ms of silence`;
  if ('tone' in prompt) return prompt.tone === 'beep' ? 'beep' : `${prompt.tone} tone`;
  if ('file' in prompt) return prompt.file;
  if ('url' in prompt) return prompt.url;
  if ('language' in prompt) return promptName(prompt.prompt);
  return Object.entries(prompt)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** Whether somebody who hears `played` hears `wanted`: it is that, or has it in a list. */
export function isHeardIn(played: Prompt, wanted: Prompt): boolean {
  if (isSame(played, wanted)) return true;
  if (isList(played)) return played.some((each) => isHeardIn(each, wanted));
  return typeof played === 'object' && 'language' in played && isHeardIn(played.prompt, wanted);
}

function isSame(a: Prompt, b: Prompt): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return canonical(a) === canonical(b);
}

/** As text that does not depend on the order of members. */
function canonical(prompt: Prompt): string {
  return JSON.stringify(prompt, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function isList(prompt: Prompt): prompt is readonly Prompt[] {
  return Array.isArray(prompt);
}
