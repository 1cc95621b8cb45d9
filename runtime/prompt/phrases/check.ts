import { closest } from '../../core/suggest';
import { SEPARATORS } from '../digits';
import { isMoment, isZone, readDay, readTime } from './calendar';
import { isCurrency } from './currency';
import { languageOf, phraseLanguages } from './languages';
import type { Phrase } from './port';

/** The greatest number, amount and duration. */
const MAX = 1e15;
const MAX_ORDINAL = 1_000;
/** Digits at once, and parts of a list; lists may be in lists. */
const MAX_DIGITS = 100;
const MAX_LIST = 100;
const MAX_DEPTH = 4;

/** The members that each kind of phrase may have beside its own. */
const MEMBERS = {
  number: ['gender'],
  ordinal: ['gender'],
  digits: [],
  money: ['currency'],
  date: ['zone', 'weekday', 'year'],
  time: ['zone'],
  duration: [],
  phone: [],
  list: ['join'],
} as const;

type Kind = keyof typeof MEMBERS;

const KINDS = Object.keys(MEMBERS) as Kind[];
/** A tone has a duration too, and is no phrase. */
const NOT_A_PHRASE = ['tone', 'say', 'ssml', 'silence', 'file', 'url', 'prompt'];

/** The kind of a phrase by its first member of that name, or undefined. */
function kindOf(value: object): Kind | undefined {
  if (NOT_A_PHRASE.some((member) => Object.hasOwn(value, member))) return undefined;
  return KINDS.find((kind) => Object.hasOwn(value, kind));
}

/** Whether a value is meant as a phrase; its members may be wrong all the same: see {@link phraseProblem}. */
export function isPhrase(value: unknown): value is Phrase {
  return typeof value === 'object' && value !== null && kindOf(value) !== undefined;
}

/**
 * Why a phrase cannot be said, as one sentence with the remedy; undefined if it can. With a language also whether that
 * is one of {@link phraseLanguages}. Takes anything, and never throws.
 */
export function phraseProblem(value: unknown, language?: string): string | undefined {
  if (language !== undefined && languageOf(language) === undefined) {
    return `Phrases cannot be said in "${language}", only in ${phraseLanguages.join(', ')} and their regions: add one of these to the fall-back languages, or use { say }.`;
  }
  return problemOf(value, 0);
}

function problemOf(value: unknown, depth: number): string | undefined {
  const kind = typeof value === 'object' && value !== null ? kindOf(value) : undefined;
  if (kind === undefined) {
    return `${describe(value)} is not a phrase: use ${KINDS.map((name) => `{ ${name} }`).join(', ')}.`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  const may: readonly string[] = [kind, ...MEMBERS[kind]];
  const stray = Object.keys(members).find((name) => !may.includes(name));
  if (stray !== undefined) {
    const meant = closest(stray, may);
    const hint = meant === undefined ? `only ${may.join(', ')}` : `did you mean "${meant}"?`;
    return `A { ${kind} } has no member "${stray}": ${hint}`.replace(/([^?])$/, '$1.');
  }
  return CHECKS[kind](members, depth);
}

type Check = (members: Readonly<Record<string, unknown>>, depth: number) => string | undefined;

const CHECKS: Readonly<Record<Kind, Check>> = {
  number: ({ number, gender }) => amountProblem('number', number) ?? genderProblem(gender),
  ordinal: ({ ordinal, gender }) =>
    typeof ordinal === 'number' &&
    Number.isInteger(ordinal) &&
    ordinal > 0 &&
    ordinal <= MAX_ORDINAL
      ? genderProblem(gender)
      : `{ ordinal: ${describe(ordinal)} } cannot be said: give a whole number from 1 to ${MAX_ORDINAL}.`,
  digits: ({ digits }) =>
    typeof digits === 'string' && isDigits(digits)
      ? undefined
      : `{ digits: ${describe(digits)} } cannot be read: give a text of at most ${MAX_DIGITS} of 0 to 9, * and #.`,
  phone: ({ phone }) =>
    typeof phone === 'string' && isDigits(phone.trim().replace(/^\+/, ''))
      ? undefined
      : `{ phone: ${describe(phone)} } cannot be read: give a number such as '+49 30 1234567'.`,
  money: ({ money, currency }) =>
    amountProblem('money', money) ??
    (typeof currency === 'string' && isCurrency(currency)
      ? undefined
      : `There is no currency ${describe(currency)}: give its three letters of ISO 4217, such as 'EUR'.`),
  date: ({ date, zone, weekday, year }) => {
    const fine = typeof date === 'string' ? readDay(date) !== undefined : isMomentIn(date);
    if (!fine) {
      return `{ date: ${describe(date)} } is no day: give one of the years 1000 to 9999 that exists, such as '2026-11-22', or milliseconds since 1970.`;
    }
    return zoneProblem(zone) ?? flagProblem('weekday', weekday) ?? flagProblem('year', year);
  },
  time: ({ time, zone }) => {
    const fine = typeof time === 'string' ? readTime(time) !== undefined : isMomentIn(time);
    if (!fine) {
      return `{ time: ${describe(time)} } is no time of day: give '00:00' to '23:59', or milliseconds since 1970.`;
    }
    return zoneProblem(zone);
  },
  duration: ({ duration }) =>
    typeof duration === 'number' && duration >= 0 && duration <= MAX
      ? undefined
      : `{ duration: ${describe(duration)} } cannot be said: give milliseconds, 0 or more.`,
  list: ({ list, join }, depth) => {
    if (!Array.isArray(list) || list.length === 0 || list.length > MAX_LIST) {
      return `{ list: ${describe(list)} } cannot be said: give an array of 1 to ${MAX_LIST} texts and phrases.`;
    }
    if (join !== undefined && join !== 'and' && join !== 'or') {
      return `A list is not joined by ${describe(join)}: use 'and' or 'or'.`;
    }
    if (depth === MAX_DEPTH) return `Lists are more than ${MAX_DEPTH} deep: take out some of them.`;
    for (const part of list as unknown[]) {
      const problem = typeof part === 'string' ? undefined : problemOf(part, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
};

function amountProblem(member: string, value: unknown): string | undefined {
  if (typeof value === 'number' && Math.abs(value) <= MAX) return undefined;
  return `{ ${member}: ${describe(value)} } cannot be said: give a number from -10^15 to 10^15.`;
}

function genderProblem(gender: unknown): string | undefined {
  if (gender === undefined) return undefined;
  if (gender === 'masculine' || gender === 'feminine' || gender === 'neuter') return undefined;
  return `There is no gender ${describe(gender)}: use 'masculine', 'feminine' or 'neuter'.`;
}

/** Why something is no time zone, as one sentence. */
export function zoneProblem(zone: unknown): string | undefined {
  if (zone === undefined || (typeof zone === 'string' && isZone(zone))) return undefined;
  return `There is no time zone ${describe(zone)}: give an IANA name such as 'Europe/Berlin'.`;
}

function flagProblem(member: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'boolean') return undefined;
  return `"${member}" of a { date } is ${describe(value)}: give true or false.`;
}

function isMomentIn(value: unknown): boolean {
  return typeof value === 'number' && isMoment(value);
}

function isDigits(text: string): boolean {
  const digits = text.replace(SEPARATORS, '');
  return /^[\d*#]+$/.test(digits) && digits.length <= MAX_DIGITS;
}

/** A wrong value as a flow's author wrote it, in short. */
function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 60);
  } catch {
    // It refers to itself, or is no plain data.
    return Object.prototype.toString.call(value);
  }
}
