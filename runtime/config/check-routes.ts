import type { RouteConfig } from '../core/network-config';
import { closest } from '../core/suggest';
import { covers } from './route-cover';

/** What routes may name. */
export interface RouteNames {
  /** Undefined while the flows are not loaded: then they are not checked. */
  readonly flows?: readonly string[];
  readonly trunks: readonly string[];
}

const actions = ['flow', 'webhook', 'proxy', 'redirect', 'register', 'reject', 'gateway'] as const;

/**
 * What is wrong with routes whose settings are right each by itself, a line each: none or several actions, a trunk
 * or flow that does not exist, times that are none, a route that no request can reach.
 */
export function checkRoutes(
  routes: readonly RouteConfig[] | undefined,
  names: RouteNames,
): string[] {
  const list = routes ?? [];
  return [
    ...list.flatMap((route, index) => routeProblems(route, `routes[${index}]`, names)),
    ...sameNames(list),
    ...unreachable(list),
  ];
}

/** How messages and `callchart routes` call a route: its name, or its place. */
export function routeName(route: RouteConfig, index: number): string {
  return route.name ?? `routes[${index}]`;
}

function routeProblems(route: RouteConfig, path: string, names: RouteNames): string[] {
  const found = actions.filter((action) => route[action] !== undefined);
  const problems: string[] = [];
  if (found.length === 0) {
    problems.push(`${path}: has no action: give it one of ${actions.join(', ')}`);
  } else if (found.length > 1) {
    problems.push(
      `${path}: has ${found.length} actions, ${found.join(' and ')}: a route takes one`,
    );
  }
  const answers = route.flow ?? route.webhook ?? route.gateway;
  if (route.codecs !== undefined && answers === undefined) {
    problems.push(
      `${path}.codecs: is for flow, webhook and gateway: with all else the callers agree by themselves`,
    );
  }
  if (names.flows !== undefined && typeof route.flow === 'string') {
    problems.push(...nameProblem(`${path}.flow`, 'flow', route.flow, names.flows));
  }
  for (const trunk of trunksOf(route.when?.trunk)) {
    problems.push(...nameProblem(`${path}.when.trunk`, 'trunk', trunk, names.trunks));
  }
  const { gateway } = route;
  if (typeof gateway === 'object' && 'trunk' in gateway && gateway.trunk !== undefined) {
    problems.push(...nameProblem(`${path}.gateway.trunk`, 'trunk', gateway.trunk, names.trunks));
  }
  const { from, until } = route.when?.time ?? {};
  if (from !== undefined && from === until) {
    problems.push(`${path}.when.time: from and until are both ${from}: no time is between them`);
  }
  const trunk = route.when?.trunk !== undefined && route.when.trunk !== false;
  const user = route.when?.user !== undefined && route.when.user !== false;
  if (trunk && user) {
    problems.push(`${path}.when: a request comes by a trunk or from a user, never both`);
  } else if ((trunk && route.allow === 'users') || (user && route.allow === 'trunks')) {
    problems.push(`${path}.allow: "${route.allow}" are never those whom its conditions let by`);
  }
  return problems;
}

function trunksOf(value: string | readonly string[] | boolean | undefined): readonly string[] {
  if (value === undefined || typeof value === 'boolean') return [];
  return typeof value === 'string' ? [value] : value;
}

/** A name that is made of what a pattern took cannot be known yet. */
function nameProblem(path: string, kind: string, name: string, known: readonly string[]): string[] {
  if (known.includes(name) || /\$\d/.test(name)) return [];
  const near = closest(name, known);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const all = known.length === 0 ? 'there is none' : `there are: ${known.join(', ')}`;
  return [`${path}: there is no ${kind} "${name}"${hint} (${all})`];
}

function sameNames(routes: readonly RouteConfig[]): string[] {
  const first = new Map<string, number>();
  return routes.flatMap(({ name }, index) => {
    if (name === undefined) return [];
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    return earlier === undefined
      ? []
      : [`routes[${index}].name: is "${name}", as that of routes[${earlier}]`];
  });
}

function unreachable(routes: readonly RouteConfig[]): string[] {
  return routes.flatMap((route, index) => {
    const cover = routes.slice(0, index).findIndex((earlier) => covers(earlier, route));
    if (cover < 0) return [];
    const other = routeName(routes[cover] as RouteConfig, cover);
    return [
      `routes[${index}]: can never be reached: ${other} before it takes every request that fits it`,
    ];
  });
}
