import type { ResolvedConfig } from '../config/resolve';
import { formatAddress, formatHost } from '../core/address';
import type { RouteConfig } from '../core/network-config';
import type { Server } from '../service/port';
import { shownUrl } from '../web/url';

export interface BannerFacts {
  readonly version: string;
  readonly server: Pick<Server, 'flows' | 'listeners' | 'api'>;
  readonly config: Pick<ResolvedConfig, 'routes' | 'events' | 'web' | 'twilio'>;
  /** The SIP messages are written down. */
  readonly tracing: boolean;
}

/** What an operator sees first: the version, where it listens, who answers calls, who is told of them, and how to call. */
export function banner({ version, server, config, tracing }: BannerFacts): string {
  const listeners = server.listeners.map(
    (listener) => `${listener.protocol.toLowerCase()}:${formatAddress(listener)}`,
  );
  const host = hostToCall(server);
  const uris = server.flows.map((flow) => `sip:${flow.name}@${host}`);
  const apps = (config.routes ?? []).flatMap(appOf);
  return [
    `Callchart ${version}`,
    `  listens on  ${listeners.join('  ')}`,
    ...(server.api === undefined ? [] : [`  HTTP API    ${server.api}`]),
    ...(uris[0] === undefined
      ? ['  flows       none: the routes alone say what happens']
      : [
          `  flows       ${server.flows.map((flow) => `${flow.name} (${flow.version})`).join(', ')}`,
          `  to call     ${uris.join('\n              ')}`,
          `              npx callchart call ${uris[0]}`,
        ]),
    ...lines('web apps', apps),
    ...lines('events to', config.events?.subscribers.map(({ url }) => shownUrl(url)) ?? []),
    ...unsigned(config, apps.length > 0),
    ...(tracing
      ? ['  tracing     SIP messages are kept; callchart trace <call-id> shows them']
      : []),
    '',
    '',
  ].join('\n');
}

/** `127.0.0.1:5070`: where a phone on this machine finds the first listener. */
function hostToCall({ listeners }: Pick<Server, 'listeners'>): string {
  const first = listeners[0];
  const wildcard = first?.host === '0.0.0.0' || first?.host === '::';
  const host = first === undefined || wildcard ? '127.0.0.1' : formatHost(first.host);
  return first === undefined || first.port === 5060 ? host : `${host}:${first.port}`;
}

/** `http://localhost:3000/voice`: the app that a route leads to, without what may be secret. */
function appOf({ webhook }: RouteConfig): string[] {
  if (webhook === undefined) return [];
  return [shownUrl(typeof webhook === 'string' ? webhook : webhook.url)];
}

function lines(title: string, urls: readonly string[]): string[] {
  return [...new Set(urls)].map((url, index) => `  ${(index === 0 ? title : '').padEnd(12)}${url}`);
}

/** Apps cannot know who asks them where nothing is signed. */
function unsigned({ web, twilio, events }: BannerFacts['config'], asksApps: boolean): string[] {
  const subscribed = (events?.subscribers.length ?? 0) > 0;
  if (web.signingKeys.length > 0 || (!asksApps && !subscribed)) return [];
  if (twilio.authToken !== undefined && !subscribed) return [];
  return ['  not signed  requests to apps: set CALLCHART_WEBHOOK_KEYS, so that they know who asks'];
}
