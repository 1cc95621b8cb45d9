import type express from 'express';
import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import type { TwilioSettings } from '../../core/web-config';
import type { CallHistory } from '../../events/port';
import { timestamp } from '../../twiml/status-parameters';
import type { WebClient } from '../../web/port';
import type { Authenticator } from '../authenticator';
import type { CallService } from '../port';
import { CallBook } from './call-book';
import { callRoutes } from './calls';
import { ConferenceBook } from './conference-book';
import { conferenceRoutes } from './conferences';
import { participantRoutes } from './participants';
import type { ResourceParts } from './port';
import { queueRoutes } from './queues';
import { BegunRecordings } from './recording-start';
import { recordingRoutes } from './recordings';
import { type Account, accountOf, type TwilioRoute } from './route';
import { createTwilioRouter } from './router';
import { SoundDocuments } from './sounds';

export interface TwilioApiParts {
  readonly server: CallService;
  readonly history: CallHistory;
  readonly settings: TwilioSettings;
  readonly web: WebClient;
  readonly authenticator: Authenticator;
  readonly bodyLimit: number;
  /** Requests a minute with one key. */
  readonly rateLimit: number;
  /** Where others reach the server. */
  readonly base: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The part of Twilio's REST API that this server has, for the express application. */
export function openTwilioApi(parts: TwilioApiParts): {
  readonly router: express.Router;
  close(): void;
} {
  const { server, settings, web } = parts;
  const account = accountOf(settings.accountSid);
  const book = new CallBook(server);
  const conferences = new ConferenceBook(server);
  const resources = { ...parts, account, book };
  const sounds = new SoundDocuments(web, settings);
  const api = createTwilioRouter({
    ...parts,
    routes: twilioRoutes(resources, conferences, sounds),
  });
  return {
    router: api.router,
    close: () => {
      book.close();
      conferences.close();
      api.close();
    },
  };
}

/** All that there is. */
export function twilioRoutes(
  resources: ResourceParts,
  conferences: ConferenceBook,
  sounds: SoundDocuments,
): readonly TwilioRoute[] {
  const { account, clock } = resources;
  const recordings = new BegunRecordings(resources);
  return [
    accountRoute(account, clock.now()),
    ...callRoutes(resources, recordings),
    ...recordingRoutes(resources, recordings),
    ...conferenceRoutes(resources, conferences, sounds),
    ...participantRoutes(resources, conferences, sounds, recordings),
    ...queueRoutes(resources),
  ];
}

/** The account itself: what clients ask for to see whether they may. */
function accountRoute(account: Account, since: number): TwilioRoute {
  const { sid } = account;
  return {
    ...{ method: 'get', path: '/', scope: 'read' },
    handle: () => ({
      status: 200,
      body: {
        ...{ sid, owner_account_sid: sid, friendly_name: 'Callchart', status: 'active' },
        // It is no secret's place.
        ...{ type: 'Full', auth_token: null },
        ...{ date_created: timestamp(since), date_updated: timestamp(since) },
        uri: account.uri(''),
        subresource_uris: {
          calls: account.uri('/Calls'),
          conferences: account.uri('/Conferences'),
          queues: account.uri('/Queues'),
          recordings: account.uri('/Recordings'),
        },
      },
    }),
  };
}
