import { isLanguageTag } from '../../core/language';
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

const made = new Map<string, Language>();

/** The rules of a BCP 47 tag, or undefined where there are none. Its words are loaded the first time. */
export function languageOf(tag: string): Language | undefined {
  let language = made.get(tag);
  if (language === undefined && isLanguageTag(tag)) {
    const { language: base, region } = new Intl.Locale(tag);
    language = Object.hasOwn(MAKERS, base) ? MAKERS[base]?.(region) : undefined;
    if (language !== undefined) made.set(tag, language);
  }
  return language;
}
