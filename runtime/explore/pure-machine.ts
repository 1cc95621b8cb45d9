import { createActor } from 'xstate';
import type {
  AnyActorRef,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  ActorLogic,
  Snapshot,
} from 'xstate';
import { withFlowTime } from '../flow/flow-time';

/** What XState hands to a machine that takes a step. */
type Scope = Parameters<AnyStateMachine['transition']>[2];

/** One of the steps that an event leads through, transient states included. */
export interface Microstep {
  readonly event: AnyEventObject;
  readonly transitions: readonly AnyTransitionDefinition[];
  /** After it. */
  readonly snapshot: AnyMachineSnapshot;
}

/** What XState would have executed. */
export interface DueAction {
  readonly type: string;
  readonly params: unknown;
}

/** Where an event has led. */
export interface Stepped {
  /** The snapshot before, when a guard, an input or an assignment threw. */
  readonly snapshot: AnyMachineSnapshot;
  readonly microsteps: readonly Microstep[];
  readonly actions: readonly DueAction[];
  readonly thrown: { readonly error: unknown } | undefined;
}

/**
 * Takes a machine from snapshot to snapshot without starting anything: assignments, guards and inputs are evaluated,
 * actions and actors are not run. XState's own `transition` does the same and builds the machine's first snapshot anew
 * for each step, which is half of its time, and runs the flow's functions for it.
 */
export class PureMachine {
  constructor(
    readonly machine: AnyStateMachine,
    /** What `now()` tells the flow. */
    private readonly time: () => number,
  ) {}

  begin(input: unknown): Stepped {
    const stepped = this.run(undefined, (scope) => this.machine.getInitialSnapshot(scope, input));
    const { snapshot } = stepped;
    // XState keeps what is thrown at the beginning in the snapshot.
    return snapshot.status === 'error' && stepped.thrown === undefined
      ? { ...stepped, thrown: { error: snapshot.error } }
      : stepped;
  }

  /** @param forced is taken for `event`, whatever its guard says. */
  step(
    snapshot: AnyMachineSnapshot,
    event: AnyEventObject,
    forced?: AnyTransitionDefinition,
  ): Stepped {
    if (forced === undefined) {
      return this.run(snapshot, (scope) => this.machine.transition(snapshot, event, scope));
    }
    const { machine } = this;
    const obeying = Object.create(machine, {
      getTransitionData: {
        value: (at: AnyMachineSnapshot, found: AnyEventObject) =>
          found === event ? [forced] : machine.getTransitionData(at, found),
      },
    }) as AnyStateMachine;
    const stepped = this.run(snapshot, (scope) =>
      machine.transition(withMachine(snapshot, obeying), event, scope),
    );
    return { ...stepped, snapshot: withMachine(stepped.snapshot, machine) };
  }

  private run(
    before: AnyMachineSnapshot | undefined,
    step: (scope: Scope) => AnyMachineSnapshot,
  ): Stepped {
    const microsteps: Microstep[] = [];
    const actions: DueAction[] = [];
    // Whoever asks it for anything but its snapshot asks a machine that has not been started.
    const self = createActor(placeholder) as unknown as Scope['self'];
    // What a flow asks of itself in an action, it asks of the machine as it is before the step.
    if (before !== undefined) Object.assign(self, { getSnapshot: () => before });
    self.system.inspect((event) => {
      if (event.type !== '@xstate.microstep' || event.actorRef !== self) return;
      const { snapshot, _transitions: transitions } = event;
      microsteps.push({
        event: event.event,
        transitions,
        snapshot: snapshot as AnyMachineSnapshot,
      });
    });
    const scope: Scope = {
      self,
      id: '',
      sessionId: '',
      logger: () => undefined,
      defer: () => undefined,
      emit: () => undefined,
      system: self.system,
      stopChild: () => undefined,
      actionExecutor: ({ type, params }) => actions.push({ type, params }),
    };
    try {
      const snapshot = withFlowTime(this.time, () => step(scope));
      return { snapshot, microsteps, actions, thrown: undefined };
    } catch (error) {
      // At the beginning there is none before: getInitialSnapshot of a machine does not throw.
      const snapshot = before ?? (self.getSnapshot() as AnyMachineSnapshot);
      return { snapshot, microsteps, actions, thrown: { error } };
    }
  }
}

/** A snapshot is plain data and functions on it: a copy of it is another. */
function withMachine(snapshot: AnyMachineSnapshot, machine: unknown): AnyMachineSnapshot {
  return Object.assign({}, snapshot, { machine }) as AnyMachineSnapshot;
}

/** The same with another context. */
export function withContext(snapshot: AnyMachineSnapshot, context: unknown): AnyMachineSnapshot {
  return Object.assign({}, snapshot, { context }) as AnyMachineSnapshot;
}

/** Stands where the running machine would: each step has a system of its own, so that no two share a systemId. */
const placeholder: ActorLogic<Snapshot<undefined>, AnyEventObject> = {
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot) => snapshot,
  transition: (snapshot) => snapshot,
};

/** The actors that a snapshot has, by the ids that events name. */
export function childrenOf(
  snapshot: AnyMachineSnapshot,
): readonly (readonly [string, AnyActorRef])[] {
  return Object.entries(
    snapshot.children as Readonly<Record<string, AnyActorRef | undefined>>,
  ).flatMap(([id, child]) => (child === undefined ? [] : [[id, child] as const]));
}
