import { readFileSync } from 'node:fs';
import type { Clock } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import type { Random } from '../core/random';
import type { WebSettings } from '../core/web-config';
import { createWebClient } from '../web/client';
import type { WebClient } from '../web/port';

/**
 * The client that the configuration describes.
 *
 * @throws {CallchartError} when `web.ca` cannot be read
 */
export function openWeb(settings: WebSettings, clock: Clock, random: Random): WebClient {
  const { ca, ...limits } = settings;
  return createWebClient({ ...limits, clock, random, ca: ca === undefined ? [] : [read(ca)] });
}

function read(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw unusable(`cannot be read (${describeError(error)})`, error);
  }
  throw unusable(`${file} holds no certificate: PEM begins with -----BEGIN CERTIFICATE-----`);
}

function unusable(problem: string, cause?: unknown): CallchartError {
  return new CallchartError('CALLCHART_CONFIG_INVALID', `web.ca: ${problem}`, { cause });
}
