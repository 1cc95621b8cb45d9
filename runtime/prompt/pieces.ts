import { resolve as resolvePath } from 'node:path';
import type { PlayItem } from '../core/audio';
import { closest } from '../core/suggest';
import { isToneCountry, isToneName, namedTone, TONE_COUNTRIES, TONE_NAMES } from '../core/tones';
import { DIGIT_GAP, digitFragments } from './digits';
import { isPromptName } from './directory';
import type { Voice } from './port';

/** Lists in lists, and pieces in all: flows build prompts from data. */
const MAX_DEPTH = 16;
const MAX_PIECES = 1_000;
/** An hour, in milliseconds. */
const MAX_DURATION = 3_600_000;

/** A part of a prompt that is played by itself, or the reason why it cannot be. */
export type Piece =
  /** `fresh`: a file of the flow's own, which may have been written a moment ago. */
  | { readonly type: 'file'; readonly name: string; readonly path: string; readonly fresh?: true }
  | {
      readonly type: 'say';
      readonly text: string;
      readonly voice: Voice;
      readonly speaker?: string;
    }
  | { readonly type: 'item'; readonly item: PlayItem }
  | { readonly type: 'problem'; readonly prompt: string; readonly message: string };

/** What prompts may refer to. */
export interface PromptScope {
  /** Paths by name. */
  readonly index: ReadonlyMap<string, string>;
  readonly names: readonly string[];
  /** Where a missing prompt should be put. */
  readonly directory: string;
  readonly voice: Voice;
  readonly voices: ReadonlyMap<string, Voice>;
  /** Whose tones are meant where a prompt names no country. */
  readonly toneCountry?: string | undefined;
}

/** Takes prompts apart. Their types are checked again here: flows are loaded without a type check. */
export class PromptParser {
  constructor(private readonly scope: PromptScope) {}

  /** The pieces in the order of playing. Never throws: what is wrong is a piece of type `problem`. */
  pieces(prompt: unknown): Piece[] {
    const pieces: Piece[] = [];
    if (this.collect(prompt, 0, pieces)) return pieces;
    const limits = `A prompt is at most ${MAX_PIECES} pieces long and ${MAX_DEPTH} lists deep.`;
    return [problem('a list', limits)];
  }

  /** Whether the prompt kept to the limits. */
  private collect(prompt: unknown, depth: number, pieces: Piece[]): boolean {
    if (!Array.isArray(prompt)) {
      pieces.push(...this.single(prompt));
      return pieces.length <= MAX_PIECES;
    }
    return (
      depth < MAX_DEPTH && prompt.every((part: unknown) => this.collect(part, depth + 1, pieces))
    );
  }

  private single(prompt: unknown): Piece[] {
    if (typeof prompt === 'string') return [this.named(prompt)];
    if (typeof prompt === 'object' && prompt !== null) {
      const { say, digits, silence, tone, file, voice, duration, country } = prompt as Record<
        string,
        unknown
      >;
      if (typeof say === 'string' && (voice === undefined || typeof voice === 'string')) {
        return [this.spoken(say, voice)];
      }
      if (typeof digits === 'string') return this.digits(digits);
      if (typeof file === 'string') {
        return [{ type: 'file', name: file, path: resolvePath(file), fresh: true }];
      }
      if (silence !== undefined) return [silenceOf(silence)];
      if (typeof tone === 'string') return [this.toneOf(tone, duration, country)];
    }
    const text = describe(prompt);
    return [
      problem(
        text,
        `${text} is not a prompt: use a name, { say }, { digits }, { silence }, { tone }, { file }, or a list of these.`,
      ),
    ];
  }

  private named(name: string): Piece {
    const { index, names, directory } = this.scope;
    const path = index.get(name);
    if (path !== undefined) return { type: 'file', name, path };
    if (!isPromptName(name)) {
      return problem(
        name,
        `"${name}" cannot be the name of a prompt: names are files in the prompts folder without their ending, such as welcome or digits/1. To speak a text use { say }, to play another file { file }.`,
      );
    }
    return problem(
      name,
      `There is no prompt "${name}".${didYouMean(name, names)} Put ${name}.wav into ${directory}, or speak a text with { say }.`,
    );
  }

  private spoken(text: string, name: string | undefined): Piece {
    const { voice, voices } = this.scope;
    const chosen = name === undefined ? undefined : voices.get(name);
    if (chosen !== undefined) return { type: 'say', text, voice: chosen };
    return { type: 'say', text, voice, ...(name === undefined ? {} : { speaker: name }) };
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
    return { type: 'item', item: { type: 'tone', tone } };
  }

  /** Recorded where every digit is, otherwise all spoken, so that one voice says them all. */
  private digits(digits: string): Piece[] {
    const fragments = digitFragments(digits);
    if (fragments === undefined) {
      return [
        problem(
          digits,
          `"${digits}" cannot be read digit by digit: only 0 to 9, * and # are digits. Use { say } for other text.`,
        ),
      ];
    }
    const recorded = fragments.every(({ file }) => this.scope.index.has(file));
    return fragments.flatMap(({ file, text }, position): Piece[] => {
      const piece = recorded ? this.named(file) : this.spoken(text, undefined);
      return position === 0 ? [piece] : [silenceOf(DIGIT_GAP), piece];
    });
  }
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

function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = closest(word, candidates);
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return (text ?? String(value)).slice(0, 100);
}
