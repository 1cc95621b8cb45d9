import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ResolvedConfig } from '../config/resolved';
import { formatAddress } from '../core/address';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import { CallStore } from '../events/call-store';
import { StoredHistory } from '../events/history';
import { Journal } from '../events/journal';
import type { CallHistory, EventFeed } from '../events/port';
import { AnswerTable } from '../store/answer-table';
import { ApiKeyStore } from '../store/api-key-store';
import { Database } from '../store/database';
import { callSid, recordingSid } from '../twiml/sid';
import { openApi, type OpenApi } from './open-api';
import type { CallService, DeadLetters } from './port';

/** What is known of calls besides those in progress. */
export interface HttpEvents {
  readonly history: CallHistory;
  readonly feed: EventFeed;
  readonly letters?: DeadLetters | undefined;
}

export interface HttpParts {
  readonly config: ResolvedConfig;
  readonly server: CallService;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Undefined: kept beside the keys. */
  readonly events?: HttpEvents | undefined;
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
    const { events = keepEvents(parts, database) } = parts;
    const api = await openApi({
      ...parts,
      ...events,
      config: http,
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

/** The index of calls and recordings, and events in memory. */
function keepEvents({ server, clock, logger }: HttpParts, database: Database): HttpEvents {
  const sizeOf = (path: string): number | undefined =>
    statSync(path, { throwIfNoEntry: false })?.size;
  const sids = { call: callSid, recording: recordingSid };
  const store = new CallStore({ database, sids, sizeOf, subscribers: undefined });
  const journal = new Journal({ clock, logger, store, sizeOf });
  server.onHappening(journal.take);
  const history = new StoredHistory({
    ...{ store, clock },
    removeFile: (path) => rm(path, { force: true }),
    onDeleted: ({ call, path }) =>
      journal.take({ type: 'recording.deleted', call, path, time: clock.now() }),
  });
  return { feed: journal, history };
}

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
