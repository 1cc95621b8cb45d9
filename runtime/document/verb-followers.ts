import type { CallFact, CallHappening } from '../call/happenings';
import type { CallControl, RecordingMaker } from '../call/port';
import type { Following } from './bind';
import type { Follower, FollowersOptions } from './followers';
import type { RecordingProgress, RecordingSource, StatusReport } from './reports';
import { factOf, notificationOf } from './subscription';
import type { DialledParty, StatusCallback, Verb } from './verbs';

/** What followers work with. */
type Parts = Pick<FollowersOptions, 'reports' | 'notify'>;

/** Those who hear what happens with what a verb does, for whom it names; none for most. */
export function verbFollowers(
  call: CallControl,
  following: Following,
  parts: Parts,
): readonly Follower[] {
  const { verb } = following;
  const teller = new Teller(call, following, parts);
  const followers: Follower[] = [];
  if (verb.verb === 'dial' && verb.parties.some(isFollowed)) {
    followers.push(new LegsFollower(call, verb.parties, following.key, teller, parts));
  }
  const recording = recordingOf(verb);
  if (recording !== undefined) followers.push(new RecordingFollower(recording, teller, parts));
  if (verb.verb === 'stream' && verb.status !== undefined) {
    const name = streamName(verb, following.key);
    followers.push(new StreamFollower(name, verb.name, verb.status, teller, parts));
  }
  return followers;
}

/** What a dialled party is called in events: as its `dial`, which no other of the call is. */
export function partyId(key: string, at: number): string {
  return `${key}.${at}`;
}

/** What a stream is called in events: its name, or one that no other of the call has. */
export function streamName({ name }: { readonly name: string }, key: string): string {
  return name === '' ? `stream ${key}` : name;
}

/** Tells whoever asked for it. */
export class Teller {
  constructor(
    private readonly call: CallControl,
    private readonly following: Omit<Following, 'verb' | 'key'>,
    private readonly parts: Pick<Parts, 'notify'>,
  ) {}

  tell(callback: StatusCallback, report: StatusReport, happening: CallHappening): void {
    const subscription = { ...this.following, callback };
    const notification = notificationOf(subscription, report, factOf(happening));
    if (notification !== undefined) this.parts.notify(this.call, notification);
  }
}

function isFollowed({ status, machine }: DialledParty): boolean {
  return status !== undefined || machine?.status !== undefined;
}

type LegHappening = Extract<CallHappening, { readonly leg: string }>;

/** Of those whom a `dial` calls: several legs may be of one party. */
class LegsFollower implements Follower {
  private readonly sequences = new Map<string, number>();

  constructor(
    private readonly call: CallControl,
    private readonly parties: readonly DialledParty[],
    private readonly key: string,
    private readonly teller: Teller,
    private readonly parts: Parts,
  ) {}

  take(happening: CallHappening): void {
    if (!isLeg(happening)) return;
    const party = this.parties.find((_, at) => partyId(this.key, at) === happening.id);
    if (party === undefined) return;
    const { teller, parts, call, sequences } = this;
    if (happening.type === 'leg.identified') {
      const status = party.machine?.status;
      if (status === undefined) return;
      const report = parts.reports.machine(happening.leg, happening.result);
      teller.tell({ ...status, events: [report.event] }, report, happening);
      return;
    }
    const { status } = party;
    if (status === undefined) return;
    const sequence = sequences.get(happening.leg) ?? 0;
    const report = parts.reports.progress(happening, { info: call.info, sequence });
    if (report === undefined || !status.events.includes(report.event)) return;
    sequences.set(happening.leg, sequence + 1);
    teller.tell(status, report, happening);
  }
}

function isLeg(happening: CallHappening): happening is LegHappening {
  return happening.type.startsWith('leg.');
}

interface FollowedRecording {
  readonly by: RecordingMaker;
  readonly callback: StatusCallback;
  readonly channels: 1 | 2;
  readonly source: RecordingSource;
  /** Milliseconds; a shorter one is not kept. */
  readonly least: number;
}

function recordingOf(verb: Verb): FollowedRecording | undefined {
  const least = 0;
  switch (verb.verb) {
    case 'record': {
      const { status: callback, input } = verb;
      if (callback === undefined) return undefined;
      const { minDuration = 0 } = input;
      return { by: 'record', callback, channels: 1, source: 'RecordVerb', least: minDuration };
    }
    case 'recordCall': {
      const { status: callback, input } = verb;
      if (callback === undefined) return undefined;
      const channels = input.channels === 'mixed' ? 1 : 2;
      return { by: 'recordCall', callback, channels, source: 'StartCallRecordingTwiML', least };
    }
    case 'dial':
    case 'dialQueue': {
      const record = verb.verb === 'dial' ? verb.input.record : verb.record;
      const { recordingStatus: callback } = verb;
      if (callback === undefined || record === undefined || record === false) return undefined;
      const channels = record !== true && record.channels === 'mixed' ? 1 : 2;
      return { by: verb.verb, callback, channels, source: 'DialVerb', least };
    }
    case 'conference': {
      const { recordingStatus: callback, input } = verb;
      if (callback === undefined || (input.record ?? false) === false) return undefined;
      return { by: 'conference', callback, channels: 1, source: 'Conference', least };
    }
    default:
      return undefined;
  }
}

/** Of the next recording that the verb makes. */
class RecordingFollower implements Follower {
  private path: string | undefined;
  private started = 0;
  private conference: string | undefined;
  private done = false;

  constructor(
    private readonly recording: FollowedRecording,
    private readonly teller: Teller,
    private readonly parts: Parts,
  ) {}

  take(happening: CallHappening): void {
    if (this.done) return;
    const { recording, path } = this;
    switch (happening.type) {
      case 'recording.started':
        if (happening.by !== recording.by || path !== undefined) return;
        this.path = happening.path;
        this.started = happening.time;
        // Of a conference it is told once that is known.
        if (recording.by !== 'conference') this.tell('in-progress', happening);
        return;
      case 'conference.joined':
        if (recording.by !== 'conference' || path === undefined) return;
        if (this.conference !== undefined) return;
        this.conference = happening.conference;
        this.tell('in-progress', happening);
        return;
      case 'recording.completed':
        if (path === undefined || (happening.path !== undefined && happening.path !== path)) return;
        this.done = true;
        this.tell(this.isKept(happening) ? 'completed' : 'absent', happening, happening.duration);
        return;
      default:
    }
  }

  /** A recording in which nobody has spoken is removed, as one that is too short. */
  private isKept(fact: Extract<CallFact, { readonly type: 'recording.completed' }>): boolean {
    const { path, duration } = fact;
    const silent = fact['endedBy'] === 'silence' && fact['speech'] === false;
    return path !== undefined && duration >= this.recording.least && !silent;
  }

  private tell(
    status: RecordingProgress['status'],
    happening: CallHappening,
    duration?: number,
  ): void {
    const { recording, teller, parts, path, started, conference } = this;
    const { channels, source, callback } = recording;
    const report = parts.reports.recording({
      ...{ status, path, duration, started, channels, source, conference },
    });
    teller.tell(callback, report, happening);
  }
}

/** Of a media stream. */
class StreamFollower implements Follower {
  private done = false;

  constructor(
    private readonly stream: string,
    /** As the document names it. */
    private readonly name: string,
    private readonly callback: StatusCallback,
    private readonly teller: Teller,
    private readonly parts: Parts,
  ) {}

  take(happening: CallHappening): void {
    const { type, time } = happening;
    if (type !== 'stream.started' && type !== 'stream.ended') return;
    if (this.done || happening.stream !== this.stream) return;
    const { callback, teller, parts, name } = this;
    const { sid } = happening;
    const error = type === 'stream.ended' ? happening.error : undefined;
    this.done = type === 'stream.ended';
    const what = !this.done ? 'started' : error === undefined ? 'stopped' : 'error';
    teller.tell(callback, parts.reports.stream(what, { sid, name, time, error }), happening);
  }
}
