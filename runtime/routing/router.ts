import type { RouteConfig } from '../core/network-config';
import { allowOf } from '../core/route-allow';
import type { Uri } from '../sip/message/uri';
import { type ActionMaker, compileAction } from './actions';
import { compileConditions, type Condition, fails } from './conditions';
import { defaultRoutes } from './default-routes';
import { compileIdentity, type IdentityCheck, type Provable } from './identity';
import type { RequestFacts, RouteAction, RouteDecision, Router } from './port';

export interface RouterOptions {
  /** Undefined: the routes that there are without a configuration. */
  readonly routes: readonly RouteConfig[] | undefined;
  /** `flows.default`, for the default routes. */
  readonly defaultFlow?: string | undefined;
  isFlow(name: string): boolean;
  /** Whether a user of this name exists, registered or not. */
  isUser(name: string): boolean;
  /** Whether there is any user at all: if not, nobody is challenged to be one. */
  hasUsers(): boolean;
  /** Trunks with `inbound.username`. None when absent. */
  readonly trunksThatLogIn?: readonly string[];
  /**
   * Whether a From claims to be of one of our domains. Such a caller is challenged by the first route that asks who
   * they are; others are passed on, and challenged only when no later route takes them. All are, when absent.
   */
  readonly claimsToBeOurs?: (from: Uri) => boolean;
}

/** A route, ready for use. */
export interface CompiledRoute {
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly identity: IdentityCheck;
  /** Whether the dialled user has to be registered now. */
  readonly registered?: boolean | undefined;
  /** Only for those who are known: whoever is not would learn which users there are. */
  readonly afterIdentity?: Condition | undefined;
  readonly action: ActionMaker;
}

/** Routes that the configuration has refused if they are wrong: throws for a pattern that cannot be compiled. */
export function createRouter(options: RouterOptions): Router {
  const isFlow = (name: string): boolean => options.isFlow(name);
  const routes =
    options.routes === undefined
      ? defaultRoutes(options)
      : options.routes.map((route, index) => compileRoute(route, index, isFlow));
  const provable: Provable = {
    hasUsers: () => options.hasUsers(),
    trunksThatLogIn: options.trunksThatLogIn ?? [],
  };
  const claims = options.claimsToBeOurs ?? (() => true);
  return { decide: (facts) => decide(routes, facts, provable, claims) };
}

function compileRoute(
  route: RouteConfig,
  index: number,
  isFlow: (name: string) => boolean,
): CompiledRoute {
  const when = route.when ?? {};
  return {
    name: route.name ?? `routes[${index}]`,
    conditions: compileConditions(when),
    identity: compileIdentity(when, allowOf(route)),
    registered: when.registered,
    action: compileAction(route, isFlow),
  };
}

type Considered = RouteDecision['considered'][number];

function decide(
  routes: readonly CompiledRoute[],
  facts: RequestFacts,
  provable: Provable,
  claimsToBeOurs: (from: Uri) => boolean,
): RouteDecision {
  const considered: Considered[] = [];
  let challenging: string | undefined;
  let refusing: string | undefined;
  for (const route of routes) {
    const outcome = consider(route, facts, provable);
    if (outcome.type === 'matched') {
      considered.push({ route: route.name, reason: '' });
      return { type: 'matched', route: route.name, action: outcome.action, considered };
    }
    considered.push({ route: route.name, reason: outcome.reason });
    if (outcome.type === 'prove') {
      challenging ??= route.name;
      if (claimsToBeOurs(facts.from)) break;
    } else if (outcome.type === 'refused') refusing ??= route.name;
  }
  if (challenging !== undefined) {
    return { type: 'challenge', route: challenging, action: undefined, considered };
  }
  const type = refusing === undefined ? 'none' : 'forbidden';
  return { type, route: refusing, action: undefined, considered };
}

type Outcome =
  | { readonly type: 'matched'; readonly action: RouteAction }
  | { readonly type: 'no' | 'prove' | 'refused'; readonly reason: string };

function consider(route: CompiledRoute, facts: RequestFacts, provable: Provable): Outcome {
  let groups: readonly string[] = [];
  for (const condition of route.conditions) {
    const verdict = condition(facts);
    if (fails(verdict)) return { type: 'no', reason: verdict };
    if (groups.length === 0) groups = verdict;
  }
  const identity = route.identity(facts.caller, provable);
  // Whether somebody is registered or exists at all is told to those alone whom the route is for.
  if (identity.type !== 'yes') return identity;
  const { registered, afterIdentity } = route;
  if (registered !== undefined && registered !== facts.registered) {
    const state = facts.registered ? 'is registered now' : 'is not registered now';
    return { type: 'no', reason: `the dialled user ${state}` };
  }
  const verdict = afterIdentity?.(facts) ?? [];
  if (fails(verdict)) return { type: 'no', reason: verdict };
  const action = route.action(facts, groups.length > 0 ? groups : identity.groups);
  return typeof action === 'string' ? { type: 'no', reason: action } : { type: 'matched', action };
}
