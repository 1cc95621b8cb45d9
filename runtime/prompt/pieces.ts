import { resolve as resolvePath } from 'node:path';
import type { PlayItem } from '../core/audio';
import { isLanguageTag, widerTags } from '../core/language';
import { closest } from '../core/suggest';
import { isToneCountry, isToneName, namedTone, TONE_COUNTRIES, TONE_NAMES } from '../core/tones';
import { DIGIT_GAP, digitFragments } from './digits';
import { isPromptName } from './directory';
import { coverWords, type Fragments } from './fragments';
import { isPhrase, phraseProblem } from './phrases/check';
import { languageOf } from './phrases/languages';
import { phraseText } from './phrases/phrase-text';
import type { Phrase } from './phrases/port';
import type { FoundPrompt, PromptCatalog, SpeechRequest } from './port';
import { wordsOf } from './ssml-words';

/** Lists in lists, and pieces in all: flows build prompts from data. */
const MAX_DEPTH = 16;
const MAX_PIECES = 1_000;
/** An hour, in milliseconds. */
const MAX_DURATION = 3_600_000;

/** A part of a prompt that is played by itself, or the reason why it cannot be. */
export type Piece =
  | {
      readonly type: 'file';
      readonly name: string;
      readonly path: string;
      /** What it says, where the manifest knows it. */
      readonly text?: string | undefined;
      /** A file of the flow's own, which may have been written a moment ago. */
      readonly fresh?: true;
    }
  | {
      readonly type: 'say';
      /** What is said; of SSML, its words. */
      readonly text: string;
      readonly ssml?: string | undefined;
      readonly language: string;
      readonly speaker?: string | undefined;
    }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'item'; readonly item: PlayItem; readonly text?: string }
  | { readonly type: 'problem'; readonly prompt: string; readonly message: string };

/** What a voice is asked for. */
export function speechOf({
  text,
  ssml,
  language,
  speaker,
}: Piece & { readonly type: 'say' }): SpeechRequest {
  return ssml === undefined ? { text, language, speaker } : { ssml, language, speaker };
}

/** What prompts may refer to. */
export interface PromptScope extends Pick<PromptCatalog, 'find' | 'chain' | 'defaultLanguage'> {
  /** The recorded parts of phrases in a language. */
  fragments(language: string): Fragments;
  /** Why a name is found nowhere, as a sentence with the remedy. */
  missing(name: string, language: string): string;
  /** Whose tones are meant where a prompt names no country. */
  readonly toneCountry?: string | undefined;
}

/** Takes prompts apart. Their types are checked again here: flows are loaded without a type check. */
export class PromptParser {
  constructor(private readonly scope: PromptScope) {}

  /** The pieces in the order of playing. Never throws: what is wrong is a piece of type `problem`. */
  pieces(prompt: unknown, language?: string): Piece[] {
    const pieces: Piece[] = [];
    const chosen = isLanguageTag(language) ? language : this.scope.defaultLanguage;
    if (this.collect(prompt, chosen, 0, pieces)) return pieces;
    const limits = `A prompt is at most ${MAX_PIECES} pieces long and ${MAX_DEPTH} lists deep.`;
    return [problem('a list', limits)];
  }

  /** Whether the prompt kept to the limits. */
  private collect(prompt: unknown, language: string, depth: number, pieces: Piece[]): boolean {
    if (depth >= MAX_DEPTH) return false;
    if (Array.isArray(prompt)) {
      return prompt.every((part: unknown) => this.collect(part, language, depth + 1, pieces));
    }
    if (isInLanguage(prompt)) {
      if (isLanguageTag(prompt.language)) {
        return this.collect(prompt.prompt, prompt.language, depth + 1, pieces);
      }
      const tag = describe(prompt.language);
      pieces.push(problem(tag, `${tag} is not a language: use a tag such as "de" or "pt-BR".`));
    } else {
      pieces.push(...this.single(prompt, language));
    }
    return pieces.length <= MAX_PIECES;
  }

  private single(prompt: unknown, language: string): Piece[] {
    if (typeof prompt === 'string') return [this.named(prompt, language)];
    if (typeof prompt === 'object' && prompt !== null) {
      const { say, ssml, digits, silence, tone, file, url, voice, duration, country } =
        prompt as Record<string, unknown>;
      if (voice === undefined || typeof voice === 'string') {
        if (typeof say === 'string') return [{ type: 'say', text: say, language, speaker: voice }];
        if (typeof ssml === 'string') {
          return [{ type: 'say', text: wordsOf(ssml), ssml, language, speaker: voice }];
        }
      }
      if (typeof digits === 'string') return this.digits(digits, language);
      if (isPhrase(prompt)) return this.phrase(prompt, language);
      if (typeof file === 'string') {
        return [{ type: 'file', name: file, path: resolvePath(file), fresh: true }];
      }
      if (typeof url === 'string') return [urlOf(url)];
      if (silence !== undefined) return [silenceOf(silence)];
      if (typeof tone === 'string') return [this.toneOf(tone, duration, country)];
    }
    const text = describe(prompt);
    return [
      problem(
        text,
        `${text} is not a prompt: use a name, { say }, { ssml }, { silence }, { tone }, { file }, { url }, { language, prompt }, a phrase such as { number } or { date }, or a list of these.`,
      ),
    ];
  }

  private named(name: string, language: string): Piece {
    if (!isPromptName(name)) {
      return problem(
        name,
        `"${name}" cannot be the name of a prompt: names are files in the prompts folder without their ending, such as welcome or digits/1. To speak a text use { say }, to play another file { file }.`,
      );
    }
    const found = this.scope.find(name, language);
    if (found === undefined) return problem(name, this.scope.missing(name, language));
    return pieceOf(name, found);
  }

  private toneOf(name: string, duration: unknown, named: unknown): Piece {
    if (!isToneName(name)) {
      return problem(
        name,
        `There is no tone "${name}", only ${TONE_NAMES.join(', ')}.${didYouMean(name, TONE_NAMES)}`,
      );
    }
    if (duration !== undefined && !isDuration(duration)) {
      return problem(name, `A tone must be 0 to ${MAX_DURATION} milliseconds long.`);
    }
    const country = named ?? this.scope.toneCountry;
    if (
      country !== undefined &&
      !(typeof country === 'string' && isToneCountry(country.toLowerCase()))
    ) {
      return problem(
        name,
        `The tones of the country ${describe(country)} are not known, only those of ${TONE_COUNTRIES.join(', ')}.`,
      );
    }
    const tone = namedTone(name, duration, country?.toLowerCase());
    return { type: 'item', item: { type: 'tone', tone }, text: `<${name}>` };
  }

  /** Recorded where every digit is in the language, otherwise all spoken, so that one voice says them all. */
  private digits(digits: string, language: string): Piece[] {
    const fragments = digitFragments(digits);
    if (fragments === undefined) {
      return [
        problem(
          digits,
          `"${digits}" cannot be read digit by digit: only 0 to 9, * and # are digits. Use { say } for other text.`,
        ),
      ];
    }
    const found = fragments.map(({ file }) => this.own(file, language));
    const recorded = found.every((each) => each?.type === 'recorded');
    return fragments.flatMap(({ file, digit }, position): Piece[] => {
      const own = found[position];
      const piece: Piece =
        recorded && own !== undefined ? pieceOf(file, own) : this.spokenDigit(digit, own, language);
      return position === 0 ? [piece] : [silenceOf(DIGIT_GAP), piece];
    });
  }

  private spokenDigit(digit: string, found: FoundPrompt | undefined, language: string): Piece {
    if (found?.text !== undefined) {
      return { type: 'say', text: found.text, language: found.language ?? language };
    }
    const speaking = this.phraseLanguage(language);
    // A voice reads a numeral in its own language.
    return speaking === undefined
      ? { type: 'say', text: digit, language }
      : { type: 'say', text: phraseText({ digits: digit }, speaking), language: speaking };
  }

  /** Played from recorded parts where these have every word of it, otherwise all spoken. */
  private phrase(phrase: Phrase, language: string): Piece[] {
    const speaking = this.phraseLanguage(language) ?? language;
    const wrong = phraseProblem(phrase, speaking);
    if (wrong !== undefined) return [problem(describe(phrase), wrong)];
    const text = phraseText(phrase, speaking);
    for (const tag of widerTags(speaking)) {
      const parts = coverWords(text, this.scope.fragments(tag));
      if (parts !== undefined) return parts.map((part) => ({ type: 'file', ...part }));
    }
    return [{ type: 'say', text, language: speaking }];
  }

  /** The first language of the chain in which phrases can be said. */
  private phraseLanguage(language: string): string | undefined {
    return this.scope.chain(language).find((tag) => languageOf(tag) !== undefined);
  }

  /** In the language or one that it narrows down, not in those that are fallen back on. */
  private own(name: string, language: string): FoundPrompt | undefined {
    const found = widerTags(language).map((tag) => this.scope.find(name, tag, { exact: true }));
    return found.find((each) => each?.language !== undefined) ?? found[0];
  }
}

function pieceOf(name: string, found: FoundPrompt): Piece {
  if (found.type === 'recorded') return { type: 'file', name, path: found.path, text: found.text };
  const { text, ssml, voice, language } = found;
  return { type: 'say', text, ssml, language, speaker: voice };
}

function isInLanguage(prompt: unknown): prompt is { language: unknown; prompt: unknown } {
  return (
    typeof prompt === 'object' && prompt !== null && 'language' in prompt && 'prompt' in prompt
  );
}

function urlOf(text: string): Piece {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:')
    return { type: 'url', url: url.href };
  return problem(
    text,
    `"${text}" cannot be fetched: use a URL that begins with https:// or http://.`,
  );
}

function silenceOf(duration: unknown): Piece {
  return isDuration(duration)
    ? { type: 'item', item: { type: 'silence', duration } }
    : problem('silence', `A silence must be 0 to ${MAX_DURATION} milliseconds long.`);
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_DURATION;
}

function problem(prompt: string, message: string): Piece {
  return { type: 'problem', prompt, message };
}

/** Empty where nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = closest(word, candidates);
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return (text ?? String(value)).slice(0, 100);
}
