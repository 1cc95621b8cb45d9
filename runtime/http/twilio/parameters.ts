import { type TwilioProblem, twilioProblems } from './problem';

export type Method = 'GET' | 'POST';

/** What a request gives by its form, or its query: names as Twilio writes them. */
export class RequestParameters {
  constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  get names(): readonly string[] {
    return Object.keys(this.values);
  }

  /** The last of several; undefined when absent, or empty. */
  text(name: string): string | undefined {
    const value = this.all(name).at(-1);
    return value === '' ? undefined : value;
  }

  /** Whether it stands there at all: an empty value may mean something. */
  has(name: string): boolean {
    return this.all(name).length > 0;
  }

  /** Each that was given, and each word of it: clients write lists in both ways. */
  words(name: string): readonly string[] {
    return this.all(name).flatMap((value) => value.split(/[\s,]+/).filter((word) => word !== ''));
  }

  /** Anything but `true` is no, as with Twilio; undefined when absent. */
  flag(name: string): boolean | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : value.toLowerCase() === 'true';
  }

  /** @throws {TwilioProblem} 400 with `code` for what is no whole number from `least` to `most` */
  integer(
    name: string,
    [least, most]: readonly [number, number],
    code = 20001,
  ): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d{1,9}$/.test(value) && number >= least && number <= most) return number;
    throw twilioProblems.badValue(code, `${name} must be a whole number from ${least} to ${most}`);
  }

  /** @throws {TwilioProblem} 400, 20001 for another word */
  oneOf<const T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.text(name);
    const known = words.find((word) => word === value);
    if (value === undefined || known !== undefined) return known;
    throw twilioProblems.badValue(20001, `${name} must be ${words.join(' or ')}`);
  }

  /** @throws {TwilioProblem} 400, 21209 */
  method(name: string): Method | undefined {
    const value = this.text(name)?.toUpperCase();
    if (value === undefined || value === 'GET' || value === 'POST') return value;
    throw twilioProblems.badValue(21209, `${name} must be GET or POST`);
  }

  /** @throws {TwilioProblem} 400 with `code` for what is no absolute URL of http or https */
  url(name: string, code = 21205): string | undefined {
    const value = this.text(name);
    if (value === undefined || isWebUrl(value)) return value;
    throw twilioProblems.badValue(code, `${name} is not a valid URL: ${value}`);
  }

  /**
   * A day, or a moment, in milliseconds since the epoch.
   *
   * @throws {TwilioProblem} 400, 20001
   */
  time(name: string): { readonly from: number; readonly to: number } | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const from = Date.parse(value);
    if (Number.isNaN(from)) throw twilioProblems.badValue(20001, `${name} is no date: ${value}`);
    return { from, to: from + (/^\d{4}-\d{2}-\d{2}$/.test(value) ? 86_400_000 : 1_000) };
  }

  /** @throws {TwilioProblem} 501 for the first of these that is given */
  refuse(names: readonly string[]): void {
    const given = names.find((name) => this.text(name) !== undefined);
    if (given !== undefined) throw twilioProblems.notHere(given);
  }

  private all(name: string): readonly string[] {
    const value = Object.hasOwn(this.values, name) ? this.values[name] : undefined;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.filter((each) => typeof each === 'string');
  }
}

export function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** What a request lacks. */
export function missing(name: string, code: number): TwilioProblem {
  return twilioProblems.badValue(code, `the parameter ${name} is required`);
}
