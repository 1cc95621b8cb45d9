import type { AnyStateMachine } from 'xstate';
import type { Exploration, Rest, Step } from './graph';
import { wayTo } from './graph';
import { contentKey } from './identity';

/** One way in which an invoked machine ends. */
export interface ChildEnd {
  readonly output: unknown;
  /** What happens in it until then; '' for nothing. */
  readonly words: string;
  /** It can come about without anybody's doing. */
  readonly silent: boolean;
}

export interface ChildEnds {
  /** While the call lasts. */
  readonly live: readonly ChildEnd[];
  /** When the call is over. */
  readonly afterHangup: readonly ChildEnd[];
  readonly fails: boolean;
}

type Explore = (machine: AnyStateMachine, input: unknown, children: ChildMachines) => Exploration;

/** How many different inputs of one machine are looked at. */
const mostInputs = 20;

/** The machines that a flow invokes, at any depth, each explored once for each input that it is given. */
export class ChildMachines {
  private readonly known = new Map<AnyStateMachine, Map<string, ChildEnds | undefined>>();
  private readonly found: Exploration[] = [];

  constructor(
    readonly owner: AnyStateMachine,
    private readonly explore: Explore,
  ) {}

  get explorations(): readonly Exploration[] {
    return this.found;
  }

  /** Undefined while it is being looked at, as when it invokes itself. */
  endsOf(machine: AnyStateMachine, input: unknown): ChildEnds | undefined {
    const inputs = this.known.get(machine) ?? new Map<string, ChildEnds | undefined>();
    this.known.set(machine, inputs);
    const key = contentKey(input);
    if (inputs.has(key)) return inputs.get(key);
    if (machine === this.owner) return undefined;
    if (inputs.size >= mostInputs) return [...inputs.values()].at(-1);
    inputs.set(key, undefined);
    const exploration = this.explore(machine, input, this);
    this.found.push(exploration);
    const ends = endsOf(exploration);
    inputs.set(key, ends);
    return ends;
  }
}

function endsOf({ rests, stillborn }: Exploration): ChildEnds {
  const silent = silentlyReached(rests);
  const ends = (over: boolean): ChildEnd[] => {
    const byOutput = new Map<string, ChildEnd>();
    for (const rest of rests) {
      if (rest.over !== over || rest.snapshot.status !== 'done') continue;
      const output: unknown = rest.snapshot.output;
      const key = contentKey(output);
      const before = byOutput.get(key);
      if (before !== undefined && (before.silent || !silent.has(rest))) continue;
      const words = wayTo(rest).map(({ happening }) => happening.words);
      byOutput.set(key, { output, words: words.join('; '), silent: silent.has(rest) });
    }
    return [...byOutput.values()];
  };
  const failing = rests.some(({ steps }) => steps.some(({ failure }) => failure !== undefined));
  return { live: ends(false), afterHangup: ends(true), fails: failing || stillborn !== undefined };
}

function silentlyReached(rests: readonly Rest[]): ReadonlySet<Rest> {
  const found = new Set<Rest>(rests.slice(0, 1));
  const isSilent = ({ happening }: Step): boolean => happening.silent;
  for (const rest of found) {
    for (const step of rest.steps) if (step.to !== undefined && isSilent(step)) found.add(step.to);
  }
  return found;
}
