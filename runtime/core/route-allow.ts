import type { RouteConfig } from './network-config';

/**
 * Who may use a route. One that says nothing of it: anyone where we answer ourselves (flows, web apps, refusals, and REGISTER,
 * which authenticates by itself), those known where the request goes on: we are no open relay.
 */
export function allowOf(route: RouteConfig): NonNullable<RouteConfig['allow']> {
  const open = route.flow ?? route.webhook ?? route.reject ?? route.register;
  return route.allow ?? (open === undefined ? 'known' : 'anyone');
}
