import { packageVersion } from './cli/version';
import { resolveConfig } from './config/resolve';
import type { ResolvedConfig } from './config/resolved';
import { type Clock, RealClock } from './core/clock';
import type { CallchartConfig } from './core/config';
import { describeError } from './core/errors';
import { type Logger, silentLogger } from './core/logger';
import { SecureRandom } from './core/random';
import { defaultApology } from './flow/apology';
import type { OpenApi } from './http/open-api';
import type { HttpParts } from './http/open-http';
import { repairParts } from './media/repair-recordings';
import { CLIP_RATES } from './prompt/clip';
import { createPromptLibrary } from './prompt/library';
import type { PromptLibrary } from './prompt/port';
import { createVoices } from './prompt/tts/create-voice';
import { createRecognizer } from './recognize/create-recognizer';
import { CallServer } from './service/call-server';
import { openFlows } from './service/content';
import { openData, type ServiceData } from './service/data';
import { defaultDomain } from './service/directory';
import { keepRecords } from './service/kept-records';
import type { Server, ServerParts } from './service/port';
import { openWeb } from './service/web';
import type { WebClient } from './web/port';

export type { FlowChange, ReloadReport } from './service/content';
export type { OpenCounts, OriginateRequest, Server, ServerParts } from './service/port';

/**
 * Puts the rooms together: loads and checks the flows, opens the listeners, answers calls.
 *
 * @throws {FlowsError} with everything that is wrong with any flow
 * @throws {CallchartError} when an address cannot be listened on
 */
export async function createServer(config: ResolvedConfig, parts: ServerParts): Promise<Server> {
  const clock = parts.clock ?? new RealClock();
  const random = parts.random ?? new SecureRandom();
  const logger = parts.logger ?? silentLogger;
  const web = parts.web ?? openWeb(config.web, clock, random);
  const prompts = parts.prompts ?? (await openPrompts(config, clock, logger, parts, web));
  const recognizer =
    parts.recognizer ??
    createRecognizer(config.recognizer, { clock, logger, environment: parts.environment ?? {} });
  try {
    const flows = openFlows(config, prompts, parts.requireFlow, recognizer !== undefined);
    if (config.flows.apology === undefined && defaultApology(prompts) === undefined) {
      logger.warn(
        { remedy: "put a prompt 'apology' into the prompts folder, or configure flows.apology" },
        'callers of a flow that fails hear no apology: no voice speaks it',
      );
    }
    await finishRecordings(config.recordings.directory, logger);
    const data = parts.data ?? openServiceData(config, clock, logger);
    let server: CallServer | undefined;
    let api: OpenApi | undefined;
    // The API goes last: who follows calls by it is told of their ends.
    const onClosed = async (): Promise<void> => {
      await api?.close();
      await parts.onClosed?.();
    };
    try {
      server = new CallServer({
        ...{ config, clock, random, logger, prompts, flows, data, web, recognizer },
        parts: { ...parts, onClosed },
      });
      await server.listen();
      const { version } = parts;
      api = await openApi(server, { config, server, version, clock, random, logger, web });
      server.api = api?.url;
      return server;
    } catch (error) {
      if (server === undefined) data.close();
      else await server.close();
      throw error;
    }
  } catch (error) {
    await prompts.close();
    await web.close();
    await recognizer?.close();
    throw error;
  }
}

export interface StartOptions {
  /** What paths of the configuration are relative to; the working directory when absent. */
  readonly directory?: string;
  /** Gets the log; nobody when absent. */
  readonly logger?: Logger;
  /** Gets the record of each call instead of the files in `records.directory`. */
  readonly onRecord?: ServerParts['onRecord'];
  /** `CALLCHART_LISTEN` and the like; those of the process when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a server in this process, as `callchart serve` does: {@link Server.originate} places calls, and
 * {@link Server.drain} and {@link Server.close} end it.
 *
 * @throws {ConfigError} with a line for each mistake in the configuration
 * @throws {FlowsError} with everything that is wrong with any flow
 * @throws {CallchartError} when an address cannot be listened on
 */
export async function startServer(
  config: CallchartConfig = {},
  options: StartOptions = {},
): Promise<Server> {
  const { directory = process.cwd(), environment = process.env, logger = silentLogger } = options;
  const resolved = resolveConfig(config, { source: 'startServer', directory, environment });
  const clock = new RealClock();
  const { onRecord } = options;
  const records = onRecord === undefined ? keepRecords(resolved, clock, logger) : { onRecord };
  return createServer(resolved, {
    version: packageVersion(),
    clock,
    logger,
    environment,
    ...records,
  });
}

/** What is not configured is not loaded, and no events are made for it: whoever reads `Server.events` begins that. */
async function openApi(
  server: CallServer,
  parts: Omit<HttpParts, 'history' | 'feed' | 'letters'>,
): Promise<OpenApi | undefined> {
  if (parts.config.http === undefined) return undefined;
  const { openHttp } = await import('./http/open-http');
  const { history, events: feed, letters } = server;
  return openHttp({ ...parts, history, feed, letters });
}

function openPrompts(
  config: ResolvedConfig,
  clock: Clock,
  logger: Logger,
  parts: ServerParts,
  web: WebClient,
): Promise<PromptLibrary> {
  const googleApiKey = parts.environment?.['CALLCHART_GOOGLE_API_KEY'];
  const { voices, byLanguage } = createVoices(config.prompts, { clock, logger, googleApiKey });
  return createPromptLibrary({
    directories: [config.prompts.directory],
    voice: voices,
    voices: byLanguage,
    language: config.prompts.language,
    fallback: config.prompts.fallback,
    cacheDirectory: config.prompts.cache,
    maxDiskSize: config.prompts.cacheSize,
    toneCountry: config.media.toneCountry,
    sampleRates: CLIP_RATES,
    clock,
    logger,
    web,
  });
}

function openServiceData(config: ResolvedConfig, clock: Clock, logger: Logger): ServiceData {
  return openData({
    directory: config.data.directory,
    realm: config.registrar.domains[0] ?? defaultDomain,
    clock,
    logger,
  });
}

/** Makes recordings whole that a crash has left behind. */
async function finishRecordings(directory: string, logger: Logger): Promise<void> {
  try {
    const repaired = await repairParts(directory);
    if (repaired.length > 0) logger.warn({ recordings: repaired }, 'recordings repaired');
  } catch (error) {
    logger.warn({ directory, error: describeError(error) }, 'recordings could not be repaired');
  }
}
