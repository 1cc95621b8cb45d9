import type {
  AnyActorLogic,
  AnyActorRef,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  InspectionEvent,
  Snapshot,
} from 'xstate';
import { fetchDocument } from '../document/bind';
import { callActorName } from '../flow/actors';
import { mapMachine, nodeName, transitionIndex, transitionKey } from '../flow/machine-map';
import { stateName } from '../flow/state-name';
import { isGivenToWait } from './given-outcomes';
import { isMachine } from './provide-actors';

/** Steps at one moment after which a flow is taken to turn in circles for ever. */
const mostSteps = 2_000;

/** Ids of the transitions of a machine, and of all that are made from it. */
class TransitionIds {
  private readonly byKey: ReadonlyMap<string, string>;
  private readonly known = new WeakMap<AnyTransitionDefinition, string | undefined>();

  constructor(machine: AnyStateMachine) {
    this.byKey = transitionIndex(mapMachine(machine));
  }

  of(transition: AnyTransitionDefinition): string | undefined {
    const { known } = this;
    if (!known.has(transition)) known.set(transition, this.byKey.get(transitionKey(transition)));
    return known.get(transition);
  }
}

const indexes = new WeakMap<object, TransitionIds>();

/** Made once for each machine. */
function idsOf(machine: AnyStateMachine): TransitionIds {
  let ids = indexes.get(machine);
  if (ids === undefined) indexes.set(machine, (ids = new TransitionIds(machine)));
  return ids;
}

/** Where XState hands what happens to those who inspect; of its public types, only {@link inspect} is one. */
interface Inspected {
  _sendInspectionEvent?: (event: InspectionEvent) => void;
  inspect(observer: (event: InspectionEvent) => void): unknown;
}

/**
 * Like `system.inspect`, which copies each event for its observers, and so takes a fifth of a simulated call
 * (test/bench/simulate.ts).
 */
function inspect(system: Inspected, see: (event: InspectionEvent) => void): void {
  const send = system._sendInspectionEvent;
  // A flow may have another XState than ours.
  if (send === undefined) {
    system.inspect(see);
    return;
  }
  system._sendInspectionEvent = (event) => {
    send(event);
    see(event);
  };
}

export interface FlowWatchListener {
  /** Told of the running flow's system, before any of its actors starts. */
  onSystem(system: object): void;
  /** Told of each state, before anything happens in it. */
  onState(name: string): void;
}

/** Looks on while a flow runs: which transitions it takes, and which promises of its own it waits for. */
export class FlowWatch {
  /** Ids, in order. */
  readonly transitions: string[] = [];
  private root: AnyActorRef | undefined;
  private snapshot: AnyMachineSnapshot | undefined;
  private state = '';
  private readonly promises: AnyActorRef[] = [];
  private steps = 0;
  private stepsAt = NaN;
  private readonly ids: TransitionIds;

  /**
   * @param flow the flow as it was written, from which `machine` may have been made
   */
  constructor(
    flow: AnyStateMachine,
    private readonly machine: AnyStateMachine,
    private readonly now: () => number,
    private readonly listener: FlowWatchListener,
  ) {
    this.ids = idsOf(flow);
  }

  /** The machine, which is looked at from its beginning on: states are told before anything happens in them. */
  get watched(): AnyStateMachine {
    const { machine } = this;
    const watched = Object.create(machine) as AnyStateMachine;
    const getInitialSnapshot: AnyStateMachine['getInitialSnapshot'] = (scope, input) => {
      this.root = scope.self;
      this.listener.onSystem(scope.system);
      inspect(scope.system, (event) => this.see(event));
      return this.enter(machine.getInitialSnapshot.call(watched, scope, input));
    };
    const transition: AnyStateMachine['transition'] = (before, event, scope) =>
      this.enter(machine.transition(before, event, scope));
    watched.getInitialSnapshot = getInitialSnapshot;
    watched.transition = transition;
    return watched;
  }

  /** Whether the flow is in a state, `menu` or `asking.welcome`. */
  isIn(state: string): boolean {
    return this.snapshot?._nodes.some((node) => nodeName(node) === state) === true;
  }

  /** Of the machine, as it was last. */
  get context(): unknown {
    return this.snapshot?.context as unknown;
  }

  /** Actors of the flow's own that are promises and have not settled. */
  get pending(): readonly AnyActorRef[] {
    const { promises } = this;
    for (let index = promises.length - 1; index >= 0; index -= 1) {
      const actor = promises[index] as AnyActorRef;
      if (!isRunning(actor) || isGivenToWait(actor)) promises.splice(index, 1);
    }
    return promises;
  }

  /** It will not be waited for any more. */
  forget(actor: AnyActorRef): void {
    const index = this.promises.indexOf(actor);
    if (index >= 0) this.promises.splice(index, 1);
  }

  private enter(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
    this.snapshot = snapshot;
    const name = stateName(snapshot);
    if (name !== this.state) {
      this.state = name;
      this.listener.onState(name);
    }
    return snapshot;
  }

  private see(event: InspectionEvent): void {
    if (event.type === '@xstate.actor') {
      const actor = event.actorRef as AnyActorRef;
      if (isOwnPromise(logicOf(actor))) this.promises.push(actor);
    } else if (event.type === '@xstate.microstep') {
      this.count();
      if (event.actorRef === this.root) this.take(event._transitions);
    }
  }

  private take(transitions: readonly AnyTransitionDefinition[]): void {
    for (const transition of transitions) {
      const id = this.ids.of(transition);
      if (id !== undefined) this.transitions.push(id);
    }
  }

  /** What is thrown here fails the flow: XState takes it for an error of the machine's. */
  private count(): void {
    const now = this.now();
    if (now !== this.stepsAt) {
      this.stepsAt = now;
      this.steps = 0;
    }
    this.steps += 1;
    if (this.steps > mostSteps) {
      throw new Error(
        `the flow turns in circles: ${mostSteps} steps at one moment; look for always transitions, or actors that are done at once, which lead back to their own state`,
      );
    }
  }
}

/**
 * One whose state was left in the step in which it was entered never starts, and its own snapshot stays active: only its
 * parent knows.
 */
function isRunning(actor: AnyActorRef): boolean {
  const parent: unknown = actor._parent?.getSnapshot();
  const children: unknown =
    typeof parent === 'object' && parent !== null ? Reflect.get(parent, 'children') : undefined;
  const kept: unknown =
    typeof children === 'object' && children !== null ? Reflect.get(children, actor.id) : actor;
  return kept === actor && statusOf(actor) === 'active';
}

function statusOf(actor: AnyActorRef): unknown {
  const snapshot: unknown = actor.getSnapshot();
  return typeof snapshot === 'object' && snapshot !== null && 'status' in snapshot
    ? snapshot.status
    : undefined;
}

function logicOf(actor: AnyActorRef): AnyActorLogic | undefined {
  const { logic } = actor as { readonly logic?: AnyActorLogic };
  return logic;
}

const kinds = new WeakMap<object, boolean>();

/** Made by `fromPromise`, and no call actor. XState's actor logics have no name, so it is seen by what it does. */
function isOwnPromise(logic: AnyActorLogic | undefined): boolean {
  if (logic === undefined || isMachine(logic)) return false;
  // Documents come in virtual time, too.
  if (callActorName(logic) !== undefined || logic === fetchDocument) return false;
  let is = kinds.get(logic);
  if (is === undefined) kinds.set(logic, (is = settlesLikePromise(logic)));
  return is;
}

function settlesLikePromise(logic: AnyActorLogic): boolean {
  try {
    const scope = { self: {} } as Parameters<AnyActorLogic['transition']>[2];
    const before = logic.getInitialSnapshot(scope, undefined) as Snapshot<unknown>;
    // One of `fromTransition` has a context, and would be given an event that is none of its own.
    if ('context' in before) return false;
    const event = { type: 'xstate.promise.resolve', data: undefined };
    return (logic.transition(before, event, scope) as Snapshot<unknown>).status === 'done';
  } catch {
    return false;
  }
}
