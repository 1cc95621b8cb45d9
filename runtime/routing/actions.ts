import type { RouteConfig } from '../core/network-config';
import { USER } from '../sip/message/characters';
import { escapeUri } from '../sip/message/uri-escape';
import { userOf } from './facts';
import type { RequestFacts, RouteAction } from './port';

/** How long a proxied or bridged call may ring. */
const defaultTimeout = 180_000;

/** Makes the action of one request: a text says why the route cannot have it. */
export type ActionMaker = (facts: RequestFacts, groups: readonly string[]) => RouteAction | string;

/** Compiles a route's action; `isFlow` knows the flows that are served. */
export function compileAction(route: RouteConfig, isFlow: (name: string) => boolean): ActionMaker {
  const { codecs, flow, webhook, proxy, redirect, reject, gateway } = route;
  if (flow !== undefined) return flowAction(flow, codecs, isFlow);
  if (webhook !== undefined) {
    const app = typeof webhook === 'string' ? { url: webhook } : webhook;
    return () => ({ type: 'webhook', app, codecs });
  }
  if (route.register === true) return () => ({ type: 'register' });
  if (reject !== undefined) {
    const { status, reason } =
      typeof reject === 'number' ? { status: reject, reason: undefined } : reject;
    return () => ({ type: 'reject', status, reason });
  }
  if (proxy !== undefined) {
    const given = targetsOf(proxy);
    const { recordRoute = true, timeout = defaultTimeout } = settingsOf(proxy);
    return (_facts, groups) => {
      const to = placesOf(given, groups);
      return to.type === 'refused'
        ? to.reason
        : { type: 'proxy', to: to.places, recordRoute, timeout };
    };
  }
  if (redirect !== undefined) {
    const given = targetsOf(redirect);
    const { status = 302 } = settingsOf(redirect);
    return (_facts, groups) => {
      const to = placesOf(given, groups);
      if (to.type === 'refused') return to.reason;
      // RFC 3261 §21.3: the request URI itself would send the caller round in a circle.
      const places = to.places === 'request-uri' ? 'location' : to.places;
      return { type: 'redirect', to: places, status };
    };
  }
  if (gateway !== undefined) {
    const given = targetsOf(gateway);
    const { trunk, dtmf, timeout = defaultTimeout } = settingsOf(gateway);
    return (_facts, groups) => {
      const filled = fillAll(given, groups);
      return typeof filled === 'string'
        ? filled
        : { type: 'gateway', to: filled, trunk, dtmf, codecs, timeout };
    };
  }
  return () => 'it has no action';
}

function flowAction(
  flow: string | true,
  codecs: RouteConfig['codecs'],
  isFlow: (name: string) => boolean,
): ActionMaker {
  return (facts, groups) => {
    const name = flow === true ? userOf(facts.requestUri) : fill(flow, groups);
    if (name === undefined || !isFlow(name)) return `there is no flow "${name ?? flow}"`;
    return { type: 'flow', flow: name, codecs };
  };
}

type Targets = true | string | readonly string[] | { readonly to?: string | readonly string[] };

function targetsOf(setting: Targets): readonly string[] {
  if (setting === true) return [];
  if (typeof setting === 'string') return [setting];
  if (!isSettings(setting)) return setting;
  const { to } = setting;
  if (to === undefined) return [];
  return typeof to === 'string' ? [to] : to;
}

/** Array.isArray does not tell a read-only list from an object. */
function isSettings<T extends object>(setting: T | readonly string[]): setting is T {
  return !Array.isArray(setting);
}

/** The members of a setting that was written as an object. */
function settingsOf<T extends object>(setting: true | string | readonly string[] | T): Partial<T> {
  return typeof setting === 'object' && isSettings<T>(setting) ? setting : {};
}

type Places =
  | { readonly type: 'places'; readonly places: readonly string[] | 'location' | 'request-uri' }
  | { readonly type: 'refused'; readonly reason: string };

function placesOf(given: readonly string[], groups: readonly string[]): Places {
  if (given.length === 0) return { type: 'places', places: 'location' };
  if (given[0] === 'request-uri') return { type: 'places', places: 'request-uri' };
  const filled = fillAll(given, groups);
  return typeof filled === 'string'
    ? { type: 'refused', reason: filled }
    : { type: 'places', places: filled };
}

function fillAll(
  templates: readonly string[],
  groups: readonly string[],
): readonly string[] | string {
  const filled: string[] = [];
  for (const template of templates) {
    const text = fill(template, groups);
    if (text === undefined) return `what was dialled cannot stand in "${template}"`;
    filled.push(text);
  }
  return filled;
}

/**
 * Puts what a pattern took for `$1` …. Whoever calls chose those characters: in a URI they are escaped, so that no
 * `@` of theirs names another host; where a bare number or name stands, such characters refuse it.
 */
function fill(template: string, groups: readonly string[]): string | undefined {
  if (!template.includes('$')) return template;
  const isUri = /^(?:sips?|tel):/i.test(template);
  let possible = true;
  const text = template.replace(/\$(\d)/g, (_whole, digit: string) => {
    const group = groups[Number(digit) - 1] ?? '';
    if (isUri) return escapeUri(group, USER);
    if (!/^[\w.+*#!~'()-]*$/.test(group)) possible = false;
    return group;
  });
  return possible && text !== '' ? text : undefined;
}
