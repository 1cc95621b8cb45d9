import type { Clock, TimerHandle } from '../core/clock';
import { CallchartError, describeError } from '../core/errors';
import type { MediaStatistics, Recording } from '../media/port';
import {
  CallRecordBuilder,
  type CallIdentity,
  type CallRecord,
  type LegFacts,
} from './call-record';
import type { CallFact } from './happenings';
import type { CallEnd, CallInfo, CallNote } from './port';

/** Milliseconds that the flow, the recorder and the media have, after the end of the call, to finish the record. */
const settleTimeout = 20_000;

/**
 * One call's record, until nothing can be added to it: the call has ended, its flow has settled, its
 * recordings are closed, its media has told what it counted. Whoever still has something to add holds it.
 */
export class RecordKeeper {
  private readonly builder: CallRecordBuilder;
  private holders = 0;
  private ended: { readonly end: CallEnd; readonly at: number } | undefined;
  private media: MediaStatistics | undefined;
  private overdue: TimerHandle | undefined;
  private done = false;
  private flow: string | undefined;
  private flowState: string | undefined;
  private rang = false;
  private answered: number | undefined;

  constructor(
    private info: CallInfo,
    identity: CallIdentity,
    private readonly clock: Clock,
    /** Tells those outside what stands in the record, as it happens. */
    readonly tell: (fact: CallFact) => void,
    private readonly onFinished: (record: CallRecord) => void,
  ) {
    this.builder = new CallRecordBuilder(info, identity);
  }

  get finished(): boolean {
    return this.done;
  }

  /** What it knows of a call in progress. */
  get status(): {
    readonly flow: string | undefined;
    readonly flowState: string | undefined;
    /** When it was answered, in milliseconds since the epoch. */
    readonly answered: number | undefined;
  } {
    const { flow, flowState, answered } = this;
    return { flow, flowState, answered };
  }

  identify(info: CallInfo, identity: CallIdentity): void {
    this.info = info;
    this.builder.identify(info, identity);
  }

  useFlow(name: string, version: string): void {
    this.flow = name;
    this.builder.useFlow(name, version);
  }

  /** The call was given to another flow. */
  changeFlow(name: string, version: string): void {
    this.flow = name;
    this.flowState = undefined;
    this.builder.changeFlow(name, version, this.clock.now());
    this.tell({ type: 'call.flow', flow: name, version });
  }

  markRinging(): void {
    if (this.rang) return;
    this.rang = true;
    this.builder.markRinging(this.clock.now());
    this.tell({ type: 'call.ringing' });
  }

  markAnswered(): void {
    if (this.answered !== undefined) return;
    this.answered = this.clock.now();
    this.builder.markAnswered(this.answered);
    this.tell({ type: 'call.answered', info: this.info });
  }

  enteredState(state: string): void {
    this.flowState = state;
    this.builder.enteredState(state, this.clock.now());
    this.tell({ type: 'call.state', flow: this.flow, state });
  }

  note(note: CallNote): void {
    this.builder.note(note, this.clock.now());
    const fact = factOf(note);
    if (fact !== undefined) this.tell(fact);
  }

  noteLeg(facts: LegFacts): void {
    const leg = this.builder.noteLeg(facts);
    if (leg === undefined) return;
    this.await(facts.media, (statistics) => {
      leg.media = statistics;
    });
  }

  noteError(thrown: unknown): void {
    const code = thrown instanceof CallchartError ? { code: thrown.code } : {};
    this.note({ type: 'error', ...code, message: describeError(thrown) });
  }

  /** The record waits until the returned function is called, which may happen more than once. */
  hold(): () => void {
    this.holders += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.holders -= 1;
      if (this.holders === 0 && this.ended !== undefined) this.finish();
    };
  }

  /** Waits for a recording's file to be closed, and notes what became of it. */
  follow(recording: Recording): void {
    const release = this.hold();
    recording.done
      .then(
        ({ type, error, ...result }) => {
          this.note({ ...result, type: 'recording', endedBy: type });
          if (error !== undefined) this.noteError(error);
        },
        (error: unknown) => this.noteError(error),
      )
      .finally(release);
  }

  /** @param at when the call ended, in milliseconds since the epoch */
  end(end: CallEnd, at: number, media: Promise<MediaStatistics> | undefined): void {
    this.await(media, (statistics) => {
      this.media = statistics;
    });
    this.ended = { end, at };
    if (this.holders === 0) {
      this.finish();
      return;
    }
    // A flow that never settles costs its own record a few lines, not the whole.
    this.overdue = this.clock.setTimeout(() => {
      this.note({
        type: 'error',
        message: 'the flow, a recording or the media did not end with the call',
      });
      this.finish();
    }, settleTimeout);
  }

  private finish(): void {
    if (this.done || this.ended === undefined) return;
    this.done = true;
    this.clock.clearTimeout(this.overdue);
    const { end, at } = this.ended;
    this.onFinished(this.builder.finish(end, at, this.media));
  }

  /** The media may be another thread's, which tells of its end a little later. */
  private await(
    media: Promise<MediaStatistics> | undefined,
    take: (statistics: MediaStatistics) => void,
  ): void {
    if (media === undefined) return;
    const release = this.hold();
    media.then(take, (error: unknown) => this.noteError(error)).finally(release);
  }
}

/** Of an error those outside hear with the record. */
function factOf({ type, ...fields }: CallNote): CallFact | undefined {
  const { digits, path, duration, removed } = fields;
  switch (type) {
    case 'digits':
      return { ...fields, type: 'call.digits', digits: String(digits) };
    case 'transfer':
      return { ...fields, type: 'call.transfer' };
    case 'recording': {
      const file = typeof path === 'string' ? path : undefined;
      if (removed === true) {
        return file === undefined ? undefined : { type: 'recording.deleted', path: file };
      }
      return { ...fields, type: 'recording.completed', path: file, duration: Number(duration) };
    }
    case 'error':
      return undefined;
  }
}
