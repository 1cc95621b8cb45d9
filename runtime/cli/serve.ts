import { resolve } from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { controlPath } from '../control/path';
import { listenForCommands, type ControlServer } from '../control/server';
import { type Clock, RealClock } from '../core/clock';
import { DropCounter } from '../core/drop-counter';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { createServer, type Server } from '../main';
import { keepRecords } from '../service/kept-records';
import { SipTrace } from '../store/sip-trace';
import { banner } from './banner';
import { loadConfig } from './load-config';
import { commandsOf } from './server-commands';
import { createLogger } from './logger';
import { packageVersion } from './version';

export interface ServeOptions {
  readonly config?: string;
  readonly flow: readonly string[];
  readonly trace?: boolean;
}

/** A server that is about to run in this process. */
export interface Serving {
  readonly config: ResolvedConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Opens it; may be tried again. Rejects as {@link createServer} does. */
  start(): Promise<Server>;
  /** Answers calls until it is told to end, and ends the process; `onReady` is called when it can be called. */
  run(server: Server, onReady: () => void): Promise<never>;
}

/** `callchart serve`: answers calls until it is told to end. */
export async function serve(options: ServeOptions): Promise<void> {
  const serving = prepareServer(options);
  const server = await serving.start();
  await serving.run(server, () => {
    process.on('SIGHUP', () => void reload(server, serving.logger));
    process.stdout.write(
      banner({
        ...{ version: packageVersion(), server, config: serving.config },
        tracing: options.trace === true,
      }),
    );
  });
}

/** Reads the configuration, and opens what is kept of calls. */
export function prepareServer(options: ServeOptions): Serving {
  const config = withFlows(loadConfig(options.config, 'server'), options.flow);
  const { logger, flush } = createLogger({
    level: config.log.level,
    pretty: process.stdout.isTTY,
  });
  const clock = new RealClock();
  const traces =
    options.trace === true
      ? new SipTrace({ folder: config.records.directory, clock, logger })
      : undefined;
  const records = keepRecords(config, clock, logger);
  const drops = new DropCounter(clock, logger);
  return {
    config,
    logger,
    clock,
    start: () =>
      createServer(config, {
        version: packageVersion(),
        clock,
        logger,
        ...records,
        environment: process.env,
      }),
    run: async (server, onReady) => {
      const control = await answerCommands(server, config, logger);
      onReady();
      const status = await untilToldToEnd(server, config, logger);
      await control?.close();
      await within(server.close(), status === 0 ? goodbyeTime : hastyGoodbyeTime);
      drops.close();
      await traces?.close();
      await records.onClosed();
      flush();
      process.exit(status);
    },
  };
}

/** What other commands of this machine ask; without it the server works as well. */
async function answerCommands(
  server: Server,
  config: ResolvedConfig,
  logger: Logger,
): Promise<ControlServer | undefined> {
  try {
    return await listenForCommands(controlPath(config.data.directory), commandsOf(server));
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'commands cannot reach this server');
    return undefined;
  }
}

/** SIGHUP: flows, prompts, certificates and keys are read again; what cannot be used stays as it was. */
async function reload(server: Server, logger: Logger): Promise<void> {
  const { changes, problems } = await server.reload();
  for (const problem of problems) logger.error({ problem }, 'not taken over, the old stays in use');
  for (const { flow, from, to } of changes) logger.info({ flow, from, to }, 'flow changed');
  logger.info(
    { flows: server.flows.map(({ name, version }) => `${name} (${version})`) },
    'flows, prompts and certificates were read again',
  );
}

/** Milliseconds that peers have, after draining, to answer our last requests. */
const goodbyeTime = 5_000;
/** The same when it ends at once: enough for the BYEs to leave. */
const hastyGoodbyeTime = 300;

/** Waits for `work`, but no longer than `limit` milliseconds. */
function within(work: Promise<void>, limit: number): Promise<void> {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, limit);
    work.finally(() => clearTimeout(timer)).then(done, failed);
  });
}

/** Flows named on the command line are served instead of those of the configuration. */
function withFlows(config: ResolvedConfig, files: readonly string[]): ResolvedConfig {
  if (files.length === 0) return config;
  const named = files.map((file) => resolve(file));
  return { ...config, flows: { ...config.flows, directory: undefined, files: named } };
}

/**
 * SIGTERM or SIGINT: new calls get 503, those in progress may finish for `drainTimeout`. A second
 * SIGINT, or a second SIGTERM, ends at once.
 */
function untilToldToEnd(server: Server, config: ResolvedConfig, logger: Logger): Promise<number> {
  return new Promise((resolveStatus) => {
    let ending = false;
    const end = (signal: NodeJS.Signals): void => {
      if (ending) {
        logger.warn({ signal }, 'ending at once');
        resolveStatus(signal === 'SIGINT' ? 130 : 143);
        return;
      }
      ending = true;
      const { calls } = server.open;
      logger.info({ signal, calls, timeout: config.drainTimeout }, 'draining');
      server.drain(config.drainTimeout).then(
        () => resolveStatus(0),
        (error: unknown) => {
          logger.error({ error: describeError(error) }, 'draining failed');
          resolveStatus(1);
        },
      );
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
}
