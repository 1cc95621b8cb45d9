import { createActor, type Actor, type AnyStateMachine } from 'xstate';
import { CallchartError, describeError } from '../core/errors';
import { FlowLogWriter, type FlowLog, type FlowLogEntry } from '../flow/flow-log';
import { GatherEntry } from '../flow/gather-entry';
import { mapMachine } from '../flow/machine-map';
import { stateName } from '../flow/state-name';
import { RecordedActors, type WaitingActor } from './recorded-actors';
import { ReplayClock } from './replay-clock';
import { inWords } from './words';

type EventEntry = Extract<FlowLogEntry, { readonly type: 'event' }>;

/** One thing that the machine was given, then and now. */
export interface ReplayStep {
  /** Milliseconds since the flow began. */
  readonly at: number;
  /** `gather: 1`, `the caller hung up`. */
  readonly what: string;
  /** What the actors were asked that waited for it: what the state did. */
  readonly waiting: readonly WaitingActor[];
  /** The state after it, in the call and in the replay. */
  readonly then: string;
  readonly now: string;
  /** What else is to be said of it. */
  readonly note?: string;
  readonly entry: EventEntry;
}

/** Where the replay leaves what happened. */
export interface Parting {
  /** Index in {@link Replay.steps}; as many as there are when the flow begins or ends otherwise. */
  readonly step: number;
  readonly reason: string;
}

export interface Replay {
  /** Where the flow began, then and now. */
  readonly initial: { readonly then: string; readonly now: string };
  /** To the parting, with it. */
  readonly steps: readonly ReplayStep[];
  readonly parting: Parting | undefined;
  /** What this machine was given: equal to the log it was replayed from as long as nothing parts. */
  readonly log: FlowLog;
  readonly context: unknown;
}

/** Times in a log are whole milliseconds; timers are not. */
const rounding = 2;

/**
 * Runs a call again from its log: the machine gets what it got then, when it got it, and nothing else of the world is
 * touched. It ends with the log, or where the machine does something else than it did.
 *
 * @throws {CallchartError} `CALLCHART_REPLAY` when the machine has actors without names, which cannot be replaced.
 */
export function replay(machine: AnyStateMachine, log: FlowLog): Replay {
  refuseInline(machine);
  return new Replaying(machine, log).run();
}

function refuseInline(machine: AnyStateMachine): void {
  for (const { name, invokes } of mapMachine(machine).states) {
    if (invokes.every(({ inline, callActor }) => !inline || callActor !== undefined)) continue;
    throw new CallchartError(
      'CALLCHART_REPLAY',
      `the state '${name}' invokes an actor that is written into it, and would run again: name it in setup({ actors: { … } })`,
    );
  }
}

class Replaying {
  private readonly clock: ReplayClock;
  private readonly actors = new RecordedActors();
  /** What `now()` told in the step that is taken: a machine within the flow, which is not run again, may have asked, too. */
  private times: number[];
  private readonly writer: FlowLogWriter;
  private readonly actor: Actor<AnyStateMachine>;
  private readonly steps: ReplayStep[] = [];
  private state = '';
  /** Digits were taken out of what the machine gets now. */
  private redacted = false;
  private failure: unknown;
  private parting: Parting | undefined;

  constructor(
    machine: AnyStateMachine,
    private readonly log: FlowLog,
  ) {
    this.clock = new ReplayClock(log.started);
    this.times = readingsBehind(log.entries, -1);
    this.writer = new FlowLogWriter({
      now: () => this.clock.now(),
      read: () => this.times.shift() ?? this.clock.now(),
      isSensitive: () => this.redacted,
    });
    this.actor = this.writer.step(() =>
      createActor(this.writer.watch(this.actors.replace(machine)), {
        // Plain data once more, so that a flow that changes its input does not change the log.
        input: structuredClone(log.input),
        clock: this.clock,
        logger: () => undefined,
      }),
    );
    this.actors.bind(this.actor.system);
    this.actor.subscribe({
      next: (snapshot) => {
        const name = stateName(snapshot);
        if (name !== this.state) this.writer.state((this.state = name));
      },
      error: (error) => {
        this.failure = error;
      },
    });
  }

  run(): Replay {
    const { log } = this;
    this.writer.step(() => this.actor.start());
    const initial = { then: log.initial, now: this.state };
    if (initial.then !== initial.now) this.part('the flow begins in another state');
    let then = log.initial;
    for (const [index, entry] of log.entries.entries()) {
      if (this.parting !== undefined) break;
      if (entry.type !== 'event') continue;
      this.times = readingsBehind(log.entries, index);
      then = entry.state ?? then;
      this.give(entry, then);
    }
    if (this.parting === undefined) this.compareEnd();
    const { result } = this;
    const context: unknown = this.actor.getSnapshot().context;
    this.actor.stop();
    return {
      ...{ initial, steps: this.steps, parting: this.parting, context },
      log: this.writer.finish({ call: log.call, flow: log.flow, input: log.input, result }),
    };
  }

  private give(entry: EventEntry, then: string): void {
    const time = this.log.started + entry.at;
    const waiting = [...this.actors.waiting];
    if (this.clock.fire(time - rounding)) {
      this.add(entry, waiting, then, 'a time of this flow ran out before it');
      this.part(
        `before that, a time ran out that did not then, and the flow is in '${this.state}'`,
      );
      return;
    }
    this.clock.moveTo(time);
    const note = this.deliver(entry, time);
    this.add(entry, waiting, then, note.text);
    if (note.parts !== undefined) this.part(note.parts);
    else if (this.failure !== undefined && this.log.result.type !== 'failed') {
      this.part(`the flow fails: ${describeError(this.failure)}`);
    } else if (this.state !== then) {
      const why = this.redacted ? '; its digits were not kept, so this may be no difference' : '';
      this.part(`the flow goes to '${this.state}', and then went to '${then}'${why}`);
    }
  }

  private deliver(
    entry: EventEntry,
    time: number,
  ): { readonly text?: string; readonly parts?: string } {
    const { event } = entry;
    const actorId = event['actorId'];
    this.redacted = entry.redacted === true;
    if (event.type.startsWith('xstate.after.')) {
      return this.clock.fire(time + rounding) ? {} : { parts: 'no time runs out here' };
    }
    if (typeof actorId !== 'string') {
      this.actor.send(event);
      return {};
    }
    const waiting = this.actors.find(actorId, entry.src);
    if (waiting === undefined) {
      return {
        parts: `the flow does not wait for '${entry.src ?? actorId}' here${this.waitsFor()}`,
      };
    }
    if (event.type.startsWith('xstate.error.')) {
      this.actors.reject(waiting, errorOf(event['error']));
      return {};
    }
    const { output, note } = asNow(waiting, event['output'], entry.redacted === true);
    this.actors.resolve(waiting, output);
    return note === undefined ? {} : { text: note };
  }

  private waitsFor(): string {
    const names = this.actors.waiting.map(({ src }) => `'${src}'`);
    return names.length === 0 ? '' : `, but for ${names.join(' and ')}`;
  }

  private compareEnd(): void {
    const { status } = this.actor.getSnapshot();
    const ended = this.log.result.type === 'final';
    if ((status === 'done') !== ended) {
      this.part(ended ? `the flow does not end, and then did` : `the flow ends, and then did not`);
    }
  }

  private get result(): FlowLog['result'] {
    const { state, failure } = this;
    if (failure !== undefined) return { type: 'failed', state, error: failure };
    const { status } = this.actor.getSnapshot();
    return { type: status === 'done' ? 'final' : 'left', state };
  }

  private add(
    entry: EventEntry,
    waiting: readonly WaitingActor[],
    then: string,
    note: string | undefined,
  ): void {
    this.steps.push({
      ...{ at: entry.at, what: inWords(entry), waiting, then, now: this.state, entry },
      ...(note === undefined ? {} : { note }),
    });
  }

  private part(reason: string): void {
    this.parting ??= { step: Math.max(0, this.steps.length - 1), reason };
  }
}

/** What the flow was told of the time in the step that this entry, or for -1 its beginning, has set off. */
function readingsBehind(entries: FlowLog['entries'], index: number): number[] {
  const readings: number[] = [];
  for (const entry of entries.slice(index + 1)) {
    if (entry.type !== 'time') break;
    readings.push(entry.now);
  }
  return readings;
}

/** The keys that were pressed then, as this flow's gather takes them. */
function asNow(
  { callActor, input }: WaitingActor,
  output: unknown,
  redacted: boolean,
): { readonly output: unknown; readonly note?: string } {
  if (redacted) return { output, note: 'the digits were not kept' };
  if (callActor !== 'gather' || typeof output !== 'object' || output === null) return { output };
  const { type, digits } = output as { readonly type?: unknown; readonly digits?: unknown };
  if (typeof digits !== 'string') return { output };
  const entry = new GatherEntry(input ?? {});
  for (const digit of digits) if (entry.press(digit) === 'complete') break;
  const fits = entry.outcome();
  if (fits.type === type && fits.digits === digits) return { output };
  return { output: fits, note: `this flow takes '${digits}' as ${fits.type} '${fits.digits}'` };
}

function errorOf(logged: unknown): Error {
  const { name, message, code } = (typeof logged === 'object' && logged !== null ? logged : {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly code?: unknown;
  };
  const error = new Error(typeof message === 'string' ? message : String(logged));
  if (typeof name === 'string') error.name = name;
  return code === undefined ? error : Object.assign(error, { code });
}
