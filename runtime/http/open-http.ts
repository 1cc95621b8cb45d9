import type { ResolvedConfig } from '../config/resolved';
import { formatAddress } from '../core/address';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import type { CallHistory, DeadLetters, EventFeed } from '../events/port';
import { AnswerTable } from '../store/answer-table';
import { ApiKeyStore } from '../store/api-key-store';
import { Database } from '../store/database';
import type { WebClient } from '../web/port';
import { openApi, type OpenApi } from './open-api';
import type { CallService } from './port';

export interface HttpParts {
  readonly config: ResolvedConfig;
  readonly server: CallService;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly feed: EventFeed;
  /** Asks the apps of those who use Twilio's REST API. */
  readonly web: WebClient;
  /** Undefined: nothing is kept of calls that are over. */
  readonly history: CallHistory | undefined;
  readonly letters: DeadLetters | undefined;
}

/**
 * Opens the API of a server; undefined where none is configured.
 *
 * @throws {CallchartError} when its address cannot be listened on, or the database of its keys cannot be opened
 */
export async function openHttp(parts: HttpParts): Promise<OpenApi | undefined> {
  const { config, clock, logger } = parts;
  const { http } = config;
  if (http === undefined) return undefined;
  // Its own connection: it sees what `callchart keys` writes, and lives as long as the API does.
  const database = Database.open({ directory: config.data.directory });
  try {
    const keys = new ApiKeyStore(database, clock, logger);
    const api = await openApi({
      ...parts,
      history: parts.history ?? noHistory,
      config: http,
      twilio: { settings: config.twilio, web: parts.web },
      keys,
      answers: new AnswerTable(database),
    });
    logger.info({ url: api.url, keys: keys.size }, 'the API listens');
    if (keys.size === 0) {
      logger.warn(
        { remedy: 'callchart keys add --name <name> --scope call' },
        'the API has no keys yet: it answers nobody',
      );
    }
    warnOfPlainText(http, logger);
    return {
      url: api.url,
      streams: api.streams,
      close: async () => {
        await api.close();
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Where nothing is kept. */
const noHistory: CallHistory = {
  calls: () => ({ rows: [], next: undefined }),
  call: () => undefined,
  recordings: () => ({ rows: [], next: undefined }),
  recording: () => undefined,
  deleteRecording: () => Promise.resolve(false),
  deleteCall: () => undefined,
};

/** Keys and recordings would be read on the way. */
function warnOfPlainText(
  { listen, tls, publicUrl }: NonNullable<ResolvedConfig['http']>,
  logger: Logger,
): void {
  const isLocal = /^(127\.|::1$)/.test(listen.host);
  if (isLocal || tls !== undefined || publicUrl?.startsWith('https:') === true) return;
  logger.warn(
    {
      listen: formatAddress(listen),
      remedy: 'set http.tls, or let a proxy with TLS stand in front, and set http.publicUrl',
    },
    'the API can be reached from elsewhere, and nothing encrypts it',
  );
}
