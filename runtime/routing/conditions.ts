import type { Pattern, RouteConditions } from '../core/network-config';
import { type CompiledPattern, type PatternMatch, compilePattern } from '../core/pattern';
import { formatUri } from '../sip/message/uri';
import { userOf } from './facts';
import type { RequestFacts } from './port';
import { TimeWindow } from './time-window';

/** What a condition says of a request: why it does not hold, or what its pattern took. */
export type Verdict = string | PatternMatch;

/** One condition of a route, compiled. */
export type Condition = (facts: RequestFacts) => Verdict;

export const holds: PatternMatch = [];

/** A condition holds unless it gives a reason. */
export function fails(verdict: Verdict): verdict is string {
  return typeof verdict === 'string';
}

/**
 * The conditions that do not ask who the caller is, in the order in which they are tried: `$1` is of the first one
 * that took anything. `registered` stands by itself, for strangers must not learn of it.
 */
export function compileConditions(when: RouteConditions): readonly Condition[] {
  const list: Condition[] = [];
  const { method, dialled, uri, from, to, header, local, time } = when;
  if (method !== undefined) list.push(methodIs(typeof method === 'string' ? [method] : method));
  if (dialled !== undefined) {
    list.push(fits('dialled', dialled, (facts) => [userOf(facts.requestUri)]));
  }
  if (uri !== undefined) list.push(fits('the request URI', uri, (facts) => uriTexts(facts)));
  if (to !== undefined) list.push(fits('To', to, (facts) => [userOf(facts.to)]));
  if (from !== undefined) list.push(fits('From', from, (facts) => [userOf(facts.from)]));
  for (const [name, wanted] of Object.entries(header ?? {})) list.push(headerIs(name, wanted));
  if (local !== undefined) list.push((facts) => localIs(facts, local));
  if (time !== undefined) {
    const window = new TimeWindow(time);
    list.push((facts) => (window.holds(facts.time) ? holds : window.reason(facts.time)));
  }
  return list;
}

export function compilePatterns(
  patterns: Pattern | readonly Pattern[],
): readonly CompiledPattern[] {
  const list = Array.isArray(patterns) ? (patterns as readonly Pattern[]) : [patterns as Pattern];
  return list.map(compilePattern);
}

/** What the first pattern that fits took of the first text that it fits. */
export function firstMatch(
  patterns: readonly CompiledPattern[],
  texts: readonly string[],
): PatternMatch | undefined {
  for (const pattern of patterns) {
    for (const text of texts) {
      const match = pattern.match(text);
      if (match !== undefined) return match;
    }
  }
  return undefined;
}

/** `"1*" or "2*"`. */
export function describePatterns(patterns: readonly CompiledPattern[]): string {
  return patterns.map(({ source }) => `"${source}"`).join(' or ');
}

function fits(
  what: string,
  patterns: Pattern | readonly Pattern[],
  read: (facts: RequestFacts) => readonly string[],
): Condition {
  const compiled = compilePatterns(patterns);
  return (facts) => {
    const texts = read(facts);
    return (
      firstMatch(compiled, texts) ??
      `${what} "${texts[0] ?? ''}" does not fit ${describePatterns(compiled)}`
    );
  };
}

/** As it is, and without what stands behind the host: most do not think of `;transport=tcp`. */
function uriTexts({ requestUri }: RequestFacts): readonly string[] {
  const whole = formatUri(requestUri);
  const bare =
    requestUri.scheme === 'tel'
      ? `tel:${userOf(requestUri)}`
      : formatUri({ ...requestUri, params: new Map(), headers: [] });
  return bare === whole ? [whole] : [bare, whole];
}

function methodIs(methods: readonly string[]): Condition {
  const wanted = new Set(methods.map((method) => method.toUpperCase()));
  const reason = `is not ${methods.join(' or ')}`;
  return ({ method }) =>
    wanted.has(method.toUpperCase()) ? holds : `the method ${method} ${reason}`;
}

function headerIs(name: string, wanted: Pattern | boolean): Condition {
  if (typeof wanted === 'boolean') {
    return (facts) => {
      const there = facts.header(name).length > 0;
      if (there === wanted) return holds;
      return there ? `the header ${name} is there` : `the header ${name} is missing`;
    };
  }
  const patterns = [compilePattern(wanted)];
  return (facts) => {
    const values = facts.header(name);
    const match = firstMatch(patterns, values);
    if (match !== undefined) return match;
    return values.length === 0
      ? `the header ${name} is missing`
      : `the header ${name} "${values.join(', ')}" does not fit ${describePatterns(patterns)}`;
  };
}

function localIs({ local, requestUri }: RequestFacts, wanted: boolean): Verdict {
  if (local === wanted) return holds;
  const host = requestUri.scheme === 'tel' ? 'a number without a domain' : requestUri.host;
  return local ? `${host} is a domain of ours` : `${host} is no domain of ours`;
}
