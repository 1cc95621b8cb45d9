import type { ResolvedConfig } from '../config/resolve';
import type { RouteConfig } from '../core/network-config';
import { allowOf } from '../core/route-allow';
import type { RouteAction, RouteDecision } from '../routing/port';
import { shownUrl } from '../web/url';
import { formatTable } from './table';

/** For people: each route that was looked at with its reason, then what comes of it. */
export function explainDecision(decision: RouteDecision, request: string): string {
  const rows = decision.considered.map(({ route, reason }) => [
    route,
    reason === '' ? 'matches' : reason,
  ]);
  const table = rows.length === 0 ? [] : [formatTable([['route', 'because'], ...rows]), ''];
  return [...table, `${request}: ${describeOutcome(decision)}`].join('\n');
}

function describeOutcome({ type, route, action }: RouteDecision): string {
  switch (type) {
    case 'matched':
      return `${route ?? ''}, ${action === undefined ? '' : describeAction(action)}`;
    case 'challenge':
      return `the caller is asked for a password (401 or 407), for ${route ?? ''}`;
    case 'forbidden':
      return `403, for ${route ?? ''} is for others`;
    case 'none':
      return '404, no route matches';
  }
}

/** `proxy to sip:a.example`. */
function describeAction(action: RouteAction): string {
  switch (action.type) {
    case 'flow':
      return `flow ${action.flow}`;
    case 'webhook':
      return `web app ${shownUrl(action.app.url)}`;
    case 'register':
      return 'register';
    case 'reject':
      return `reject ${action.status}${action.reason === undefined ? '' : ` ${action.reason}`}`;
    case 'redirect':
      return `redirect ${action.status} to ${places(action.to)}`;
    case 'proxy':
      return `proxy to ${places(action.to)}`;
    case 'gateway':
      return `gateway to ${places(action.to)}${action.trunk === undefined ? '' : ` by the trunk ${action.trunk}`}`;
  }
}

function places(to: readonly string[] | 'location' | 'request-uri'): string {
  if (to === 'location') return 'the contacts of the dialled user';
  return to === 'request-uri' ? 'where the request URI says' : to.join(', ');
}

const heading = ['route', 'when', 'allow', 'action'];

/** What routes there are, or those that stand in for them. */
export function listRoutes(config: ResolvedConfig, json: boolean): string {
  const list = config.routes ?? defaults(config);
  const rows = list.map((route, index) => rowOf(route, index));
  if (json) {
    return rows
      .map(([route, when, allow, action]) => JSON.stringify({ route, when, allow, action }))
      .join('\n');
  }
  const table = formatTable([heading, ...rows]);
  return config.routes === undefined
    ? `no routes are configured: these stand in\n\n${table}`
    : table;
}

/** What the default routes do, as routes would say it. */
function defaults({ flows }: ResolvedConfig): readonly RouteConfig[] {
  return [
    { name: 'default: register', when: { method: 'REGISTER' }, register: true },
    { name: 'default: flow of that name', flow: true },
    { name: 'default: user of that name', when: { local: true }, proxy: true },
    ...(flows.default === undefined
      ? []
      : [{ name: 'default: flows.default', flow: flows.default }]),
  ];
}

const actions = ['flow', 'webhook', 'proxy', 'redirect', 'register', 'reject', 'gateway'] as const;

type Row = readonly [route: string, when: string, allow: string, action: string];

function rowOf(route: RouteConfig, index: number): Row {
  const { name, when } = route;
  const kind = actions.find((action) => route[action] !== undefined) ?? 'flow';
  const value = route[kind];
  return [
    name ?? `routes[${index}]`,
    Object.entries(when ?? {})
      .map(([key, wanted]) => `${key} ${plain(wanted)}`)
      .join(', '),
    allowOf(route),
    route.webhook === undefined
      ? value === true
        ? kind
        : `${kind} ${plain(value)}`
      : webhookOf(route.webhook),
  ];
}

/** `webhook http://localhost:3000/voice, format json`, without what may be secret. */
function webhookOf(webhook: NonNullable<RouteConfig['webhook']>): string {
  if (typeof webhook === 'string') return `webhook ${shownUrl(webhook)}`;
  const { url, fallbackUrl, ...others } = webhook;
  return [
    `webhook ${shownUrl(url)}`,
    ...(fallbackUrl === undefined ? [] : [`fallbackUrl ${shownUrl(fallbackUrl)}`]),
    ...Object.entries(others).map(([key, value]) => `${key} ${value}`),
  ].join(', ');
}

/** A setting on one line: `1*`, `1* or 2*`, `{"X-A":"b"}`. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(' or ');
  if (typeof value === 'string') return value;
  if (value instanceof RegExp) return String(value);
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof RegExp ? String(inner) : inner,
  );
}
