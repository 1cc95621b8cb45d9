import type { ResolvedHttp } from '../config/resolved';
import type { Clock } from '../core/clock';
import type { TwilioSettings } from '../core/web-config';
import type { WebClient } from '../web/port';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import type { CallHistory, DeadLetters, EventFeed } from '../events/port';
import type { AnswerTable } from '../store/answer-table';
import type { ApiKeys } from '../store/api-key-store';
import { Authenticator } from './authenticator';
import { eventGauges, serverGauges } from './gauges';
import { EventStreams } from './event-streams';
import { callHandlers } from './handlers/calls';
import { eventHandlers } from './handlers/events';
import { recordingHandlers } from './handlers/recordings';
import { roomHandlers } from './handlers/rooms';
import { serverHandlers } from './handlers/server';
import { HttpFront, type HttpLimits } from './http-server';
import { Idempotency } from './idempotency';
import { Metrics } from './metrics';
import type { CallService } from './port';
import { createRouter } from './router';
import { openTwilioApi } from './twilio/open-twilio';

export interface ApiParts {
  readonly config: ResolvedHttp;
  readonly server: CallService;
  readonly keys: ApiKeys;
  readonly answers: Pick<AnswerTable, 'find' | 'keep'>;
  readonly history: CallHistory;
  readonly feed: EventFeed;
  /** Undefined: nobody subscribes to events. */
  readonly letters?: DeadLetters | undefined;
  /** Undefined: there is no REST API of Twilio's here. */
  readonly twilio?: { readonly settings: TwilioSettings; readonly web: WebClient };
  readonly version: string;
  readonly limits?: HttpLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The API, listening. */
export interface OpenApi {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Those who follow the events. */
  readonly streams: EventStreams;
  close(): Promise<void>;
}

/**
 * Opens the HTTP server.
 *
 * @throws {CallchartError} when its address cannot be listened on
 */
export async function openApi(parts: ApiParts): Promise<OpenApi> {
  const { config, server, keys, answers, history, feed, version, clock, random, logger } = parts;
  const authenticator = new Authenticator(keys, clock, logger);
  const streams = new EventStreams(feed, keys, clock, logger);
  const metrics = new Metrics([
    ...serverGauges(server, authenticator),
    ...eventGauges(streams, parts.letters),
  ]);
  const forget = server.onHappening((happening) => metrics.happened(happening));
  let url = config.publicUrl ?? '';
  const api = createRouter({
    handlers: {
      ...serverHandlers({ server, metrics, version, logger, url: () => url }),
      ...callHandlers(server, history),
      ...recordingHandlers(history),
      ...roomHandlers(server),
      ...eventHandlers(streams, parts.letters),
    },
    authenticator,
    idempotency: new Idempotency(answers, clock),
    bodyLimit: config.bodyLimit,
    rateLimit: config.rateLimit,
  });
  const twilio =
    parts.twilio &&
    openTwilioApi({
      ...{ server, history, authenticator, clock, logger, ...parts.twilio },
      ...{ bodyLimit: config.bodyLimit, rateLimit: config.rateLimit, base: () => url },
    });
  const end = (): void => {
    forget();
    twilio?.close();
    authenticator.close();
    metrics.close();
    api.close();
  };
  try {
    const front = await HttpFront.open({
      ...{ config, clock, random, logger },
      router: twilio === undefined ? api.router : twilio.router.use(api.router),
      limits: parts.limits,
      onAnswer: (...answer) => metrics.request(...answer),
    });
    url = config.publicUrl ?? front.url;
    return {
      url: front.url,
      streams,
      close: async () => {
        authenticator.close();
        streams.close();
        await front.close();
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
