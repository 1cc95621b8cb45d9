import type { AnyActorRef } from 'xstate';
import type { TransferResult } from '../call/port';
import type { Callee, CallerStep, GivenOutcome, SimulateOptions } from '../simulate/port';
import { member } from './call-events';
import type { Rest, Step } from './graph';
import { childrenOf } from './pure-machine';

/** What `simulate` is told so that a call takes these steps: plain data, which can be written to a file. */
export type CallScript = Pick<
  SimulateOptions,
  'at' | 'caller' | 'dial' | 'transfer' | 'outcomes'
> & {
  readonly caller: readonly CallerStep[];
};

/** Whether a caller, a callee or a given outcome can bring a step about; events of services cannot be sent. */
export function canBePlayed({ from, happening, failure }: Step): boolean {
  if (failure !== undefined) return false;
  const { kind, event, actor } = happening;
  // What another machine does is brought about in it.
  if (actor !== undefined && actor.callActor === undefined && isMachineActor(from, actor.id))
    return false;
  if (kind !== 'event') return true;
  const playable = ['call.held', 'call.resumed', 'speech.started'];
  return playable.includes(event.type) || (event.type === 'dtmf' && event['leg'] === undefined);
}

function isMachineActor({ snapshot }: Rest, id: string): boolean {
  const ref = childrenOf(snapshot).find(([child]) => child === id)?.[1];
  const state: unknown = ref?.getSnapshot();
  return typeof state === 'object' && state !== null && 'children' in state;
}

/** Writes the script of a call that takes these steps from its beginning. */
export function scriptOf(steps: readonly Step[]): CallScript {
  const writer = new ScriptWriter(steps);
  return writer.write();
}

class ScriptWriter {
  private readonly caller: CallerStep[] = [];
  private readonly dial: Callee[] = [];
  private readonly transfer: TransferResult[] = [];
  private readonly outcomes = new Map<string, GivenOutcome[]>();
  private readonly started = new Map<string, { ref: AnyActorRef; count: number }>();
  private readonly several: ReadonlySet<string>;
  /** A key that is pressed already waits for the next gather. */
  private waiting = '';

  constructor(private readonly steps: readonly Step[]) {
    const states = steps.flatMap(({ from }) => childrenOf(from.snapshot).map(([id]) => id));
    const byState = new Map<string, Set<string>>();
    for (const id of states) {
      const state = stateOfInvoke(id);
      byState.set(state, (byState.get(state) ?? new Set()).add(id));
    }
    this.several = new Set([...byState].flatMap(([state, ids]) => (ids.size > 1 ? [state] : [])));
  }

  write(): CallScript {
    this.steps.forEach((step, index) => {
      this.count(step.from);
      this.play(step, this.steps[index + 1]);
    });
    const { caller, dial, transfer, outcomes } = this;
    const time = this.steps[0]?.from.call;
    return {
      ...(time === undefined || time.words === ''
        ? {}
        : { at: new Date(time.time).toISOString().slice(0, 16) }),
      caller,
      ...(dial.length === 0 ? {} : { dial }),
      ...(transfer.length === 0 ? {} : { transfer }),
      ...(outcomes.size === 0 ? {} : { outcomes: Object.fromEntries(outcomes) }),
    };
  }

  /** How often each actor has begun. */
  private count({ snapshot }: Rest): void {
    for (const [id, ref] of childrenOf(snapshot)) {
      const known = this.started.get(id);
      if (known?.ref !== ref) this.started.set(id, { ref, count: (known?.count ?? 0) + 1 });
    }
  }

  private play(step: Step, next: Step | undefined): void {
    const { from, happening } = step;
    const { kind, event, actor } = happening;
    switch (kind) {
      case 'hangup':
        this.reach(from);
        this.caller.push({ type: 'hangsUp' });
        return;
      case 'ends':
      case 'stopped':
        return;
      case 'failure':
        this.give(step, { fails: 'as anything may' });
        return;
      case 'timer':
        // Whatever else goes on in the state takes longer.
        for (const [id] of childrenOf(from.snapshot)) this.giveTo(id, 'waits');
        return;
      case 'event':
        this.reach(from);
        if (event.type === 'dtmf')
          this.caller.push({ type: 'presses', digits: String(event['digit']) });
        else if (event.type === 'speech.started')
          this.caller.push({ type: 'says', text: 'Hello.' });
        else this.caller.push({ type: event.type === 'call.held' ? 'holds' : 'resumes' });
        return;
      case 'outcome':
        if (actor === undefined || !this.playOutcome(step, next)) {
          this.give(step, { gives: event['output'] });
        }
    }
  }

  /** By what the caller and others do, where that is enough. */
  private playOutcome(step: Step, next: Step | undefined): boolean {
    const { from, to, happening } = step;
    const { actor, event, keys } = happening;
    const output: unknown = event['output'];
    const type = member(output, 'type');
    const ends = to?.state !== from.state;
    switch (actor?.callActor) {
      case 'gather':
        if (type === 'noInput') return ends;
        if (happening.says !== undefined) {
          this.reach(from);
          this.caller.push({ type: 'says', text: happening.says });
          return true;
        }
        if (keys === undefined) return false;
        this.press(from, keys);
        return true;
      case 'play':
        if (type === 'played') return ends;
        if (keys === undefined) return false;
        // Any key stops it, and then counts for the gather that follows.
        if (member(actor.input, 'stopOn') === true) {
          const entry =
            next?.happening.actor?.callActor === 'gather' ? next.happening.keys : undefined;
          const first = entry?.[0]?.charAt(0);
          if (first === undefined || first === '') return false;
          this.press(from, [first]);
          this.waiting = first;
          return true;
        }
        this.press(from, keys);
        return true;
      case 'echo':
        if (keys === undefined) return ends;
        this.press(from, keys);
        return true;
      case 'record':
        return (
          ends &&
          type === 'recorded' &&
          member(output, 'endedBy') === endOfSilentRecording(actor.input)
        );
      case 'dial':
        return this.playDial(output);
      case 'transfer':
        return this.playTransfer(output);
      case 'answer':
      case 'pause':
      case 'ring':
      case 'setLanguage':
      case 'sendDigits':
        return ends;
      default:
        return false;
    }
  }

  private press(from: Rest, keys: readonly string[]): void {
    const [first = '', ...others] = keys;
    const ahead = this.waiting !== '' && first.startsWith(this.waiting);
    const pressed = [ahead ? first.slice(1) : first, ...others].filter((entry) => entry !== '');
    const already = this.waiting !== '';
    this.waiting = '';
    if (pressed.length === 0) return;
    if (!already) this.reach(from);
    for (const digits of pressed) this.caller.push({ type: 'presses', digits });
  }

  private playDial(output: unknown): boolean {
    switch (member(output, 'type')) {
      case 'answered':
        if (member(output, 'endedBy') !== 'callee') return false;
        this.dial.push({});
        return true;
      case 'busy':
      case 'noAnswer':
      case 'rejected':
      case 'unreachable':
      case 'declinedByScreening':
        this.dial.push({ result: output as NonNullable<Callee['result']> });
        return true;
      default:
        return false;
    }
  }

  private playTransfer(output: unknown): boolean {
    switch (member(output, 'type')) {
      case 'transferred':
        this.transfer.push({ type: 'accepted', status: 200 });
        return true;
      case 'busy':
        this.transfer.push({ type: 'failed', status: 486, reason: 'Busy Here' });
        return true;
      case 'noAnswer':
        this.transfer.push({ type: 'noNotify' });
        return true;
      case 'rejected':
        this.transfer.push({ type: 'refused', status: 603, reason: 'Decline' });
        return true;
      case 'notSupported':
        this.transfer.push({ type: 'refused', status: 405, reason: 'Method Not Allowed' });
        return true;
      default:
        return false;
    }
  }

  private reach({ place }: Rest): void {
    if (place !== '') this.caller.push({ type: 'reaches', state: place });
  }

  private give({ happening }: Step, outcome: GivenOutcome): void {
    if (happening.actor !== undefined) this.giveTo(happening.actor.id, outcome);
  }

  private giveTo(id: string, outcome: GivenOutcome): void {
    const state = stateOfInvoke(id);
    const key = this.several.has(state) || state === '' ? id : state;
    const list = this.outcomes.get(key) ?? [];
    this.outcomes.set(key, list);
    const index = (this.started.get(id)?.count ?? 1) - 1;
    while (list.length < index) list.push('runs');
    list[index] = outcome;
  }
}

/** XState names the invokes of a state `0.machine.state`; '' for one that the flow has named itself. */
function stateOfInvoke(id: string): string {
  return /^\d+\.[^.]+\.(.+)$/.exec(id)?.[1] ?? '';
}

function endOfSilentRecording(input: unknown): string {
  const silence = Number(member(input, 'endSilence') ?? 0);
  return silence > 0 ? 'silence' : 'maxDuration';
}
