import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Prompt, PromptLibrary } from '../prompt/port';
import { callActorName, isCallActorName } from './actors';
import type { CallActorName } from './actors';
import type { FlowProblem } from './flow-error';
import { noRecognizer } from './gather-speech';
import { checkInput } from './input-check';
import { memberAt, promptMembers } from './prompt-members';

type MachineProblem = Omit<FlowProblem, 'file'>;

/** Duck typing: a project may have an xstate of its own, whose classes are not ours. */
export function isMachine(value: unknown): value is AnyStateMachine {
  return (
    typeof value === 'object' &&
    value !== null &&
    'root' in value &&
    'implementations' in value &&
    'provide' in value &&
    typeof value.provide === 'function' &&
    'getInitialSnapshot' in value
  );
}

/** What there is for flows; what is undefined is not checked. */
export interface FlowSurroundings {
  readonly prompts?: Pick<PromptLibrary, 'check'> | undefined;
  /** Whether anybody understands speech. */
  readonly speech?: boolean | undefined;
}

/** What can be known to be wrong before a call: actors that do not exist, inputs and prompts that cannot be. */
export function checkMachine(
  machine: AnyStateMachine,
  surroundings: FlowSurroundings,
): MachineProblem[] {
  const problems: MachineProblem[] = [];
  for (const node of stateNodes(machine.root)) {
    const state = node.path.join('.');
    if (!hasInitial(node)) {
      problems.push({
        ...at(state),
        message: `begins with '${initialName(node)}', and there is no such state.`,
        remedy: 'Let `initial` name one of its own states.',
      });
    }
    for (const { src, input } of invokes(node)) {
      const { name, exists } = actorOf(machine, src);
      if (!exists) {
        problems.push({
          ...at(state),
          message: `invokes the actor '${String(src)}', which does not exist.`,
          remedy: `Use one of callActors, or name it in setup({ actors: { ...callActors, ${String(src)} } }).`,
        });
      }
      // What a function makes of the context is known only in a call.
      if (name === undefined || typeof input === 'function') continue;
      problems.push(
        ...checkStatic(name, input, surroundings).map((found) => ({ ...at(state), ...found })),
      );
    }
  }
  return problems;
}

/** The machine with the call actors that it invokes by name without having set them up. */
export function completeActors(machine: AnyStateMachine, all: object): AnyStateMachine {
  const missing: Record<string, unknown> = {};
  for (const node of stateNodes(machine.root)) {
    for (const { src } of invokes(node)) {
      if (isCallActorName(src) && !Object.hasOwn(machine.implementations.actors, src)) {
        missing[src] = Reflect.get(all, src);
      }
    }
  }
  return Object.keys(missing).length === 0
    ? machine
    : (machine.provide({ actors: missing } as Parameters<
        typeof machine.provide
      >[0]) as AnyStateMachine);
}

/** The machines that a machine invokes or spawns by name, at any depth, itself included. */
export function allMachines(machine: AnyStateMachine, found = new Set<AnyStateMachine>()) {
  if (found.has(machine)) return found;
  found.add(machine);
  const actors: Readonly<Record<string, unknown>> = machine.implementations.actors;
  for (const actor of Object.values(actors)) if (isMachine(actor)) allMachines(actor, found);
  return found;
}

function at(state: string): { readonly state?: string } {
  return state === '' ? {} : { state };
}

function stateNodes(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states) as AnyStateNode[];
  return [node, ...children.flatMap(stateNodes)];
}

/** XState looks at `initial` only when it gets there: in the first call, that is. */
function hasInitial(node: AnyStateNode): boolean {
  if (node.type !== 'compound') return true;
  try {
    return node.initial !== undefined;
  } catch {
    return false;
  }
}

function initialName(node: AnyStateNode): string {
  const initial: unknown = node.config.initial;
  if (typeof initial === 'string') return initial;
  return typeof initial === 'object' && initial !== null && 'target' in initial
    ? String(initial.target)
    : '';
}

interface Invoke {
  readonly src: unknown;
  readonly input: unknown;
}

function invokes(node: AnyStateNode): Invoke[] {
  const config: unknown = node.config.invoke;
  const list: readonly unknown[] = Array.isArray(config) ? config : [config];
  return list.flatMap((invoke) =>
    typeof invoke === 'object' && invoke !== null && 'src' in invoke
      ? [{ src: invoke.src, input: 'input' in invoke ? invoke.input : undefined }]
      : [],
  );
}

function actorOf(
  machine: AnyStateMachine,
  src: unknown,
): { readonly name: CallActorName | undefined; readonly exists: boolean } {
  if (typeof src !== 'string') return { name: callActorName(src), exists: true };
  const actors: Readonly<Record<string, unknown>> = machine.implementations.actors;
  const actor = actors[src];
  if (actor !== undefined) return { name: callActorName(actor), exists: true };
  return isCallActorName(src) ? { name: src, exists: true } : { name: undefined, exists: false };
}

function checkStatic(
  name: CallActorName,
  input: unknown,
  { prompts, speech }: FlowSurroundings,
): MachineProblem[] {
  const given = (typeof input === 'object' && input !== null ? input : undefined) as
    Readonly<Record<string, unknown>> | undefined;
  // The static input has passed the flow's types; a plain JavaScript flow's has not, and that is what this finds.
  const wrong = checkInput(name, given as Parameters<typeof checkInput<typeof name>>[1]);
  const problems: MachineProblem[] =
    wrong === undefined
      ? []
      : [{ message: `'${name}' cannot run: ${wrong}.`, remedy: `Correct the input of '${name}'.` }];
  if (speech === false && name === 'gather' && wantsSpeech(given?.['input'])) {
    problems.push({ message: noRecognizer().message, remedy: '' });
  }
  for (const member of promptMembers) {
    const prompt = memberAt(given, member) as Prompt | false | undefined;
    if (prompt === undefined || prompt === false || prompts === undefined) continue;
    for (const { message } of prompts.check(prompt)) {
      problems.push({ message: `${member}: ${message}`, remedy: '' });
    }
  }
  return problems;
}

function wantsSpeech(input: unknown): boolean {
  return Array.isArray(input) && input.includes('speech');
}
