import { basename } from 'node:path';
import type { Binding } from '../../sip/server/port';
import { formatAddress } from '../../core/address';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import type { serverEndpoints } from '../api/server-endpoints';
import { readCursor, writeCursor } from '../cursor';
import type { Metrics } from '../metrics';
import { describeApi } from '../openapi';
import type { CallService } from '../port';
import { problems } from '../problem';
import type { Handlers } from '../router';

export interface ServerHandlerParts {
  readonly server: CallService;
  readonly metrics: Metrics;
  readonly version: string;
  readonly logger: Logger;
  /** Where others reach the API. */
  readonly url: () => string;
}

/** The server itself, and what it serves. */
export function serverHandlers({
  server,
  metrics,
  version,
  logger,
  url,
}: ServerHandlerParts): Handlers<keyof typeof serverEndpoints> {
  return {
    live: () => ({ status: 200, body: { status: 'ok' } }),
    ready: () => {
      const reasons = [
        ...(server.draining ? ['the server is being stopped'] : []),
        ...(server.listeners.length === 0 ? ['no SIP listener is open'] : []),
      ];
      return reasons.length === 0
        ? { status: 200, body: { status: 'ok' } }
        : { status: 503, body: { status: 'unavailable', reasons } };
    },
    metrics: () => ({
      stream: async (response) => {
        const text = await metrics.text();
        response.type(metrics.contentType).send(text);
      },
    }),
    describe: () => ({ status: 200, body: describeApi(version, url()) }),
    getServer: () => ({ status: 200, body: statusOf(server, version) }),
    reload: async () => {
      const { changes, problems: found, kept } = await server.reload();
      return {
        status: 200,
        body: {
          changes: changes.map(({ flow, from, to }) => ({
            flow,
            from: from ?? null,
            to: to ?? null,
          })),
          problems: [...found],
          kept: [...kept],
        },
      };
    },
    drain: ({ body: { timeout } }) => {
      server.drain(timeout).catch((error: unknown) => {
        logger.error({ error: describeError(error) }, 'draining failed');
      });
      return { status: 202, body: statusOf(server, version) };
    },
    listFlows: () => ({ status: 200, body: { items: server.flows.map(flowOf(server)) } }),
    getFlow: ({ params: { name } }) => {
      const flow = server.flows.find((each) => each.name === name);
      if (flow === undefined) throw problems.notFound(`flow ${name}`);
      return { status: 200, body: flowOf(server)(flow) };
    },
    listRegistrations: ({ query: { limit, cursor, user } }) => {
      const after = cursor === undefined ? '' : readCursor(cursor).join('\n');
      const all = Array.from(server.location.all(), (binding) => ({
        binding,
        mark: [binding.aor, binding.contact, String(binding.regId ?? '')],
      }))
        .filter(({ binding }) => user === undefined || userOf(binding) === user)
        .map((each) => ({ ...each, key: each.mark.join('\n') }))
        .filter(({ key }) => key > after)
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      const last = all[limit - 1];
      const next = all.length > limit && last !== undefined ? writeCursor(last.mark) : null;
      const items = all.slice(0, limit).map(({ binding }) => registrationOf(binding));
      return { status: 200, body: { items, next } };
    },
    listTrunks: () => ({
      status: 200,
      body: {
        items: server.trunks.states().map(({ name, state, calls, maxCalls, servers }) => ({
          ...{ name, state, calls, maxCalls: maxCalls ?? null },
          servers: servers.map(({ registeredUntil, roundTrip, lastError, ...rest }) => ({
            ...rest,
            registeredUntil: registeredUntil === undefined ? null : iso(registeredUntil),
            roundTrip: roundTrip ?? null,
            lastError: lastError ?? null,
          })),
        })),
      },
    }),
  };
}

function statusOf(server: CallService, version: string) {
  const { draining, listeners, open } = server;
  return {
    ...{ version, draining },
    listeners: listeners.map(({ protocol, host, port }) => ({ protocol, host, port })),
    open: { ...open },
  };
}

function flowOf(server: CallService) {
  const calls = new Map<string | undefined, number>();
  for (const { flow } of server.liveCalls()) calls.set(flow, (calls.get(flow) ?? 0) + 1);
  return ({ name, version, file }: CallService['flows'][number]) => ({
    ...{ name, version, file: basename(file) },
    calls: calls.get(name) ?? 0,
  });
}

function registrationOf(binding: Binding) {
  const { aor, contact, q, expiresAt, registeredAt, source, userAgent } = binding;
  return {
    ...{ user: userOf(binding), address: aor, contact, q },
    expires: iso(expiresAt),
    since: iso(registeredAt),
    protocol: source.protocol,
    source: formatAddress(source),
    userAgent: userAgent ?? null,
  };
}

/** `alice` of `sip:alice@example.com`. */
function userOf({ aor }: Binding): string {
  return aor.slice(aor.indexOf(':') + 1, aor.lastIndexOf('@'));
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
