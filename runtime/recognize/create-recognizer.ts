import type { Clock } from '../core/clock';
import type { RecognizerConfig } from '../core/config';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { RecognizerChain } from './chain';
import { GoogleCloudRecognizer } from './google-cloud';
import type { Recognizer } from './port';
import { WebSocketRecognizer } from './websocket';

export interface RecognizerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Those that are configured, as one; undefined where none is. */
export function createRecognizer(
  config: RecognizerConfig | readonly RecognizerConfig[] | undefined,
  parts: RecognizerParts,
): Recognizer | undefined {
  if (config === undefined) return undefined;
  const all = [config].flat().map((each) => create(each, parts));
  const { clock, logger } = parts;
  const recognizer = new RecognizerChain(all, clock, logger);
  // Calls that need none are served whatever comes of it; those that do are told.
  recognizer.prepare().catch((error: unknown) => {
    logger.warn({ error: describeError(error) }, 'a recogniser cannot be used');
  });
  return recognizer;
}

function create(config: RecognizerConfig, { clock, environment }: RecognizerParts): Recognizer {
  switch (config.type) {
    case 'google': {
      const apiKey = environment['CALLCHART_GOOGLE_API_KEY'];
      return new GoogleCloudRecognizer({ clock, apiKey, ...config });
    }
    case 'websocket': {
      const token = environment['CALLCHART_RECOGNIZER_TOKEN'];
      return new WebSocketRecognizer({ clock, token, ...config });
    }
  }
}
