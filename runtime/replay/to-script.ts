import type { DialResult, TransferResult } from '../call/port';
import type { FlowLog } from '../flow/flow-log';
import type {
  DetectMachineOutcome,
  DialOutcome,
  GatherInput,
  GatherOutcome,
  PlayInput,
  PlayOutcome,
  RecordInput,
  RecordOutcome,
  TransferOutcome,
} from '../flow/outcomes';
import type { MachineResult } from '../media/port';
import type { Callee, CallerStep, SimulateOptions } from '../simulate/port';
import type { Replay, ReplayStep } from './replay';

/** What an own actor of the flow gave in one of its turns. */
export type ActorTurn = { readonly output: unknown } | { readonly error: string };

/** A call as a script for the simulator: plain data. */
export interface CallScript {
  readonly options: Pick<
    SimulateOptions,
    | 'caller'
    | 'at'
    | 'call'
    | 'input'
    | 'answeredBy'
    | 'dial'
    | 'transfer'
    | 'machine'
    | 'recordingFails'
  >;
  /** What the flow's own actors gave, in order, by name. */
  readonly actors: Readonly<Record<string, readonly ActorTurn[]>>;
  /** The states of the call, in order. */
  readonly path: readonly string[];
}

/** Milliseconds that a step may wait for a state before it has to say so. */
const usualPatience = 50_000;

/** What a caller and the others would have to do for a call to go as this one did. */
export function scriptOf(log: FlowLog, again: Replay): CallScript {
  const script = new ScriptBuilder(log.initial);
  for (const step of again.steps) script.add(step);
  return script.finish(log);
}

class ScriptBuilder {
  private readonly caller: CallerStep[] = [];
  private readonly dial: Callee[] = [];
  private readonly transfer: TransferResult[] = [];
  private readonly machine: MachineResult[] = [];
  private readonly actors: Record<string, ActorTurn[]> = {};
  private readonly path: string[];
  private recordingFails: string | undefined;
  /** The state that the caller's last step was in. */
  private at = '';
  private since = 0;
  /** A key that a prompt was stopped with, and that the next gather gets. */
  private carried = '';

  constructor(private state: string) {
    this.path = [state];
  }

  add(step: ReplayStep): void {
    const { event, src } = step.entry;
    if (event.type === 'call.ended') {
      // Whatever else ends a call from outside, a flow settles as when its caller hangs up.
      if (event['by'] !== 'flow') this.does(step, { type: 'hangsUp' });
    } else if (event.type === 'dtmf') {
      this.does(step, { type: 'presses', digits: String(event['digit']) });
    } else if (event.type === 'call.held' || event.type === 'call.resumed') {
      this.does(step, { type: event.type === 'call.held' ? 'holds' : 'resumes' });
    } else if (event.type.startsWith('xstate.error.') && src !== undefined) {
      this.turn(step, src, { error: messageOf(event['error']) });
    } else if (event.type.startsWith('xstate.done.actor.') && src !== undefined) {
      this.outcome(step, src, event['output']);
    }
    if (step.then !== this.state) this.path.push(step.then);
    this.state = step.then;
  }

  finish({ started, input }: FlowLog): CallScript {
    const { caller, dial, transfer, machine, recordingFails } = this;
    const given = (input ?? {}) as {
      readonly input?: unknown;
      readonly answeredBy?: MachineResult;
    };
    return {
      options: {
        ...(caller.length === 0 ? {} : { caller }),
        at: new Date(started).toISOString().slice(0, 19),
        call: callOf(input),
        ...(given.input === undefined ? {} : { input: given.input }),
        ...(given.answeredBy === undefined ? {} : { answeredBy: given.answeredBy }),
        ...(dial.length === 0 ? {} : { dial }),
        ...(transfer.length === 0 ? {} : { transfer }),
        ...(machine.length === 0 ? {} : { machine }),
        ...(recordingFails === undefined ? {} : { recordingFails }),
      },
      actors: this.actors,
      path: this.path,
    };
  }

  private outcome(step: ReplayStep, src: string, output: unknown): void {
    const waiting = step.waiting.find((each) => each.src === src);
    // What came of an actor that the end of the call has ended was nobody's doing.
    if (typeOf(output) === 'hangup') return;
    switch (waiting?.callActor) {
      case undefined:
      case 'webhook':
        this.turn(step, src, { output });
        break;
      case 'gather':
        this.gather(step, waiting.input ?? {}, output as GatherOutcome);
        break;
      case 'play':
        this.play(step, waiting.input as PlayInput, output as PlayOutcome);
        break;
      case 'record':
        this.record(step, waiting.input ?? {}, output as RecordOutcome);
        break;
      case 'dial':
        this.dial.push(calleeOf(output as DialOutcome));
        break;
      case 'transfer':
        this.transfer.push(transferOf(output as TransferOutcome));
        break;
      case 'detectMachine':
        this.machine.push(machineOf(output as DetectMachineOutcome));
        break;
      case 'detectSpeech':
        if (typeOf(output) === 'speech') this.says(step, durationOf(output));
        break;
      default:
    }
  }

  private gather(step: ReplayStep, input: GatherInput, outcome: GatherOutcome): void {
    if (outcome.type === 'speech') this.does(step, { type: 'says', text: outcome.text });
    if (outcome.type !== 'digits' && outcome.type !== 'invalid') return;
    const { carried } = this;
    this.carried = '';
    const digits = outcome.digits.startsWith(carried)
      ? outcome.digits.slice(carried.length)
      : outcome.digits;
    // Only the last attempt is in the log: the others were no better.
    const attempts = outcome.type === 'digits' ? 1 : (input.attempts ?? 1);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) this.caller.push({ type: 'hears' });
      if (digits !== '') this.does(step, { type: 'presses', digits });
    }
  }

  private play(step: ReplayStep, input: PlayInput, outcome: PlayOutcome): void {
    if (outcome.type !== 'stopped') return;
    this.does(step, { type: 'presses', digits: outcome.digit });
    if (input.stopOn === true) this.carried = outcome.digit;
  }

  private record(step: ReplayStep, input: RecordInput, outcome: RecordOutcome): void {
    switch (outcome.type) {
      case 'recorded': {
        const silence = outcome.endedBy === 'silence' ? (input.endSilence ?? 0) : 0;
        this.answers(step, input, outcome.recording.duration - silence);
        if (outcome.digit !== undefined) {
          this.caller.push({ type: 'presses', digits: outcome.digit });
        }
        break;
      }
      case 'tooShort':
        this.answers(step, input, outcome.duration);
        break;
      case 'failed':
        this.recordingFails = outcome.reason;
        break;
      case 'noSpeech':
      case 'hangup':
    }
  }

  /** Behind the beep, as people do. */
  private answers(step: ReplayStep, { beep = true }: RecordInput, duration: number): void {
    if (beep) this.does(step, { type: 'hears', prompt: { tone: 'beep' } });
    this.says(step, Math.max(100, duration));
  }

  private says(step: ReplayStep, duration: number): void {
    this.does(step, { type: 'says', text: '…', duration: Math.round(duration) });
  }

  private turn(step: ReplayStep, src: string, turn: ActorTurn): void {
    const callActor = step.waiting.find((each) => each.src === src)?.callActor;
    if (callActor === undefined || callActor === 'webhook') {
      (this.actors[src] ??= []).push(turn);
    }
  }

  /** In the state in which it was done: prompts may last longer or shorter than then. */
  private does(step: ReplayStep, doing: CallerStep): void {
    if (this.at !== this.state) {
      const patience = step.at - this.since > usualPatience ? { timeout: 600_000 } : {};
      this.caller.push({ type: 'reaches', state: this.state, ...patience });
      this.at = this.state;
      this.since = step.at;
    }
    this.caller.push(doing);
  }
}

function calleeOf(outcome: DialOutcome): Callee {
  switch (outcome.type) {
    case 'answered':
      return outcome.endedBy === 'callee' ? { talks: Math.round(outcome.talkTime) } : {};
    case 'cancelled':
      return { rings: 600_000 };
    default:
      return { result: outcome satisfies DialResult };
  }
}

/** What the other side would have answered for it to come to that. */
function transferOf(outcome: TransferOutcome): TransferResult {
  switch (outcome.type) {
    case 'busy':
      return { type: 'failed', status: 486, reason: 'Busy Here' };
    case 'noAnswer':
      return { type: 'noNotify' };
    case 'rejected':
      return { type: 'failed', status: outcome.status, reason: outcome.reason };
    case 'notSupported':
      return { type: 'refused', status: outcome.status, reason: 'Not Implemented' };
    case 'transferred':
    case 'hangup':
      return { type: 'accepted', status: 202 };
  }
}

function machineOf(outcome: DetectMachineOutcome): MachineResult {
  if (outcome.type === 'hangup') return { type: 'unknown', reason: 'ended', decidedAt: 0 };
  const beep = outcome.type === 'machine' && outcome.beep ? { beepAt: 2_000 } : {};
  // The reason is one of the detector's own, as the outcome has handed it on.
  return { type: outcome.type, reason: outcome.reason, decidedAt: 1_000, ...beep };
}

/** Who called whom; headers of the caller's own (X-…), which flows look at, and no others. */
function callOf(input: unknown): NonNullable<SimulateOptions['call']> {
  const { call } = input as { readonly call?: NonNullable<SimulateOptions['call']> };
  if (call === undefined) return {};
  const { from, to, dialled, direction, trunk, user, headers = {} } = call;
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-'));
  return JSON.parse(
    JSON.stringify({
      ...{ from, to, dialled, direction, trunk, user },
      ...(own.length === 0 ? {} : { headers: Object.fromEntries(own) }),
    }),
  ) as NonNullable<SimulateOptions['call']>;
}

function typeOf(output: unknown): unknown {
  return typeof output === 'object' && output !== null && 'type' in output
    ? output.type
    : undefined;
}

function durationOf(output: unknown): number {
  const duration: unknown = Reflect.get(Object(output) as object, 'duration');
  return typeof duration === 'number' ? duration : 1_000;
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
