import type { CallHappening, LegNames } from '../../call/happenings';
import type { CallEnd, CallInfo } from '../../call/port';
import type { MachineResult } from '../../media/port';
import { callSid } from '../../twiml/sid';
import type { CallService } from '../port';
import { Remembered } from './remembered';

/** A call in progress, as happenings tell of it. Times are milliseconds since the epoch. */
export interface BookedCall {
  readonly id: string;
  readonly sid: string;
  readonly info: CallInfo;
  readonly rang: boolean;
  readonly answered: number | undefined;
  /** Once it is over: the record follows. */
  readonly ended: { readonly at: number; readonly end: CallEnd } | undefined;
  readonly updated: number;
  /** Those whom it dials, or dialled, the oldest first. */
  readonly legs: readonly BookedLeg[];
}

export interface BookedLeg extends LegNames {
  readonly sid: string;
  readonly started: number;
  readonly rang: boolean;
  readonly answered: number | undefined;
  readonly ended:
    | {
        readonly at: number;
        readonly answered: boolean;
        readonly talked: number;
        readonly status: number;
        readonly cause: string;
      }
    | undefined;
}

/** What became of a recording. */
export interface RecordingEnd {
  /** Undefined when nothing was kept. */
  readonly path: string | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface OpenCall extends Mutable<Omit<BookedCall, 'legs'>> {
  legs: Mutable<BookedLeg>[];
  readonly onAnswered: (() => void)[];
  readonly onOver: (() => void)[];
  readonly onRecorded: Map<string, (recorded: RecordingEnd) => void>;
}

/** Legs that a call keeps here; its record has no more, either. */
const mostLegs = 500;

/** The way back from the SIDs of calls in progress, and what is not in the index of those that are over. */
export class CallBook {
  private readonly calls = new Map<string, OpenCall>();
  private readonly ids = new Map<string, string>();
  /** The ids of the calls that legs belong to, by the SID of the leg; also once they are over. */
  private readonly parents = new Remembered<string>(20_000);
  private readonly answerers = new Remembered<MachineResult>(20_000);
  readonly close: () => void;

  constructor(private readonly server: Pick<CallService, 'onHappening' | 'liveCalls' | 'call'>) {
    this.close = server.onHappening((happening) => this.take(happening));
    for (const { id, state } of server.liveCalls()) {
      const info = server.call(id)?.info;
      if (info === undefined) continue;
      const answered = state === 'answered' ? info.started : undefined;
      this.begin(info, { rang: state !== 'ringing', answered });
    }
  }

  /** By its SID; the latest first. */
  get(sid: string): BookedCall | undefined {
    const id = this.ids.get(sid);
    return id === undefined ? undefined : this.calls.get(id);
  }

  all(): readonly BookedCall[] {
    return [...this.calls.values()].reverse();
  }

  /** The id of the call that dialled this leg. */
  parentOf(legSid: string): string | undefined {
    return this.parents.get(legSid);
  }

  byId(id: string): BookedCall | undefined {
    return this.calls.get(id);
  }

  /** Who has answered, where that was found out. */
  answererOf(sid: string): MachineResult | undefined {
    const id = this.ids.get(sid);
    return this.answerers.get(sid) ?? (id === undefined ? undefined : this.machineOf(id));
  }

  /** Called once, when the call is answered. */
  onAnswered(id: string, listener: () => void): void {
    this.calls.get(id)?.onAnswered.push(listener);
  }

  /** Called once, when the call is over. */
  onOver(id: string, listener: () => void): void {
    this.calls.get(id)?.onOver.push(listener);
  }

  /** Called once, when the file is closed. */
  onRecorded(id: string, path: string, listener: (recorded: RecordingEnd) => void): void {
    this.calls.get(id)?.onRecorded.set(path, listener);
  }

  private machineOf(id: string): MachineResult | undefined {
    return this.server.call(id)?.answeredBy;
  }

  private begin(info: CallInfo, known: Pick<BookedCall, 'rang' | 'answered'>): void {
    const { id, started } = info;
    const sid = callSid(id);
    this.ids.set(sid, id);
    this.calls.set(id, {
      ...{ id, sid, info, ...known, ended: undefined, updated: started, legs: [] },
      ...{ onAnswered: [], onOver: [], onRecorded: new Map() },
    });
  }

  private take(happening: CallHappening): void {
    if (happening.type === 'call.started') {
      this.begin(happening.info, { rang: false, answered: undefined });
      return;
    }
    const call = this.calls.get(happening.call);
    if (call === undefined) return;
    switch (happening.type) {
      case 'call.ringing':
        call.rang = true;
        break;
      case 'call.answered':
        call.info = happening.info;
        call.answered = happening.time;
        for (const listener of call.onAnswered.splice(0)) listener();
        break;
      case 'call.ended': {
        call.ended = { at: happening.time, end: happening.end };
        const answerer = this.machineOf(call.id);
        if (answerer !== undefined) this.answerers.set(call.sid, answerer);
        for (const listener of call.onOver.splice(0)) listener();
        break;
      }
      case 'call.recorded':
        for (const listener of call.onRecorded.values()) {
          listener({ path: undefined, duration: 0 });
        }
        this.calls.delete(call.id);
        this.ids.delete(call.sid);
        return;
      case 'recording.completed':
        if (happening.path === undefined) break;
        call.onRecorded.get(happening.path)?.(happening);
        call.onRecorded.delete(happening.path);
        break;
      case 'leg.started':
      case 'leg.ringing':
      case 'leg.answered':
      case 'leg.ended':
        this.takeLeg(call, happening);
        break;
      default:
        return;
    }
    call.updated = happening.time;
  }

  private takeLeg(
    call: OpenCall,
    happening: Extract<CallHappening, { readonly leg: string }>,
  ): void {
    const { leg: id, target, uri, time } = happening;
    if (happening.type === 'leg.started') {
      if (call.legs.length >= mostLegs) return;
      const sid = callSid(id);
      const none = { rang: false, answered: undefined, ended: undefined };
      call.legs.push({ leg: id, target, uri, sid, started: time, ...none });
      this.parents.set(sid, call.id);
      return;
    }
    const leg = call.legs.find((each) => each.leg === id);
    if (leg === undefined) return;
    if (happening.type === 'leg.ringing') {
      leg.rang = true;
    } else if (happening.type === 'leg.answered') {
      leg.answered = time;
    } else if (happening.type === 'leg.ended') {
      const { answered, talked, status, cause } = happening;
      leg.ended = { at: time, answered, talked, status, cause };
    }
  }
}
