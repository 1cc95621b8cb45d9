import { dutch } from './dutch';
import { english } from './english';
import { french } from './french';
import { german } from './german';
import { italian } from './italian';
import type { Language } from './language';
import { polish } from './polish';
import { portuguese } from './portuguese';
import { spanish } from './spanish';

/** By language: what has its rules, made for a region where people would notice. */
const MAKERS: Readonly<Record<string, (region: string | undefined) => Language>> = {
  de: german,
  en: english,
  es: spanish,
  fr: french,
  it: italian,
  nl: dutch,
  pl: polish,
  pt: portuguese,
};

/** The languages that phrases are said in; each stands for its regions too: `de` for `de-AT`. */
export const phraseLanguages: readonly string[] = Object.keys(MAKERS);

const made = new Map<string, Language | undefined>();

/** The rules of a BCP 47 tag, or undefined where there are none. Its words are loaded the first time. */
export function languageOf(tag: string): Language | undefined {
  if (!made.has(tag)) {
    const [, base = '', region] =
      /^([a-z]{2,3})(?:-[A-Z][a-z]{3})?(?:-([A-Z]{2}|\d{3}))?$/.exec(tag) ?? [];
    const maker = Object.hasOwn(MAKERS, base) ? MAKERS[base] : undefined;
    if (maker === undefined) return undefined;
    made.set(tag, maker(region));
  }
  return made.get(tag);
}
