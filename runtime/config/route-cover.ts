import type { Pattern, RouteConditions, RouteConfig } from '../core/network-config';
import { compilePattern, isLiteral, readNumberRange } from '../core/pattern';
import { allowOf } from '../core/route-allow';

/**
 * Whether an earlier route takes every request that a later one could, as far as that can be decided: where it
 * cannot, the answer is no.
 */
export function covers(earlier: RouteConfig, later: RouteConfig): boolean {
  // The flow that is dialled need not exist, and then the route is passed by.
  if (earlier.flow === true && later.flow !== true) return false;
  if (typeof earlier.flow === 'string' && /\$\d/.test(earlier.flow)) return false;
  return allowCovers(earlier, later) && conditionsCover(earlier.when ?? {}, later.when ?? {});
}

/** Those whom a route refuses are passed on, but for strangers: they may be asked who they are. */
function allowCovers(earlier: RouteConfig, later: RouteConfig): boolean {
  const ours = allowOf(earlier);
  const theirs = audienceOf(later);
  return ours === 'anyone' || ours === theirs || (ours === 'known' && theirs !== 'anyone');
}

/** Those who can get so far: whoever comes by a trunk, or is a user, is known. */
function audienceOf(route: RouteConfig): ReturnType<typeof allowOf> {
  const { trunk, user } = route.when ?? {};
  if (trunk !== undefined && trunk !== false) return 'trunks';
  return user !== undefined && user !== false ? 'users' : allowOf(route);
}

function conditionsCover(earlier: RouteConditions, later: RouteConditions): boolean {
  return (
    wordsCover(earlier.method, later.method) &&
    patternsCover(earlier.dialled, later.dialled) &&
    patternsCover(earlier.uri, later.uri) &&
    patternsCover(earlier.from, later.from) &&
    patternsCover(earlier.to, later.to) &&
    trunkCovers(earlier.trunk, later.trunk) &&
    userCovers(earlier.user, later.user) &&
    headersCover(earlier.header, later.header) &&
    sameOrAny(earlier.registered, later.registered) &&
    sameOrAny(earlier.local, later.local) &&
    timeCovers(earlier.time, later.time)
  );
}

function sameOrAny(earlier: unknown, later: unknown): boolean {
  return earlier === undefined || earlier === later;
}

type Words = string | readonly string[];

function wordsCover(earlier: Words | undefined, later: Words | undefined): boolean {
  if (earlier === undefined) return true;
  if (later === undefined) return false;
  const wider = new Set(many(earlier).map((word) => word.toLowerCase()));
  return many(later).every((word) => wider.has(word.toLowerCase()));
}

function many<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

type Patterns = Pattern | readonly Pattern[];

function patternsCover(earlier: Patterns | undefined, later: Patterns | undefined): boolean {
  if (earlier === undefined) return true;
  if (later === undefined) return many(earlier).includes('*');
  return many(later).every((one) => many(earlier).some((wider) => patternCovers(wider, one)));
}

function patternCovers(wider: Pattern, narrower: Pattern): boolean {
  if (wider === '*' || String(wider).toLowerCase() === String(narrower).toLowerCase()) {
    return wider === '*' || typeof wider === typeof narrower;
  }
  if (isLiteral(narrower)) return compilePattern(wider).match(narrower) !== undefined;
  const outer = readNumberRange(wider);
  const inner = readNumberRange(narrower);
  if (outer === undefined || inner === undefined) return false;
  const sameLength = outer.first.length === inner.first.length;
  return sameLength && outer.first <= inner.first && inner.last <= outer.last;
}

function trunkCovers(earlier: RouteConditions['trunk'], later: RouteConditions['trunk']): boolean {
  if (earlier === undefined || earlier === later) return true;
  if (typeof earlier === 'boolean') return earlier && later !== undefined && later !== false;
  if (later === undefined || typeof later === 'boolean') return false;
  const wider = new Set(many(earlier));
  return many(later).every((name) => wider.has(name));
}

function userCovers(earlier: RouteConditions['user'], later: RouteConditions['user']): boolean {
  if (earlier === undefined || earlier === later) return true;
  if (typeof earlier === 'boolean') return earlier && later !== undefined && later !== false;
  if (later === undefined || later === false) return false;
  return patternsCover(earlier, later === true ? undefined : later);
}

function headersCover(
  earlier: RouteConditions['header'],
  later: RouteConditions['header'],
): boolean {
  const theirs = new Map(
    Object.entries(later ?? {}).map(([name, wanted]) => [name.toLowerCase(), wanted]),
  );
  return Object.entries(earlier ?? {}).every(([name, wider]) => {
    const narrower = theirs.get(name.toLowerCase());
    if (narrower === undefined) return false;
    if (wider === narrower) return true;
    if (typeof wider === 'boolean') return wider && narrower !== false;
    return typeof narrower !== 'boolean' && patternCovers(wider, narrower);
  });
}

function timeCovers(earlier: RouteConditions['time'], later: RouteConditions['time']): boolean {
  const wide = earlier ?? {};
  const narrow = later ?? {};
  const anyTime = wide.from === undefined && wide.until === undefined;
  if (anyTime && wide.days === undefined) return true;
  if (wide.zone !== narrow.zone) return false;
  if (!anyTime && (wide.from !== narrow.from || wide.until !== narrow.until)) return false;
  return wide.days === undefined || (narrow.days !== undefined && daysCover(wide.days, narrow));
}

/** A night that runs on into the next day belongs to the day that it began on, in both. */
function daysCover(
  wider: readonly string[],
  { days, from, until }: NonNullable<RouteConditions['time']>,
): boolean {
  const overnight = from !== undefined && until !== undefined && until < from;
  return !overnight && (days ?? []).every((day) => wider.includes(day));
}
