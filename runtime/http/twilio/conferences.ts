import type { LiveConference } from '../../call/conference/port';
import { timestamp } from '../../twiml/status-parameters';
import type { BookedConference, ConferenceBook } from './conference-book';
import type { RequestParameters } from './parameters';
import { pageBody, pageRequest, sliceOf } from './pages';
import type { ResourceParts } from './port';
import { twilioProblems } from './problem';
import { type Account, API_VERSION, type TwilioRoute } from './route';
import type { SoundDocuments } from './sounds';

/** `/Conferences`. */
export function conferenceRoutes(
  { account }: ResourceParts,
  book: ConferenceBook,
  sounds: SoundDocuments,
): TwilioRoute[] {
  const found = (sid: string): BookedConference => {
    const conference = book.get(sid);
    if (conference !== undefined) return conference;
    throw twilioProblems.notFound(account.uri(`/Conferences/${sid}`));
  };
  return [
    {
      ...{ method: 'get', path: '/Conferences', scope: 'read' },
      handle: (request) => {
        const all = book.all().filter(filterOf(request.given));
        const { items, next } = sliceOf(all, pageRequest(request.given));
        const slice = { items: items.map((each) => resource(account, each)), next };
        return { status: 200, body: pageBody(request, 'conferences', slice) };
      },
    },
    {
      ...{ method: 'get', path: '/Conferences/:conference', scope: 'read' },
      handle: (request) => ({
        status: 200,
        body: resource(account, found(request.sid('conference'))),
      }),
    },
    {
      ...{ method: 'post', path: '/Conferences/:conference', scope: 'call' },
      handle: async (request) => {
        const { given } = request;
        const sid = request.sid('conference');
        const status = given.oneOf('Status', ['completed']);
        const url = given.url('AnnounceUrl');
        const method = given.method('AnnounceMethod') ?? 'POST';
        const before = found(sid);
        const live = book.live(sid);
        if (live === undefined) throw twilioProblems.wrongState('The conference is over');
        if (url !== undefined) {
          await live.announce(
            await sounds.fetch(url, method, conferenceForm(account, live, before)),
          );
        }
        if (status !== undefined) live.end();
        return { status: 200, body: resource(account, book.get(before.sid) ?? before) };
      },
    },
    {
      ...{ method: 'get', path: '/Conferences/:conference/Recordings', scope: 'read' },
      handle: () => {
        throw twilioProblems.notHere('To list the recordings of a conference');
      },
    },
  ];
}

/** What the app of an announcement is told. */
export function conferenceForm(
  account: Account,
  { name }: LiveConference,
  { sid }: Pick<BookedConference, 'sid'>,
): Readonly<Record<string, string>> {
  return { AccountSid: account.sid, ConferenceSid: sid, FriendlyName: name };
}

function filterOf(given: RequestParameters): (conference: BookedConference) => boolean {
  const name = given.text('FriendlyName');
  const status = given.oneOf('Status', ['init', 'in-progress', 'completed']);
  const isWithin = (member: 'DateCreated' | 'DateUpdated'): ((time: number) => boolean) => {
    const on = given.time(member);
    const after = on?.from ?? given.time(`${member}>`)?.from ?? -Infinity;
    const before = on?.to ?? given.time(`${member}<`)?.from ?? Infinity;
    return (time) => time >= after && time < before;
  };
  const created = isWithin('DateCreated');
  const updated = isWithin('DateUpdated');
  return (conference) =>
    (name === undefined || conference.name === name) &&
    (status === undefined || conference.status === status) &&
    created(conference.created) &&
    updated(conference.updated);
}

function resource(account: Account, conference: BookedConference): object {
  const { sid, name, status, created, updated, reason, endedBy } = conference;
  const path = `/Conferences/${sid}`;
  return {
    ...{ sid, account_sid: account.sid, api_version: API_VERSION, friendly_name: name, status },
    ...{ date_created: timestamp(created), date_updated: timestamp(updated) },
    // One machine is all that there is.
    region: null,
    reason_conference_ended: reason ?? null,
    call_sid_ending_conference: endedBy ?? null,
    uri: account.uri(path),
    subresource_uris: {
      participants: account.uri(`${path}/Participants`),
      recordings: account.uri(`${path}/Recordings`),
    },
  };
}
