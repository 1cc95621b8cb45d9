import { types } from 'node:util';
import type { Pattern } from './network-config';

/** What a pattern took of the text that it fits: `groups[0]` is `$1`; undefined when it does not fit. */
export type PatternMatch = readonly string[];

/** A {@link Pattern}, ready for use. */
export interface CompiledPattern {
  /** For people: as it stands in the configuration. */
  readonly source: string;
  match(text: string): PatternMatch | undefined;
}

/** A pattern that cannot be used; the message says why. */
export class PatternError extends Error {}

/** Longer texts fit nothing: a pattern of many `*` must not become a way to keep us busy. */
const maxLength = 512;

const noGroups: PatternMatch = [];

/**
 * Compiles a pattern once.
 *
 * @throws {PatternError} for an empty one, a bracket that is not closed, a range that runs backwards
 */
export function compilePattern(pattern: Pattern): CompiledPattern {
  if (types.isRegExp(pattern)) return fromRegExp(pattern);
  if (pattern === '') throw new PatternError('is empty');
  const range = readNumberRange(pattern);
  if (range !== undefined) return fromRange(pattern, range);
  return isLiteral(pattern) ? fromLiteral(pattern) : fromGlob(pattern);
}

/** A text without any sign of a pattern, which fits itself alone. */
export function isLiteral(pattern: Pattern): pattern is string {
  return typeof pattern === 'string' && !/[*?#[\]]/.test(pattern) && !/^\d+-\d+$/.test(pattern);
}

export interface NumberRange {
  readonly first: string;
  readonly last: string;
}

/** `100-199`: numbers of as many digits as both ends have. Undefined when it is not of this form. */
export function readNumberRange(pattern: Pattern): NumberRange | undefined {
  if (typeof pattern !== 'string') return undefined;
  const parts = /^(\d+)-(\d+)$/.exec(pattern);
  if (parts === null) return undefined;
  const [, first = '', last = ''] = parts;
  if (first.length > last.length || (first.length === last.length && first > last)) {
    throw new PatternError(`runs backwards: ${first} is more than ${last}`);
  }
  if (first.length !== last.length) {
    throw new PatternError(`has ends of different lengths: write 0${first}, or two ranges`);
  }
  return { first, last };
}

function fromLiteral(source: string): CompiledPattern {
  const wanted = source.toLowerCase();
  return {
    source,
    match: (text) =>
      text.length === source.length && text.toLowerCase() === wanted ? noGroups : undefined,
  };
}

function fromRange(source: string, { first, last }: NumberRange): CompiledPattern {
  return {
    source,
    // Of the same length, digits compare as text as they do as numbers.
    match: (text) =>
      text.length === first.length && text >= first && text <= last && /^\d+$/.test(text)
        ? noGroups
        : undefined,
  };
}

function fromRegExp(pattern: RegExp): CompiledPattern {
  // Those two make it remember where it was.
  const flags = `${pattern.flags.replace(/[gyi]/g, '')}i`;
  // It fits the whole, as globs do.
  const whole = new RegExp(`^(?:${pattern.source})$`, flags);
  return { source: String(pattern), match: (text) => groupsOf(whole, text) };
}

/** One character of a glob. */
interface Place {
  /** Whether `$1` counts it: `?` alone does. */
  readonly captured: boolean;
  fits(character: string): boolean;
}

/**
 * Between two `*` stands a piece of fixed length, and the first place where a piece fits is as good as any other
 * for those that follow: so there is nothing to try again, whatever a stranger dials.
 */
function fromGlob(source: string): CompiledPattern {
  const pieces = readGlob(source);
  const first = pieces[0] ?? [];
  const last = pieces[pieces.length - 1] ?? [];
  const shortest = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const match = (text: string): PatternMatch | undefined => {
    if (text.length < shortest || text.length > maxLength || !fitsAt(first, text, 0)) {
      return undefined;
    }
    const groups: string[] = [];
    capture(first, text, 0, groups);
    let at = first.length;
    if (pieces.length === 1) return text.length === at ? groups : undefined;
    const lastAt = text.length - last.length;
    for (const piece of pieces.slice(1, -1)) {
      let found = at;
      while (found + piece.length <= lastAt && !fitsAt(piece, text, found)) found += 1;
      if (found + piece.length > lastAt) return undefined;
      groups.push(text.slice(at, found));
      capture(piece, text, found, groups);
      at = found + piece.length;
    }
    if (!fitsAt(last, text, lastAt)) return undefined;
    groups.push(text.slice(at, lastAt));
    capture(last, text, lastAt, groups);
    return groups;
  };
  return { source, match };
}

function fitsAt(piece: readonly Place[], text: string, at: number): boolean {
  return piece.every((place, index) => place.fits(text[at + index] ?? ''));
}

function capture(piece: readonly Place[], text: string, at: number, into: string[]): void {
  piece.forEach((place, index) => {
    if (place.captured) into.push(text[at + index] ?? '');
  });
}

/** The pieces between the `*`. */
function readGlob(source: string): Place[][] {
  const pieces: Place[][] = [[]];
  for (let i = 0; i < source.length; i += 1) {
    const character = source[i] as string;
    let place: Place | undefined;
    if (character === '*') {
      // Two of them in a row say no more than one.
      while (source[i + 1] === '*') i += 1;
      pieces.push([]);
    } else if (character === '?') place = { captured: true, fits: () => true };
    else if (character === '#')
      place = { captured: false, fits: (one) => one >= '0' && one <= '9' };
    else if (character === '[') {
      const end = source.indexOf(']', i + 2);
      if (end < 0) throw new PatternError('has a [ without its ]');
      place = { captured: false, fits: characterSet(source.slice(i + 1, end)) };
      i = end;
    } else {
      const wanted = character.toLowerCase();
      place = { captured: false, fits: (one) => one.toLowerCase() === wanted };
    }
    if (place !== undefined) pieces[pieces.length - 1]?.push(place);
  }
  return pieces;
}

/** `a-z09`; `!0` for all but. */
function characterSet(inside: string): (character: string) => boolean {
  const negated = inside.startsWith('!') || inside.startsWith('^');
  const ranges: (readonly [low: string, high: string])[] = [];
  for (const [, low = '', high] of inside.slice(negated ? 1 : 0).matchAll(/(.)(?:-(.))?/gsu)) {
    if (high !== undefined && low > high) {
      throw new PatternError(`has a range that runs backwards: ${low}-${high}`);
    }
    ranges.push([low, high ?? low]);
  }
  if (ranges.length === 0) throw new PatternError('has empty brackets');
  const within = (one: string): boolean => ranges.some(([low, high]) => one >= low && one <= high);
  return (character) =>
    (within(character.toLowerCase()) || within(character.toUpperCase())) !== negated;
}

function groupsOf(expression: RegExp, text: string): PatternMatch | undefined {
  if (text.length > maxLength) return undefined;
  const found = expression.exec(text);
  if (found === null) return undefined;
  return found.length === 1 ? noGroups : found.slice(1).map((group) => group ?? '');
}
