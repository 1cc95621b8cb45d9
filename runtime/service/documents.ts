import type { HappeningListener } from '../call/happenings';
import type { ResolvedConfig } from '../config/resolved';
import type { Clock } from '../core/clock';
import { CallchartError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { DocumentInput } from '../document/context';
import { jsonDialect } from '../document/json-dialect';
import type { Subscription } from '../document/subscription';
import { WebDocuments } from '../document/web-documents';
import { plainTextDialect, twimlDialect } from '../twiml/dialect';
import { requestOverrides } from '../twiml/overrides';
import { twilioParameters } from '../twiml/parameters';
import { statusReports } from '../twiml/status-parameters';
import { twilioSigner } from '../twiml/signature';
import { SIGNATURE_HEADER, signatureOf } from '../web/signature';
import type { WebClient } from '../web/port';
import type { CallTarget, StatusSubscription } from './live-control';

export interface DocumentParts {
  readonly config: Pick<ResolvedConfig, 'web' | 'twilio'>;
  readonly web: WebClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where apps fetch recordings: of our own API; undefined where nobody serves it. */
  readonly api: () => string | undefined;
  /** Without it nobody is told how calls go on. */
  readonly onHappening?: (listener: HappeningListener) => () => void;
}

/** Brings documents to calls: asked as Twilio asks, signed with the keys that are configured. */
export function createDocuments({
  config,
  web,
  clock,
  logger,
  api,
  onHappening = () => () => undefined,
}: DocumentParts): WebDocuments {
  const { accountSid, authToken } = config.twilio;
  const { signingKeys } = config.web;
  const signAsTwilio = authToken === undefined ? undefined : twilioSigner(authToken);
  const links = {
    recordingUrl: (sid: string) => {
      const base = api();
      return base === undefined
        ? ''
        : `${base}/2010-04-01/Accounts/${accountSid}/Recordings/${sid}`;
    },
  };
  return new WebDocuments({
    ...{ web, logger, onHappening, clock },
    dialects: [jsonDialect, twimlDialect, plainTextDialect],
    formParameters: twilioParameters({ accountSid, ...links }),
    reports: statusReports(links),
    sign: (format, sent) => ({
      // Twilio sends no JSON, and an app that reads ours checks our own signature.
      ...(format === 'form' ? signAsTwilio?.(sent) : {}),
      ...(signingKeys.length === 0
        ? {}
        : { [SIGNATURE_HEADER]: signatureOf(sent.body ?? '', signingKeys, clock.now()) }),
    }),
    overridesOf: requestOverrides,
  });
}

/**
 * What the document flow is given for a target that is no flow.
 *
 * @throws {CallchartError} `CALLCHART_BAD_URL`
 */
export function documentInput(
  target: Exclude<CallTarget, { readonly flow: unknown }>,
): DocumentInput {
  if ('content' in target) {
    if (target.fallbackUrl !== undefined) mustBeWebUrl(target.fallbackUrl);
    return target;
  }
  const { document } = target;
  for (const url of [document.url, document.fallbackUrl]) {
    if (url !== undefined) mustBeWebUrl(url);
  }
  return document;
}

/**
 * Who is told how a call goes on.
 *
 * @throws {CallchartError} `CALLCHART_BAD_URL`
 */
export function subscriptionOf({
  url,
  method = 'POST',
  events = ['completed'],
  format = 'form',
}: StatusSubscription): Subscription {
  mustBeWebUrl(url);
  return { callback: { url, method, events }, base: '', format };
}

function mustBeWebUrl(url: string): void {
  if (isWebUrl(url)) return;
  throw new CallchartError(
    'CALLCHART_BAD_URL',
    'the URL of a web app must begin with http:// or https://',
  );
}

function isWebUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
