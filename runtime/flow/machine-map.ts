import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { callActorName } from './actors';
import type { CallActorName } from './actors';
import { choiceOf } from './choices';

/**
 * A machine as those see it who draw, explore, compare or cover it: its states, what they invoke, and all that leads
 * out of them. Names of states are their paths below the machine, `menu` or `asking.welcome`; the machine itself is ''.
 */
export interface MachineMap {
  readonly id: string;
  /** In the order of the source, parents first; the first is the machine itself. */
  readonly states: readonly StateMap[];
  /** In the order in which XState tries them, by state. */
  readonly transitions: readonly TransitionMap[];
}

export interface StateMap {
  readonly name: string;
  /** Undefined for the machine itself. */
  readonly parent: string | undefined;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** The children that are entered with it. */
  readonly initial: readonly string[];
  readonly invokes: readonly InvokeMap[];
  readonly tags: readonly string[];
  readonly description: string | undefined;
  readonly node: AnyStateNode;
}

export interface InvokeMap {
  /** As events name it: `xstate.done.actor.<id>`. */
  readonly id: string;
  /** The name that the flow gave it; the call actor's when it is written inline. */
  readonly src: string;
  /** Which call actor it is; undefined for one of the flow's own. */
  readonly callActor: CallActorName | undefined;
  /** Written into the state instead of being named in `setup({ actors })`. */
  readonly inline: boolean;
  /** A function of the context is unknown before a call. */
  readonly input: unknown;
  readonly hasOnError: boolean;
}

export interface TransitionMap {
  /** Unique in its machine, and the same as long as nobody edits its state: `menu: 1`, `menu: error`. */
  readonly id: string;
  readonly from: string;
  /** Empty when it only acts. */
  readonly targets: readonly string[];
  /** As XState names it: `xstate.done.actor.0.reception.menu`; '' of `always`. */
  readonly event: string;
  /** `done` and `error` of an actor, `finished` of a compound state, an `event` of the call or the flow's own. */
  readonly kind: 'done' | 'error' | 'finished' | 'event' | 'after' | 'always';
  /** The invoke of `done` and `error`. */
  readonly invoke: string | undefined;
  /** The key in `choices`; `unmatched` raises an error for those without one. */
  readonly choice: string | undefined;
  /** The name of its guard, unless `choices` made it. */
  readonly guard: string | undefined;
  /** What stands on the arrow: `1`, `noInput`, `error`, `after 5 s`, `call.ended [isOpen]`. */
  readonly label: string;
  /** It enters its own state anew. */
  readonly reenter: boolean;
  readonly definition: AnyTransitionDefinition;
}

/** Below a machine `reception`, the state node `#reception.menu` is `menu`; a node's own id changes nothing. */
export function nodeName(node: AnyStateNode): string {
  return node.path.join('.');
}

export function mapMachine(machine: AnyStateMachine): MachineMap {
  const states: StateMap[] = [];
  const transitions: TransitionMap[] = [];
  const ids = new Set<string>();
  const visit = (node: AnyStateNode): void => {
    const name = nodeName(node);
    const invokes = node.invoke.map((invoke, index) => invokeOf(machine, node, invoke, index));
    states.push({
      name,
      parent: node.parent === undefined ? undefined : nodeName(node.parent),
      type: node.type,
      initial: initialOf(node),
      invokes,
      tags: node.tags,
      description: node.description,
      node,
    });
    for (const definition of transitionsOf(node)) {
      const found = transitionOf(name, invokes, definition);
      let id = found.id;
      for (let count = 2; ids.has(id); count += 1) id = `${found.id} #${count}`;
      ids.add(id);
      transitions.push({ ...found, id });
    }
    for (const child of Object.values(node.states) as AnyStateNode[]) visit(child);
  };
  visit(machine.root);
  return { id: machine.id, states, transitions };
}

/** Finds the transition that a running actor has taken, whichever copy of the machine it runs. */
export function transitionKey(definition: AnyTransitionDefinition): string {
  const event = eventOf(definition);
  const source = definition.source as AnyStateNode;
  const list = event === '' ? (source.always ?? []) : (source.transitions.get(event) ?? []);
  return `${nodeName(source)}|${event}|${list.indexOf(definition)}`;
}

/** Transition ids by {@link transitionKey}. */
export function transitionIndex(map: MachineMap): ReadonlyMap<string, string> {
  return new Map(map.transitions.map(({ id, definition }) => [transitionKey(definition), id]));
}

/** XState's own type says `any` here. */
function eventOf({ eventType }: { readonly eventType: unknown }): string {
  return typeof eventType === 'string' ? eventType : '';
}

function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...Array.from(node.transitions.values()).flat(), ...(node.always ?? [])];
}

function initialOf(node: AnyStateNode): string[] {
  if (node.type === 'parallel') return (Object.values(node.states) as AnyStateNode[]).map(nodeName);
  if (node.type !== 'compound') return [];
  const { initial } = node;
  return (initial.target as readonly AnyStateNode[]).map(nodeName);
}

function invokeOf(
  machine: AnyStateMachine,
  node: AnyStateNode,
  invoke: AnyStateNode['invoke'][number],
  index: number,
): InvokeMap {
  // XState registers an inline actor under a name of its own.
  const config: unknown = node.config.invoke;
  const written: unknown = (Array.isArray(config) ? config : [config])[index];
  const given: unknown =
    typeof written === 'object' && written !== null && 'src' in written ? written.src : undefined;
  const inline = typeof given !== 'string';
  const actors: Readonly<Record<string, unknown>> = machine.implementations.actors;
  const callActor = callActorName(inline ? given : actors[given]);
  const onError = node.transitions.has(`xstate.error.actor.${invoke.id}`);
  return {
    id: invoke.id,
    src: inline ? (callActor ?? 'inline') : given,
    callActor,
    inline,
    input: invoke.input,
    hasOnError: onError,
  };
}

function transitionOf(
  from: string,
  invokes: readonly InvokeMap[],
  definition: AnyTransitionDefinition,
): TransitionMap {
  const event = eventOf(definition);
  const test: unknown = definition.guard;
  const choice = choiceOf(test);
  const guard = choice === undefined ? guardName(test) : undefined;
  const kind = kindOf(event);
  const invoke =
    kind === 'done' || kind === 'error'
      ? invokes.find(({ id }) => event.endsWith(`.actor.${id}`))?.id
      : undefined;
  const many = invokes.length > 1 && invoke !== undefined ? `${invoke} ` : '';
  const word = `${many}${choice ?? wordOf(kind, event)}`;
  const label = guard === undefined ? word : `${word} [${guard}]`;
  return {
    id: `${from === '' ? '(machine)' : from}: ${label}`,
    from,
    targets: (definition.target ?? []).map((node) => nodeName(node as AnyStateNode)),
    event,
    kind,
    invoke,
    choice,
    guard,
    label,
    reenter: definition.reenter,
    definition,
  };
}

function kindOf(event: string): TransitionMap['kind'] {
  if (event === '') return 'always';
  if (event.startsWith('xstate.done.actor.')) return 'done';
  if (event.startsWith('xstate.error.actor.')) return 'error';
  if (event.startsWith('xstate.done.state.')) return 'finished';
  if (event.startsWith('xstate.after.')) return 'after';
  return 'event';
}

function wordOf(kind: TransitionMap['kind'], event: string): string {
  if (kind === 'event') return event;
  if (kind !== 'after') return kind;
  const delay = event.split('.')[2] ?? '';
  return /^\d+$/.test(delay) ? `after ${Number(delay) / 1_000} s` : `after ${delay}`;
}

function guardName(guard: unknown): string | undefined {
  if (guard === undefined) return undefined;
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') return guard.name === '' ? 'guard' : guard.name;
  return typeof guard === 'object' && guard !== null && 'type' in guard
    ? String(guard.type)
    : 'guard';
}
