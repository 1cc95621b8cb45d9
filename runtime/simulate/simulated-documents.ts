import { silentLogger } from '../core/logger';
import { jsonDialect } from '../document/json-dialect';
import { WebDocuments } from '../document/web-documents';
import { plainTextDialect, twimlDialect } from '../twiml/dialect';
import { requestOverrides } from '../twiml/overrides';
import { twilioParameters } from '../twiml/parameters';
import { statusReports } from '../twiml/status-parameters';
import { NO_ACCOUNT } from '../twiml/sid';
import type { WebClient } from '../web/port';
import type { Transcript } from './transcript';

/** Documents of the web apps of a test: as a server reads them, and unsigned. */
export function simulatedDocuments(web: WebClient, transcript: Transcript): WebDocuments {
  const links = {
    recordingUrl: (sid: string) => `https://callchart.example/recordings/${sid}`,
  };
  return new WebDocuments({
    web,
    logger: { ...silentLogger, warn: (_, message) => transcript.problem(message) },
    dialects: [jsonDialect, twimlDialect, plainTextDialect],
    formParameters: twilioParameters({ accountSid: NO_ACCOUNT, ...links }),
    reports: statusReports(links),
    // Nobody outside follows a simulated call.
    onHappening: () => () => undefined,
    sign: () => ({}),
    overridesOf: requestOverrides,
  });
}
