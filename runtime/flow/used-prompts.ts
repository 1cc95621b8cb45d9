import type { AnyStateMachine } from 'xstate';
import type { Prompt } from '../prompt/port';
import type { CallActorName } from './actors';
import { allMachines } from './check-machine';
import { mapMachine } from './machine-map';
import { memberAt, promptMembers } from './prompt-members';
import { stringLiterals } from './string-literals';

/** A prompt, and where in a flow it is heard. */
export interface PromptUse {
  /** The machine's id: that of the flow, or of a machine that it invokes. */
  readonly machine: string;
  /** As in a {@link MachineMap}: `menu`, `asking.welcome`; '' where only the machine is known. */
  readonly state: string;
  /** The call actor and the member of its input; both undefined where only the name is known. */
  readonly actor: CallActorName | undefined;
  readonly member: string | undefined;
  /**
   * Whether the flow certainly plays it: the input is written as it is. Otherwise it is the name of a prompt that
   * stands in a function or in the context.
   */
  readonly certain: boolean;
  readonly prompt: Prompt;
}

/** One piece of a prompt, and the language that it is wrapped into; undefined for that of the call. */
export interface PromptPart {
  readonly part: Exclude<Prompt, readonly Prompt[]>;
  readonly language: string | undefined;
}

/**
 * The prompts of a flow and of the machines that it invokes, in the order of its states: those of every call actor's
 * input, with screening, ring-back and music, and `{ language }` and lists as they stand.
 *
 * An input that is a function is not called, because it may do anything. Instead, those of `names` (what the catalog
 * has) that stand as a string in a function, in the context or in what is assigned to it count as used, and are not
 * `certain`. Not seen are names that are put together (`` `digits/${n}` ``), that come with the call or from a service,
 * and those in helpers beside the machine; nor, in functions, a `{ say }` or a name that the catalog does not have.
 */
export function usedPrompts(machine: AnyStateMachine, names: readonly string[] = []): PromptUse[] {
  const known = new Set(names);
  return [...allMachines(machine)].flatMap((one) => usesOf(one, known));
}

/** What a prompt is made of, without the lists and the wrappers of languages. */
export function promptParts(prompt: Prompt, language?: string): PromptPart[] {
  if (isList(prompt)) return prompt.flatMap((each) => promptParts(each, language));
  if (typeof prompt === 'object' && 'language' in prompt) {
    return promptParts(prompt.prompt, prompt.language);
  }
  return [{ part: prompt, language }];
}

function isList(prompt: Prompt): prompt is readonly Prompt[] {
  return Array.isArray(prompt);
}

function usesOf(machine: AnyStateMachine, known: ReadonlySet<string>): PromptUse[] {
  const uses: PromptUse[] = [];
  const perhaps = (state: string, value: unknown, actor?: CallActorName): void => {
    if (known.size === 0) return;
    for (const prompt of stringLiterals(value)) {
      if (!known.has(prompt)) continue;
      uses.push({ machine: machine.id, state, actor, member: undefined, certain: false, prompt });
    }
  };
  for (const { name: state, invokes, node } of mapMachine(machine).states) {
    for (const { callActor: actor, input } of invokes) {
      if (typeof input === 'function') {
        perhaps(state, input, actor);
      } else if (actor !== undefined) {
        for (const member of promptMembers) {
          // The flow's types have seen it; of a plain JavaScript flow the catalog says what is no prompt.
          const prompt = memberAt(input, member) as Prompt | false | undefined;
          if (prompt === undefined || prompt === null || prompt === false) continue;
          uses.push({ machine: machine.id, state, actor, member, certain: true, prompt });
        }
      }
    }
    const transitions = [...node.transitions.values(), node.always ?? []].flat();
    const actions = [...node.entry, ...node.exit, ...transitions.map((one) => one.actions)];
    perhaps(state, actions.flat().map(written));
  }
  perhaps('', machine.config.context);
  perhaps('', Object.values(machine.implementations.actions));
  return uses;
}

/** The name of an action is no prompt; what stands in it, or is handed to it, may be. */
function written(action: unknown): unknown {
  if (typeof action === 'function') return action;
  return typeof action === 'object' ? memberAt(action, 'params') : undefined;
}
