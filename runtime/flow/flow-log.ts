import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { steppedMachine, withFlowTime } from './flow-time';
import { withoutSecrets } from './without-secrets';

/**
 * What a flow's machine was given in one call, in order: with it the call can be played again. Plain data; digits of
 * `sensitive` gathers, and all digits while a state is tagged `sensitive`, are `***`.
 */
export type FlowLogEntry =
  /** The machine has taken an event: an outcome, the end of a time, or something that happened to the call. */
  | {
      readonly type: 'event';
      /** Milliseconds since the flow began. */
      readonly at: number;
      /** As XState names it, with all that it carries: `{ type: 'xstate.done.actor.0.reception.menu', output }`. */
      readonly event: LoggedEvent;
      /** Of an actor's end: the name under which the flow has it. */
      readonly src?: string;
      /** Digits were taken out. */
      readonly redacted?: true;
      /** The state after it; absent when it is the same. */
      readonly state?: string;
    }
  /** The flow has asked `now()`, in the step of the event that comes next: milliseconds since the epoch. */
  | { readonly type: 'time'; readonly at: number; readonly now: number };

export interface LoggedEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** One call's log: one JSON line. */
export interface FlowLog {
  /** Callchart's id of the call. */
  readonly call: string;
  /** ISO 8601: when the flow ended; the day decides on the file. */
  readonly ended: string;
  readonly flow: { readonly name: string; readonly version: string };
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** The machine's input; of the INVITE's header fields none when the flow has asked for none. */
  readonly input: unknown;
  /** The state that it began in. */
  readonly initial: string;
  readonly entries: readonly FlowLogEntry[];
  /** Entries that were left out, because there were too many. */
  readonly omitted: number;
  readonly result: {
    readonly type: 'final' | 'left' | 'failed' | 'replaced';
    readonly state: string;
    readonly error?: unknown;
  };
}

/** Entries of one call: a flow that turns in circles must not fill the memory. */
const mostEntries = 2_000;
/** Characters of one event: an answer of a web service may be long. */
const longestEvent = 16_384;
const redactedDigits = '***';

/** What a log does not know by itself. */
export interface FlowLogSource {
  now(): number;
  /** What the flow's own `now()` gives, where that is not the time: in a replay. */
  read?(): number;
  /** Whether the outcome of the actor of this id must not show its digits. */
  isSensitive(actorId: string): boolean;
}

type EventEntry = Extract<FlowLogEntry, { readonly type: 'event' }>;
type Written = { -readonly [K in keyof EventEntry]: EventEntry[K] };

/**
 * Writes down what a machine is given while it runs. It stands between XState and the machine, where every event comes
 * by once: XState's own inspection doubles the cost of each (test/bench/flow.ts).
 */
export class FlowLogWriter {
  private readonly entries: FlowLogEntry[] = [];
  private readonly started: number;
  private omitted = 0;
  private last: Written | undefined;
  private initial: string | undefined;
  private readonly read = (): number => this.readTime();

  constructor(private readonly source: FlowLogSource) {
    this.started = source.now();
  }

  /** The machine, whose steps are written down. */
  watch(machine: AnyStateMachine): AnyStateMachine {
    return steppedMachine(machine, (work, event, before) => {
      this.take(event, before);
      return this.step(work);
    });
  }

  /** Anything that makes the machine work, so that `now()` in it is the call's time. */
  step<T>(work: () => T): T {
    return withFlowTime(this.read, work);
  }

  /** The machine is in another state than before. */
  state(name: string): void {
    if (this.initial === undefined) this.initial = name;
    else if (this.last !== undefined) this.last.state = name;
  }

  finish(rest: Pick<FlowLog, 'call' | 'flow' | 'input' | 'result'>): FlowLog {
    // One literal, every member of it named: spreading cost more than all that came before.
    return {
      call: rest.call,
      ended: new Date(this.source.now()).toISOString(),
      flow: rest.flow,
      started: this.started,
      input: rest.input,
      initial: this.initial ?? '',
      entries: this.entries,
      omitted: this.omitted,
      result: rest.result,
    };
  }

  private take(event: EventObject, snapshot: AnyMachineSnapshot): void {
    this.last = undefined;
    if (event.type === 'xstate.stop') return;
    if (this.entries.length >= mostEntries) {
      this.omitted += 1;
      return;
    }
    const entry: Written = { type: 'event', at: this.elapsed(), event };
    const { actorId } = event as { readonly actorId?: unknown };
    let sensitive = snapshot.tags.has('sensitive');
    if (typeof actorId === 'string') {
      const src = sourceOf(snapshot, actorId);
      if (src !== undefined) entry.src = src;
      sensitive ||= this.source.isSensitive(actorId);
    }
    if (sensitive) this.redact(entry);
    this.entries.push(entry);
    this.last = entry;
  }

  private redact(entry: Written): void {
    const { event } = entry;
    const { output } = event;
    if ('digit' in event) {
      entry.event = { ...event, digit: redactedDigits };
    } else if (typeof output === 'object' && output !== null && 'digits' in output) {
      entry.event = { ...event, output: { ...output, digits: redactedDigits } };
    } else if (event.type === 'speech.partial') {
      entry.event = { ...event, text: redactedDigits };
    } else if (isSpeech(output)) {
      entry.event = { ...event, output: { ...output, text: redactedDigits } };
    } else if (typeof output === 'object' && output !== null && 'digit' in output) {
      entry.event = { ...event, output: { ...output, digit: redactedDigits } };
    } else {
      return;
    }
    entry.redacted = true;
  }

  private readTime(): number {
    const { source } = this;
    const now = source.read?.() ?? source.now();
    if (this.entries.length >= mostEntries) this.omitted += 1;
    else this.entries.push({ type: 'time', at: this.elapsed(), now });
    return now;
  }

  private elapsed(): number {
    return Math.round(this.source.now() - this.started);
  }
}

/** What a gather has understood. */
function isSpeech(output: unknown): output is { readonly type: 'speech'; readonly text: string } {
  return (
    typeof output === 'object' &&
    output !== null &&
    'text' in output &&
    'type' in output &&
    output.type === 'speech'
  );
}

/** The name that the flow gave the actor. */
function sourceOf({ children }: AnyMachineSnapshot, id: string): string | undefined {
  const src: unknown = (children as Readonly<Record<string, { readonly src?: unknown }>>)[id]?.src;
  return typeof src === 'string' ? src : undefined;
}

/** The log as a line: whatever is in there, it can be written and read back, but for passwords and tokens of URLs. */
export function writeFlowLog(log: FlowLog): string {
  return withoutSecrets(writtenAtOnce(log) ?? writtenWithCare(log));
}

/**
 * Where nothing in it is special, as in most calls: without a replacer, which doubles the cost of the whole log
 * (test/bench/flow-log.ts). Undefined where care is needed.
 */
function writtenAtOnce(log: FlowLog): string | undefined {
  try {
    if (isSpecial(givenTo(log.input), 0) || log.result.error !== undefined) return undefined;
    if (log.entries.some((entry) => entry.type === 'event' && isSpecial(entry.event, 0))) {
      return undefined;
    }
    const text = JSON.stringify(log);
    return text.length <= longestEvent ? text : undefined;
  } catch {
    return undefined;
  }
}

/** What whoever placed the call has given; what stands beside it is of the call, and plain. */
function givenTo(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'call' in input && 'input' in input
    ? input.input
    : undefined;
}

function writtenWithCare(log: FlowLog): string {
  const { entries, ...rest } = log;
  const lines = entries.map((entry) => {
    const text = plainJson(entry);
    return text.length <= longestEvent ? text : plainJson(shortened(entry, text.length));
  });
  return `${plainJson(rest).slice(0, -1)},"entries":[${lines.join(',')}]}`;
}

/** Whether there is anything in it that JSON.stringify does not write as a log should, or it is too deep to say. */
function isSpecial(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint';
  if (depth > 8 || value instanceof Error) return true;
  for (const key in value) {
    if (isSpecial((value as Readonly<Record<string, unknown>>)[key], depth + 1)) return true;
  }
  return false;
}

function shortened(entry: FlowLogEntry, length: number): FlowLogEntry {
  if (entry.type === 'time') return entry;
  const { type, actorId } = entry.event;
  const output = { omitted: `${length} characters` };
  return {
    ...entry,
    event: { type, ...(actorId === undefined ? {} : { actorId }), output },
  };
}

function plainJson(value: unknown): string {
  try {
    return JSON.stringify(value, plain);
  } catch {
    // A circle, or a getter that throws: what it was cannot be said, that it was can.
    return JSON.stringify({ unreadable: true });
  }
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof Error)) return value;
  const code = 'code' in value ? { code: value.code } : {};
  return { name: value.name, message: value.message, ...code };
}
