import type { ConferenceParticipant, LiveConference } from '../../call/conference/port';
import { callSid, conferenceSid, isSid } from '../../twiml/sid';
import { timestamp } from '../../twiml/status-parameters';
import type { ConferenceBook, Invited } from './conference-book';
import { conferenceForm } from './conferences';
import type { RequestParameters } from './parameters';
import { pageBody, pageRequest, sliceOf } from './pages';
import { escapeXml, machineOptions, placement } from './place-call';
import type { ResourceParts } from './port';
import { TwilioProblem, twilioProblems } from './problem';
import type { BegunRecordings } from './recording-start';
import { recordingWish } from './recording-start';
import type { Account, TwilioRequest, TwilioRoute } from './route';
import type { SoundDocuments } from './sounds';

type Status = 'queued' | 'ringing' | 'connected' | 'complete';

/** A party, or somebody who is called to become one. */
interface Party extends ConferenceParticipant {
  readonly status: Status;
}

/** `/Conferences/{conference}/Participants`. */
export function participantRoutes(
  parts: ResourceParts,
  conferences: ConferenceBook,
  sounds: SoundDocuments,
  recordings: BegunRecordings,
): TwilioRoute[] {
  const { account, server, book, clock } = parts;

  /** With those who are called, and are not there yet. */
  const partiesOf = (id: string): readonly Party[] => {
    const there = server.conferences.get(id)?.participants ?? [];
    const called = conferences.invitedTo(id).flatMap((each): Party[] => {
      const call = book.byId(each.call);
      const isThere = there.some((party) => party.call === each.call);
      if (isThere || call === undefined || call.answered !== undefined) return [];
      return [awaited(each, call.rang ? 'ringing' : 'queued', clock.now())];
    });
    return [...there.map((each): Party => ({ ...each, status: 'connected' })), ...called];
  };

  const conferenceId = (key: string): string => {
    const known = conferences.get(key) ?? conferences.live(key);
    if (known !== undefined) return known.id;
    const invited = conferences.awaited(key);
    if (invited !== undefined) return invited;
    throw twilioProblems.notFound(account.uri(`/Conferences/${key}`));
  };

  /** By the SID of its call, or its label. */
  const found = (request: TwilioRequest): { readonly id: string; readonly party: Party } => {
    const id = conferenceId(request.sid('conference'));
    const key = request.sid('participant');
    const party = partiesOf(id).find((each) => callSid(each.call) === key || each.label === key);
    if (party !== undefined) return { id, party };
    throw twilioProblems.notFound(
      account.uri(`/Conferences/${conferenceSid(id)}/Participants/${key}`),
    );
  };

  const shown = (request: TwilioRequest): object => {
    const { id, party } = found(request);
    return resource(account, id, party, coachSid);
  };

  /** Whom it coaches, of which only the name that the party was given is known. */
  const coachSid = (whom: string): string | null => {
    if (isSid(whom, 'CA')) return whom;
    return book.byId(whom)?.sid ?? null;
  };

  const update = async (request: TwilioRequest): Promise<object> => {
    const { given } = request;
    given.refuse(['WaitUrl', 'BeepOnExit']);
    const muted = given.flag('Muted');
    const held = given.flag('Hold');
    const holdUrl = given.url('HoldUrl');
    const holdMethod = given.method('HoldMethod') ?? 'GET';
    const announceUrl = given.url('AnnounceUrl');
    const announceMethod = given.method('AnnounceMethod') ?? 'POST';
    const ends = given.flag('EndConferenceOnExit');
    const coach = coachOf(given);
    const { id, party } = found(request);
    const live = server.conferences.get(id);
    if (live === undefined || party.status !== 'connected') {
      throw twilioProblems.wrongState('The participant is not connected yet');
    }
    const { call } = party;
    const form = {
      ...conferenceForm(account, live, { sid: conferenceSid(id) }),
      CallSid: callSid(call),
    };
    if (muted !== undefined) live.mute(call, muted);
    if (ends !== undefined) live.endOnExit(call, ends);
    if (coach !== undefined) live.coach(call, coach === false ? undefined : whomOf(live, coach));
    if (held !== undefined) {
      const music =
        held && holdUrl !== undefined ? await sounds.fetch(holdUrl, holdMethod, form) : undefined;
      await live.hold(call, held, music);
    }
    if (announceUrl !== undefined) {
      await live.announce(await sounds.fetch(announceUrl, announceMethod, form), call);
    }
    return shown(request);
  };

  const whomOf = (live: LiveConference, sid: string): string => {
    const whom = live.participants.find((each) => callSid(each.call) === sid);
    if (whom !== undefined) return whom.call;
    throw twilioProblems.badValue(20001, `CallSidToCoach: ${sid} is not in the conference`);
  };

  const create = (request: TwilioRequest): object => {
    const { given } = request;
    given.refuse(['Passports', 'ClientNotificationUrl', 'RecordingConfigurationId']);
    const key = request.sid('conference');
    if (isSid(key, 'CF') && conferences.live(key) === undefined) {
      throw twilioProblems.notFound(account.uri(`/Conferences/${key}`));
    }
    const name = conferences.live(key)?.name ?? key;
    const id = server.conferences.idOf(name);
    const machine = machineOptions(given);
    const wish = given.flag('Record') === true ? recordingWish(given, 'OutboundAPI') : undefined;
    const invited = {
      ...{ conference: id, name },
      label: given.text('Label'),
      muted: given.flag('Muted') ?? false,
      startOnEnter: given.flag('StartConferenceOnEnter') ?? true,
      endOnExit: given.flag('EndConferenceOnExit') ?? false,
    };
    const call = placement(given, server.trunks.names);
    const content = conferenceDocument(name, given);
    const placed = server.place({
      ...call,
      ...(machine === undefined ? {} : { machineDetection: machine }),
      target: { content, contentType: 'application/xml' },
    });
    if ('refused' in placed) {
      throw new TwilioProblem(503, 20503, placed.refused.reason, { 'Retry-After': '5' });
    }
    placed.done.catch(() => undefined);
    const entry: Invited = { ...invited, call: placed.id, sid: callSid(placed.id) };
    conferences.invite(entry);
    const handle = server.call(placed.id);
    if (wish !== undefined && handle !== undefined) {
      book.onAnswered(placed.id, () =>
        queueMicrotask(() => void recordings.begin(handle, wish).catch(() => undefined)),
      );
    }
    return resource(account, id, awaited(entry, 'queued', clock.now()), coachSid);
  };

  return [
    {
      ...{ method: 'post', path: '/Conferences/:conference/Participants', scope: 'call' },
      handle: (request) => ({ status: 201, body: create(request) }),
    },
    {
      ...{ method: 'get', path: '/Conferences/:conference/Participants', scope: 'read' },
      handle: (request) => {
        const id = conferenceId(request.sid('conference'));
        const parties = partiesOf(id).filter(filterOf(request.given));
        const { items, next } = sliceOf(parties, pageRequest(request.given));
        const slice = { items: items.map((each) => resource(account, id, each, coachSid)), next };
        return { status: 200, body: pageBody(request, 'participants', slice) };
      },
    },
    {
      ...{
        method: 'get',
        path: '/Conferences/:conference/Participants/:participant',
        scope: 'read',
      },
      handle: (request) => ({ status: 200, body: shown(request) }),
    },
    {
      ...{
        method: 'post',
        path: '/Conferences/:conference/Participants/:participant',
        scope: 'call',
      },
      handle: async (request) => ({ status: 200, body: await update(request) }),
    },
    {
      ...{
        method: 'delete',
        path: '/Conferences/:conference/Participants/:participant',
        scope: 'call',
      },
      handle: (request) => {
        const { id, party } = found(request);
        if (party.status === 'connected') server.conferences.get(id)?.kick(party.call);
        else server.call(party.call)?.hangup();
        return { status: 204 };
      },
    },
  ];
}

/** Undefined: as it is. False: nobody any more. */
function coachOf(given: RequestParameters): string | false | undefined {
  const coaching = given.flag('Coaching');
  const sid = given.text('CallSidToCoach');
  if (coaching === false) return false;
  if (sid !== undefined) return sid;
  if (coaching === undefined) return undefined;
  throw twilioProblems.badValue(20001, 'Coaching needs CallSidToCoach');
}

function filterOf(given: RequestParameters): (party: Party) => boolean {
  const muted = given.flag('Muted');
  const held = given.flag('Hold');
  const coaching = given.flag('Coaching');
  return (party) =>
    (muted === undefined || party.muted === muted) &&
    (held === undefined || party.held === held) &&
    (coaching === undefined || (party.coach !== undefined) === coaching);
}

/** Attributes of `<Conference>` by the parameters that say the same. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  Muted: 'muted',
  Beep: 'beep',
  StartConferenceOnEnter: 'startConferenceOnEnter',
  EndConferenceOnExit: 'endConferenceOnExit',
  WaitUrl: 'waitUrl',
  WaitMethod: 'waitMethod',
  MaxParticipants: 'maxParticipants',
  Label: 'participantLabel',
  CallSidToCoach: 'coach',
  ConferenceRecord: 'record',
  ConferenceTrim: 'trim',
  ConferenceStatusCallback: 'statusCallback',
  ConferenceStatusCallbackMethod: 'statusCallbackMethod',
  ConferenceRecordingStatusCallback: 'recordingStatusCallback',
  ConferenceRecordingStatusCallbackMethod: 'recordingStatusCallbackMethod',
};

/** Lists, which clients write as several values. */
const LISTS: Readonly<Record<string, string>> = {
  ConferenceStatusCallbackEvent: 'statusCallbackEvent',
  ConferenceRecordingStatusCallbackEvent: 'recordingStatusCallbackEvent',
};

function conferenceDocument(name: string, given: RequestParameters): string {
  for (const url of ['ConferenceStatusCallback', 'ConferenceRecordingStatusCallback', 'WaitUrl']) {
    given.url(url);
  }
  const single = Object.entries(ATTRIBUTES).flatMap(([parameter, attribute]) => {
    if (!given.has(parameter)) return [];
    const value = given.text(parameter) ?? '';
    const written =
      parameter !== 'ConferenceRecord'
        ? value
        : value === 'true' || value === 'record-from-start'
          ? 'record-from-start'
          : 'do-not-record';
    return [`${attribute}="${escapeXml(written)}"`];
  });
  const lists = Object.entries(LISTS).flatMap(([parameter, attribute]) => {
    const words = given.words(parameter);
    return words.length === 0 ? [] : [`${attribute}="${escapeXml(words.join(' '))}"`];
  });
  const limit = given.integer('TimeLimit', [1, 86_400]);
  const dial = limit === undefined ? '<Dial>' : `<Dial timeLimit="${limit}">`;
  const conference = ['Conference', ...single, ...lists].join(' ');
  return `<Response>${dial}<${conference}>${escapeXml(name)}</Conference></Dial></Response>`;
}

function awaited(invited: Invited, status: Status, joined: number): Party {
  const { call, label, muted, startOnEnter, endOnExit } = invited;
  return {
    ...{ call, muted, deaf: false, held: false, startOnEnter, endOnExit, joined, status },
    ...(label === undefined ? {} : { label }),
  };
}

function resource(
  account: Account,
  conference: string,
  party: Party,
  coachSid: (whom: string) => string | null,
): object {
  const { call, label, muted, held, coach, startOnEnter, endOnExit, joined, status } = party;
  const sid = callSid(call);
  return {
    ...{ account_sid: account.sid, call_sid: sid, label: label ?? null },
    conference_sid: conferenceSid(conference),
    ...{ muted, hold: held, coaching: coach !== undefined, status },
    call_sid_to_coach: coach === undefined ? null : coachSid(coach),
    start_conference_on_enter: startOnEnter,
    end_conference_on_exit: endOnExit,
    queue_time: '0',
    ...{ date_created: timestamp(joined), date_updated: timestamp(joined) },
    uri: account.uri(`/Conferences/${conferenceSid(conference)}/Participants/${sid}`),
  };
}
