import { describeApi } from '../openapi';
import type { Metrics } from '../metrics';
import type { CallService } from '../port';
import type { Handlers } from '../router';

export interface ServerHandlerParts {
  readonly server: CallService;
  readonly metrics: Metrics;
  readonly version: string;
  /** Where others reach the API. */
  readonly url: () => string;
}

/** The server itself. */
export function serverHandlers({
  server,
  metrics,
  version,
  url,
}: ServerHandlerParts): Handlers<'live' | 'ready' | 'metrics' | 'describe'> {
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
  };
}
