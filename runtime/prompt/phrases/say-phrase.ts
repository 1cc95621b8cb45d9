import { CallchartError } from '../../core/errors';
import { SEPARATORS } from '../digits';
import { isMoment, readDay, readTime, zoned } from './calendar';
import { phraseProblem, zoneProblem } from './check';
import { currencyName, splitAmount } from './currency';
import type { Language, Noun } from './language';
import { languageOf } from './languages';
import { localeOf } from './locale';
import type { PhraseOptions } from './phrase-text';
import type { Phrase } from './port';

/** At most so many of days, hours, minutes and seconds are said. */
const MAX_UNITS = 3;

/** {@link phraseText}, with all that it needs: the rules of every language. */
export function sayPhrase(phrase: Phrase, language: string, options: PhraseOptions): string {
  const problem = phraseProblem(phrase, language) ?? optionsProblem(options);
  const rules = languageOf(language);
  if (problem !== undefined || rules === undefined) {
    throw new CallchartError('CALLCHART_PHRASE', problem ?? `"${language}" has no phrases.`);
  }
  return new Speaker(language, rules, options).say(phrase);
}

function optionsProblem({ zone, now }: PhraseOptions): string | undefined {
  if (now !== undefined && !isMoment(now)) {
    return `The "now" of a phrase is ${now}: give milliseconds since 1970.`;
  }
  return zoneProblem(zone);
}

/** Says phrases in one language. They are known to be right. */
class Speaker {
  constructor(
    private readonly tag: string,
    private readonly rules: Language,
    private readonly options: PhraseOptions,
  ) {}

  say(phrase: Phrase): string {
    const { rules } = this;
    if ('number' in phrase) return this.number(phrase);
    if ('ordinal' in phrase) return rules.ordinal(phrase.ordinal, phrase.gender ?? 'masculine');
    if ('digits' in phrase) return this.digits(phrase.digits.replace(SEPARATORS, ''));
    if ('money' in phrase) return this.money(phrase.money, phrase.currency);
    if ('date' in phrase) return this.date(phrase);
    if ('time' in phrase) {
      const { hour, minute } = this.clock(phrase);
      return rules.time(hour, minute);
    }
    if ('duration' in phrase) return this.duration(phrase.duration);
    if ('phone' in phrase) return this.phone(phrase.phone.trim());
    const parts = phrase.list.map((part) => (typeof part === 'string' ? part : this.say(part)));
    return localeOf(this.tag).join(parts, phrase.join ?? 'and');
  }

  private number({ number, gender }: Extract<Phrase, { number: number }>): string {
    const text = digitsOf(Math.abs(number));
    const [whole = '', decimals = ''] = text.split('.');
    const words =
      decimals === ''
        ? this.rules.cardinal(Number(whole), gender)
        : this.withDecimals(whole, decimals);
    return this.signed(number, words, text);
  }

  private withDecimals(whole: string, decimals: string): string {
    const { rules } = this;
    const behind = rules.decimals?.(decimals) ?? this.digits(decimals);
    return `${rules.cardinal(Number(whole))} ${rules.point} ${behind}`;
  }

  /** "minus", but for what is rounded to nothing. */
  private signed(value: number, words: string, rounded: string): string {
    return value < 0 && /[1-9]/.test(rounded) ? `${this.rules.minus} ${words}` : words;
  }

  private digits(digits: string): string {
    const { rules } = this;
    return Array.from(digits, (digit) => {
      if (digit === '*') return rules.star;
      return digit === '#' ? rules.hash : rules.cardinal(Number(digit));
    }).join(' ');
  }

  private counted(value: number, noun: Noun): string {
    if (value === 1 && noun.single !== undefined) return noun.single;
    const category = localeOf(this.tag).plural(value);
    const form = noun.forms[category] ?? noun.forms.other;
    return `${this.rules.cardinal(value, noun.gender)} ${form}`;
  }

  private money(amount: number, currency: string): string {
    const { rules } = this;
    const [whole, hundredths] = splitAmount(amount, currency);
    const words = rules.currencies[currency];
    const [units, parts] = [Number(whole), Number(hundredths)];
    let text: string;
    if (words === undefined || (parts > 0 && words.part === undefined)) {
      const number =
        parts === 0 ? rules.cardinal(units, 'masculine') : this.withDecimals(whole, hundredths);
      const name = currencyName(Math.abs(amount), currency, this.tag, parts === 0);
      text = `${number} ${name}`;
    } else {
      const said = [];
      if (units > 0 || parts === 0) said.push(this.counted(units, words.unit));
      if (words.part !== undefined && parts > 0) said.push(this.counted(parts, words.part));
      text = said.join(rules.and);
    }
    return this.signed(amount, text, whole + hundredths);
  }

  private date(phrase: Extract<Phrase, { date: string | number }>): string {
    const { date, weekday = true } = phrase;
    const zone = phrase.zone ?? this.options.zone;
    const day = (typeof date === 'string' ? readDay(date) : undefined) ?? zoned(Number(date), zone);
    const { now } = this.options;
    const withYear = phrase.year ?? (now === undefined || zoned(now, zone).year !== day.year);
    const { months, weekdays } = localeOf(this.tag);
    return this.rules.date({
      day: day.day,
      month: months[day.month - 1] ?? '',
      weekday: weekday ? weekdays[day.weekday] : undefined,
      year: withYear ? day.year : undefined,
    });
  }

  private clock({ time, zone }: Extract<Phrase, { time: string | number }>) {
    const read = typeof time === 'string' ? readTime(time) : undefined;
    return read ?? zoned(Number(time), zone ?? this.options.zone);
  }

  private duration(duration: number): string {
    const { units } = this.rules;
    const seconds = Math.round(duration / 1_000);
    const parts: [number, Noun][] = [
      [Math.trunc(seconds / 86_400), units.day],
      [Math.trunc(seconds / 3_600) % 24, units.hour],
      [Math.trunc(seconds / 60) % 60, units.minute],
      [seconds % 60, units.second],
    ];
    const said = parts
      .filter(([value]) => value > 0)
      .slice(0, MAX_UNITS)
      .map(([value, noun]) => this.counted(value, noun));
    if (said.length === 0) return this.counted(0, units.second);
    return localeOf(this.tag).join(said, 'and');
  }

  /** Group by group, as they are separated; a long one is cut. */
  private phone(text: string): string {
    const { rules } = this;
    const international = text.startsWith('+');
    const groups = text
      .replace(/^\+/, '')
      .split(SEPARATORS)
      .filter((group) => group !== '')
      .flatMap((group) => {
        if (group.length <= LONGEST_GROUP) return [group];
        return rules.phoneGroups?.(group, international) ?? inThrees(group);
      })
      .map((group) => rules.phoneGroup?.(group) ?? this.digits(group));
    return (international ? `${rules.plus} ` : '') + groups.join(', ');
  }
}

/** Made when it is needed: `Intl` takes milliseconds for its first format. */
let decimal: Intl.NumberFormat | undefined;

/** A number in digits, `1234.5`: exact up to 10^15, and with at most six decimals. */
function digitsOf(value: number): string {
  if (Number.isInteger(value)) return String(value);
  decimal ??= new Intl.NumberFormat('en', { maximumFractionDigits: 6, useGrouping: false });
  return decimal.format(value);
}

/** Digits of a telephone number that are read without a pause. */
const LONGEST_GROUP = 5;

/** In threes, but no single digit at the end. */
function inThrees(digits: string): string[] {
  return digits.match(/\d{4}$|\d{3}(?!$)|.{1,3}/g) ?? [digits];
}
