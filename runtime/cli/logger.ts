import pino from 'pino';
import type PinoPretty from 'pino-pretty';
import type { Logger } from '../core/logger';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Lines for people instead of JSON. */
  readonly pretty: boolean;
}

/**
 * Structured logging to standard output: JSON, one line an event; on a terminal the same as readable
 * text. Written without waiting for the disk or the terminal, so that a slow reader delays no packet.
 */
export function createLogger(options: LogOptions): { logger: Logger; flush: () => void } {
  const { level } = options;
  const stream = options.pretty
    ? readable()
    : pino.destination({ dest: 1, sync: false, minLength: 0 });
  const onLost = outputLost();
  stream.on('error', onLost);
  // The banner and pino write to the same place by different streams.
  process.stdout.on('error', onLost);
  // If that is gone too, there is nowhere to tell it.
  process.stderr.on('error', () => undefined);
  const inner = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    logger: {
      debug: (fields, message) => inner.debug(fields, message),
      info: (fields, message) => inner.info(fields, message),
      warn: (fields, message) => inner.warn(fields, message),
      error: (fields, message) => inner.error(fields, message),
    },
    flush: () => {
      if ('flushSync' in stream && typeof stream.flushSync === 'function') stream.flushSync();
    },
  };
}

function readable() {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded for a terminal only
  const pretty = require('pino-pretty') as typeof PinoPretty;
  return pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
}

/**
 * What to do when nobody reads standard output any more (a pipe that was closed, a full disk): calls go
 * on, their log lines are lost, and standard error says so, once.
 */
function outputLost(): (error: Error) => void {
  let told = false;
  return (error) => {
    if (told) return;
    told = true;
    process.stderr.write(
      `callchart: standard output cannot be written (${error.message}); calls go on without its log\n`,
    );
  };
}
