import type { CallHappening, ConferenceFact } from '../call/happenings';
import type { FollowersOptions } from './followers';
import type { StatusCallback } from './verbs';
import type { Teller } from './verb-followers';

type ConferenceHappening = Extract<CallHappening, ConferenceFact>;

/** Somebody who comes to a conference by a document that names who is to be told of it. */
interface Candidate {
  readonly name: string;
  readonly callback: StatusCallback;
  readonly teller: Teller;
}

/**
 * Tells of conferences: of all parties whoever the first of them has named, as with Twilio, until the conference is
 * over, also when that party has gone.
 */
export class ConferenceFollowers {
  /** By the ids of calls that may come. */
  private readonly candidates = new Map<string, Candidate>();
  /** By the ids of conferences. */
  private readonly told = new Map<string, Candidate>();

  constructor(private readonly parts: Pick<FollowersOptions, 'reports'>) {}

  get count(): number {
    return this.told.size + this.candidates.size;
  }

  add(call: string, candidate: Candidate): void {
    this.candidates.set(call, candidate);
  }

  forget(call: string): void {
    this.candidates.delete(call);
  }

  take(happening: CallHappening): void {
    if (!isConference(happening)) return;
    const { conference, call, name, time, type } = happening;
    const candidate = this.candidates.get(call);
    if (candidate?.name === name && !this.told.has(conference))
      this.told.set(conference, candidate);
    const told = this.told.get(conference);
    if (told === undefined) return;
    told.teller.tell(told.callback, this.parts.reports.conference(happening, time), happening);
    if (type === 'conference.ended') this.told.delete(conference);
  }
}

function isConference(happening: CallHappening): happening is ConferenceHappening {
  return happening.type.startsWith('conference.');
}
