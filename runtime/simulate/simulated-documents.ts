import { silentLogger } from '../core/logger';
import { jsonDialect } from '../document/json-dialect';
import { WebDocuments } from '../document/web-documents';
import { plainTextDialect, twimlDialect } from '../twiml/dialect';
import { requestOverrides } from '../twiml/overrides';
import { twilioParameters } from '../twiml/parameters';
import { NO_ACCOUNT } from '../twiml/sid';
import type { WebClient } from '../web/port';
import type { Transcript } from './transcript';

/** Documents of the web apps of a test: as a server reads them, and unsigned. */
export function simulatedDocuments(web: WebClient, transcript: Transcript): WebDocuments {
  return new WebDocuments({
    web,
    logger: { ...silentLogger, warn: (_, message) => transcript.problem(message) },
    dialects: [jsonDialect, twimlDialect, plainTextDialect],
    formParameters: twilioParameters({
      accountSid: NO_ACCOUNT,
      recordingUrl: (sid) => `https://callchart.example/recordings/${sid}`,
    }),
    sign: () => ({}),
    overridesOf: requestOverrides,
  });
}
