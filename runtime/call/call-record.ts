import type { MediaStatistics } from '../media/port';
import type { CallEnd, CallInfo, CallNote, CallParty } from './port';

/** Entries of each list that one record keeps: a flow that loops must not fill the memory. */
const longestList = 500;

/** A state that the flow entered; `at` is in milliseconds since the call started. */
export interface VisitedState {
  readonly state: string;
  readonly at: number;
}

/** Another flow that got the call, `at` milliseconds after its start. */
export interface LaterFlow {
  readonly name: string;
  readonly version: string;
  readonly at: number;
}

/** A {@link CallNote} without its type, with its time in milliseconds since the call started. */
export interface TimedNote {
  readonly at: number;
  readonly [key: string]: unknown;
}

/** One INVITE that a call was dialled with. Times are milliseconds since the epoch. */
export interface LegFacts {
  /** Our own, as in events. */
  readonly id: string;
  /** As the flow named it. */
  readonly target: string;
  /** The request URI. */
  readonly uri: string;
  readonly callId: string;
  readonly trunk: string | undefined;
  readonly started: number;
  /** The first 180, or 183 with media. */
  readonly rang: number | undefined;
  readonly answered: number | undefined;
  readonly ended: number;
  readonly end: LegEnd;
  /** Known a little later, as the media may be another thread's; undefined when it never had media. */
  readonly media: Promise<MediaStatistics> | undefined;
}

/** Why a leg that was dialled is over. */
export interface LegEnd {
  readonly by: 'caller' | 'callee' | 'system';
  readonly cause: string;
  readonly status: number;
  readonly reason: string;
}

/** {@link LegFacts} as the record has them: `at` counts from the call's start, the others from `at`. */
export interface LegRecord extends LegDetails {
  /** Undefined when it never had media. */
  readonly media: MediaStatistics | undefined;
}

interface LegDetails {
  /** Our own, as in events. */
  readonly id: string;
  readonly at: number;
  readonly target: string;
  readonly uri: string;
  readonly callId: string;
  readonly trunk: string | undefined;
  readonly rang: number | undefined;
  readonly answered: boolean;
  /** From the INVITE to the end. */
  readonly duration: number;
  /** From the answer to the end; 0 when it was never answered. */
  readonly talked: number;
  readonly end: LegEnd;
}

/** A leg whose media may still have something to tell. */
export interface NotedLeg extends LegDetails {
  media: MediaStatistics | undefined;
}

/** What is kept of a call that is over: one JSON line. Times are ISO 8601, durations milliseconds. */
export interface CallRecord {
  readonly id: string;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string | undefined;
  readonly direction: 'inbound' | 'outbound';
  /** The trunk that it came by, or went by. */
  readonly trunk: string | undefined;
  /** The registered user who called. */
  readonly user: string | undefined;
  readonly from: CallParty;
  readonly to: CallParty;
  readonly dialled: string;
  readonly remoteAddress: string;
  readonly transport: string;
  /** The one that it began with. */
  readonly flow: { readonly name: string; readonly version: string } | undefined;
  /** Those that it was given to from outside after that; absent when there was none. */
  readonly laterFlows?: readonly LaterFlow[];
  readonly started: string;
  /** When the first 180 or 183 was sent. */
  readonly rang: string | undefined;
  readonly answered: boolean;
  readonly answeredAt: string | undefined;
  readonly ended: string;
  /** From the INVITE to the end. */
  readonly duration: number;
  /** From the answer to the end; 0 when it was never answered. */
  readonly talked: number;
  readonly end: CallEnd;
  readonly path: readonly VisitedState[];
  /** Redacted where the flow says so. */
  readonly digits: readonly TimedNote[];
  readonly recordings: readonly TimedNote[];
  readonly transfers: readonly TimedNote[];
  /** Those that the call was dialled with. */
  readonly legs: readonly LegRecord[];
  readonly errors: readonly TimedNote[];
  /** How many entries did not fit into the lists above. */
  readonly omitted: number;
  /** Undefined when the call never had media. */
  readonly media: MediaStatistics | undefined;
}

/** The part of a call's identity that its {@link CallInfo} does not have. */
export interface CallIdentity {
  readonly localTag: string;
  readonly remoteTag: string | undefined;
  readonly transport: string;
}

type Lists = Record<'digits' | 'recordings' | 'transfers' | 'errors', TimedNote[]>;

const listOf: Readonly<Record<CallNote['type'], keyof Lists>> = {
  digits: 'digits',
  recording: 'recordings',
  transfer: 'transfers',
  error: 'errors',
};

/** Two notes of one thing have the same value here: the call's own, and the flow's. */
const identityOf: Readonly<Partial<Record<CallNote['type'], string>>> = {
  recording: 'path',
  transfer: 'to',
};

/** Gathers a call's record while it runs. Times that it takes are those of the call's clock. */
export class CallRecordBuilder {
  private flow: CallRecord['flow'];
  private rang: number | undefined;
  private answered: number | undefined;
  private readonly laterFlows: LaterFlow[] = [];
  private readonly path: VisitedState[] = [];
  private readonly lists: Lists = { digits: [], recordings: [], transfers: [], errors: [] };
  private readonly legs: NotedLeg[] = [];
  private omitted = 0;

  constructor(
    private info: CallInfo,
    private identity: CallIdentity,
  ) {}

  /** Of a call that is placed: known once somebody has answered. */
  identify(info: CallInfo, identity: CallIdentity): void {
    this.info = info;
    this.identity = identity;
  }

  useFlow(name: string, version: string): void {
    this.flow = { name, version };
  }

  changeFlow(name: string, version: string, now: number): void {
    if (this.laterFlows.length < longestList) {
      this.laterFlows.push({ name, version, at: this.since(now) });
    } else {
      this.omitted += 1;
    }
  }

  markRinging(now: number): void {
    this.rang ??= now;
  }

  markAnswered(now: number): void {
    this.answered ??= now;
  }

  enteredState(state: string, now: number): void {
    if (this.path.length < longestList) this.path.push({ state, at: this.since(now) });
    else this.omitted += 1;
  }

  note({ type, ...fields }: CallNote, now: number): void {
    const list = this.lists[listOf[type]];
    const identity = identityOf[type];
    const last = list.at(-1);
    if (identity !== undefined && last !== undefined && last[identity] === fields[identity]) {
      list[list.length - 1] = { ...last, ...fields, at: last.at };
    } else if (list.length < longestList) {
      list.push({ at: this.since(now), ...fields });
    } else {
      this.omitted += 1;
    }
  }

  /** Returns the entry, for its media; undefined when there is no room for another. */
  noteLeg(facts: LegFacts): NotedLeg | undefined {
    const { id, target, uri, callId, trunk, started, rang, answered, ended, end } = facts;
    if (this.legs.length >= longestList) {
      this.omitted += 1;
      return undefined;
    }
    const leg: NotedLeg = {
      id,
      at: this.since(started),
      ...{ target, uri, callId, trunk, end },
      rang: rang === undefined ? undefined : Math.round(rang - started),
      answered: answered !== undefined,
      duration: Math.round(ended - started),
      talked: answered === undefined ? 0 : Math.round(ended - answered),
      media: undefined,
    };
    this.legs.push(leg);
    return leg;
  }

  finish(end: CallEnd, now: number, media: MediaStatistics | undefined): CallRecord {
    const { info, identity, answered } = this;
    return {
      id: info.id,
      callId: info.callId,
      localTag: identity.localTag,
      remoteTag: identity.remoteTag,
      direction: info.direction ?? 'inbound',
      trunk: info.trunk,
      user: info.user,
      from: info.from,
      to: info.to,
      dialled: info.dialled,
      remoteAddress: info.remoteAddress,
      transport: identity.transport,
      flow: this.flow,
      ...(this.laterFlows.length === 0 ? {} : { laterFlows: this.laterFlows }),
      started: iso(info.started),
      rang: this.rang === undefined ? undefined : iso(this.rang),
      answered: answered !== undefined,
      answeredAt: answered === undefined ? undefined : iso(answered),
      ended: iso(now),
      duration: this.since(now),
      talked: answered === undefined ? 0 : Math.round(now - answered),
      end,
      path: this.path,
      ...this.lists,
      legs: this.legs,
      omitted: this.omitted,
      media,
    };
  }

  private since(now: number): number {
    return Math.round(now - this.info.started);
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
