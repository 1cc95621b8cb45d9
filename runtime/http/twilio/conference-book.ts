import type { CallHappening, ConferenceFact } from '../../call/happenings';
import type { LiveConference } from '../../call/conference/port';
import { callSid, conferenceSid } from '../../twiml/sid';
import { conferenceReport } from '../../twiml/status-parameters';
import type { CallService } from '../port';
import { Remembered } from './remembered';

/** A conference as of now, or as it ended. Times are milliseconds since the epoch. */
export interface BookedConference {
  readonly sid: string;
  readonly id: string;
  readonly name: string;
  readonly status: 'init' | 'in-progress' | 'completed';
  readonly created: number;
  readonly updated: number;
  /** Of one that is over, in Twilio's words. */
  readonly reason?: string | undefined;
  /** The SID of the call with which it ended. */
  readonly endedBy?: string | undefined;
}

/** Somebody whom the REST API has called into a conference. */
export interface Invited {
  readonly call: string;
  readonly sid: string;
  /** The id of the conference. */
  readonly conference: string;
  readonly name: string;
  readonly label: string | undefined;
  readonly muted: boolean;
  readonly startOnEnter: boolean;
  readonly endOnExit: boolean;
}

/** Conferences with the way back from their SIDs, also of those that have ended lately. */
export class ConferenceBook {
  private readonly ended = new Remembered<BookedConference>(1_000);
  private readonly updated = new Map<string, number>();
  private readonly created = new Map<string, number>();
  private readonly invited = new Remembered<Invited>(1_000);
  readonly close: () => void;

  constructor(private readonly server: Pick<CallService, 'conferences' | 'onHappening'>) {
    this.close = server.onHappening((happening) => {
      if (isConference(happening)) this.take(happening);
    });
  }

  /** By its SID, or its name. */
  live(key: string): LiveConference | undefined {
    const all = this.server.conferences.list();
    return all.find(({ id, name }) => name === key || conferenceSid(id) === key);
  }

  get(sid: string): BookedConference | undefined {
    const live = this.live(sid);
    return live === undefined ? this.ended.get(sid) : this.booked(live);
  }

  /** The latest first. */
  all(): readonly BookedConference[] {
    const live = this.server.conferences.list().map((each) => this.booked(each));
    return [...live, ...this.ended.values()].sort((a, b) => b.created - a.created);
  }

  invite(invited: Invited): void {
    this.invited.set(invited.sid, invited);
  }

  /** Those whom it has called, and who may not be there yet. */
  invitedTo(conference: string): readonly Invited[] {
    return this.invited.values().filter((each) => each.conference === conference);
  }

  /** The id of a conference that nobody may be in yet, by its SID or its name. */
  awaited(key: string): string | undefined {
    const all = this.invited.values();
    return all.find((each) => each.name === key || conferenceSid(each.conference) === key)
      ?.conference;
  }

  private booked({ id, name, started, since }: LiveConference): BookedConference {
    const status = started ? 'in-progress' : 'init';
    const updated = this.updated.get(id) ?? since;
    return { sid: conferenceSid(id), id, name, status, created: since, updated };
  }

  private take(happening: CallHappening & ConferenceFact): void {
    const { conference: id, name, time } = happening;
    if (!this.created.has(id)) this.created.set(id, happening.participant.joined);
    if (happening.type !== 'conference.ended') {
      this.updated.set(id, time);
      return;
    }
    const { parameters } = conferenceReport(happening, time);
    const sid = conferenceSid(id);
    this.ended.set(sid, {
      ...{ sid, id, name, status: 'completed', updated: time },
      created: this.created.get(id) ?? time,
      reason: parameters['ReasonConferenceEnded'],
      endedBy: callSid(happening.participant.call),
    });
    this.created.delete(id);
    this.updated.delete(id);
  }
}

function isConference(happening: CallHappening): happening is CallHappening & ConferenceFact {
  return happening.type.startsWith('conference.');
}
