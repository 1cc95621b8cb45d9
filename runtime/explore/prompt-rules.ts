import type { StateMap } from '../flow/machine-map';
import { memberAt, promptMembers } from '../flow/prompt-members';
import { promptParts, usedPrompts } from '../flow/used-prompts';
import type { Prompt, PromptCatalog } from '../prompt/port';
import { callActorName } from '../flow/actors';
import type { CallActorName } from '../flow/actors';
import type { AnyStateMachine } from 'xstate';
import type { Exploration, Rest } from './graph';
import { namedKeys } from './menu-words';
import { inputOf } from './own-actors';
import { childrenOf } from './pure-machine';
import { firstOfEach } from './rules';
import type { RawFinding } from './rules';

/** A call actor with the input that it was given on some way. */
interface SeenActor {
  readonly rest: Rest;
  readonly state: StateMap | undefined;
  readonly id: string;
  readonly name: CallActorName;
  readonly input: unknown;
}

/** Each call actor once for each input that it was given. */
function seenActors({ rests, map }: Exploration): SeenActor[] {
  const found: SeenActor[] = [];
  const seen = new Map<string, Set<unknown>>();
  for (const rest of rests) {
    if (rest.over) continue;
    for (const [id, ref] of childrenOf(rest.snapshot)) {
      const name = callActorName('logic' in ref ? ref.logic : undefined);
      if (name === undefined) continue;
      const input = inputOf(ref);
      const inputs = seen.get(id) ?? new Set();
      seen.set(id, inputs);
      // A static input is one object; one that is computed is compared by what is in it.
      const mark = typeof input === 'object' && input !== null ? input : { input };
      if (inputs.has(mark) || inputs.has(JSON.stringify(mark))) continue;
      inputs.add(mark).add(JSON.stringify(mark));
      const state = map.states.find(({ invokes }) => invokes.some((invoke) => invoke.id === id));
      found.push({ rest, state, id, name, input });
    }
  }
  return found;
}

/** Gathers whose keys are others than those that their prompt names, in each language that has its text. */
export function menuKeys(exploration: Exploration, catalog: PromptCatalog): RawFinding[] {
  const gathers = seenActors(exploration).filter(({ name }) => name === 'gather');
  return gathers.flatMap((actor) => {
    const prompt = memberAt(actor.input, 'prompt') as Prompt | undefined;
    const keys = keysOf(exploration, actor);
    if (prompt === undefined || keys === undefined) return [];
    return languagesOf(prompt, catalog).flatMap((language) =>
      disagreement(actor, keys, prompt, language, catalog),
    );
  });
}

function disagreement(
  { rest, state, input }: SeenActor,
  keys: ReadonlySet<string>,
  prompt: Prompt,
  language: string,
  catalog: PromptCatalog,
): RawFinding[] {
  const told = new Set<string>();
  const named = new Set<string>();
  for (const { part, language: own } of promptParts(prompt)) {
    const tag = own ?? language;
    const text = catalog.text(part, tag);
    // A recording whose text nobody knows.
    if (text.includes('[')) return [];
    const found = namedKeys(text, tag);
    found.told.forEach((key) => told.add(key));
    found.named.forEach((key) => named.add(key));
  }
  // A menu that was read before need not be read again.
  if (named.size === 0) return [];
  const finishOn = memberAt(input, 'finishOn');
  const finish = typeof finishOn === 'string' ? finishOn : '#';
  const unnamed = [...keys].filter((key) => key.length === 1 && !named.has(key));
  const dead = [...told].filter((key) => !keys.has(key) && !finish.includes(key));
  if (unnamed.length === 0 && dead.length === 0) return [];
  const said = [
    ...(unnamed.length === 0 ? [] : [`does not name ${list(unnamed)}, which the gather takes`]),
    ...(dead.length === 0 ? [] : [`names ${list(dead)}, which the gather does not take`]),
  ].join(', and ');
  return [
    {
      id: 'menu-keys',
      severity: 'warning',
      state: state?.name ?? rest.state,
      message: `what the caller hears (${language}: "${catalog.text(prompt, language)}") ${said}.`,
      remedy: 'Let the prompt name the keys of `valid` and `choices`, and no others.',
      at: rest,
    },
  ];
}

function list(keys: readonly string[]): string {
  return [...keys].sort().join(' and ');
}

/** The keys that lead somewhere; undefined where any entry does. */
function keysOf({ map }: Exploration, { id, input }: SeenActor): ReadonlySet<string> | undefined {
  const valid: unknown = memberAt(input, 'valid');
  if (Array.isArray(valid)) return new Set(valid.map(String));
  const choices = map.transitions.flatMap(({ invoke, kind, choice }) =>
    kind === 'done' && invoke === id && choice !== undefined ? [choice] : [],
  );
  const keys = choices.filter((choice) => /^[0-9*#]+$/.test(choice));
  return keys.length === 0 || choices.includes('digits') ? undefined : new Set(keys);
}

/** Those in which all of a prompt's names are there; a text in the flow itself is in the language of the project. */
function languagesOf(prompt: Prompt, catalog: PromptCatalog): readonly string[] {
  const names = promptParts(prompt).flatMap(({ part, language }) =>
    typeof part === 'string' && language === undefined ? [part] : [],
  );
  if (names.length === 0) return [catalog.defaultLanguage];
  return catalog.languages.filter((language) =>
    names.every((name) => catalog.find(name, language)?.language === language),
  );
}

/** Prompts that are in some languages and not in others, or nowhere. */
export function missingPrompts(
  machine: AnyStateMachine,
  exploration: Exploration,
  catalog: PromptCatalog,
  only?: readonly string[],
): RawFinding[] {
  const heard: { readonly state: string; readonly prompt: Prompt; readonly at?: Rest }[] = [];
  for (const { rest, state, input } of seenActors(exploration)) {
    for (const member of promptMembers) {
      const prompt = memberAt(input, member) as Prompt | false | undefined;
      if (prompt === undefined || prompt === null || prompt === false) continue;
      heard.push({ state: state?.name ?? rest.state, prompt, at: rest });
    }
  }
  // What no call comes to is not seen, but written.
  for (const { state, prompt, certain, machine: id } of usedPrompts(machine)) {
    if (certain && id === exploration.map.id) heard.push({ state, prompt });
  }
  const found = heard.flatMap(({ state, prompt, at }) =>
    promptParts(prompt).flatMap(({ part, language }) =>
      problemsOf(part, language, catalog, only).map((problem) => ({ state, at, ...problem })),
    ),
  );
  return firstOfEach(found, ({ state, message }) => `${state} ${message}`).map(
    ({ state, at, severity, message, remedy }) => ({
      id: 'prompt-missing',
      severity,
      state,
      message,
      remedy,
      ...(at === undefined ? {} : { at }),
    }),
  );
}

function problemsOf(
  part: Prompt,
  language: string | undefined,
  catalog: PromptCatalog,
  only: readonly string[] | undefined,
): Pick<RawFinding, 'severity' | 'message' | 'remedy'>[] {
  if (typeof part !== 'string') {
    return catalog
      .check(part, language)
      .map(({ message }) => ({ severity: 'error', message, remedy: '' }));
  }
  const wanted = language === undefined ? (only ?? catalog.languages) : [language];
  if (catalog.find(part, language ?? catalog.defaultLanguage) === undefined) {
    const [problem] = catalog.check(part, language);
    return [
      {
        severity: 'error',
        message: problem?.message ?? `there is no prompt '${part}'.`,
        remedy: '',
      },
    ];
  }
  return wanted.flatMap((tag): Pick<RawFinding, 'severity' | 'message' | 'remedy'>[] => {
    if (catalog.find(part, tag, { exact: true }) !== undefined) return [];
    const instead = catalog.find(part, tag);
    const remedy = `Record ${tag}/${part}.wav, or write its text into ${tag}.yaml.`;
    return [
      instead === undefined
        ? {
            severity: 'error',
            message: `'${part}' is missing in ${tag}, and nothing stands in for it.`,
            remedy,
          }
        : {
            severity: 'warning',
            message: `'${part}' is missing in ${tag}: the caller hears it in ${instead.language ?? 'no language of its own'}.`,
            remedy,
          },
    ];
  });
}

/** Names of all prompts that a flow plays, or may play. */
export function promptsOf(
  machine: AnyStateMachine,
  exploration: Exploration,
  catalog: PromptCatalog,
): Set<string> {
  const prompts: Prompt[] = usedPrompts(machine, catalog.names).map(({ prompt }) => prompt);
  for (const { input } of seenActors(exploration)) {
    for (const member of promptMembers) {
      const prompt = memberAt(input, member) as Prompt | false | undefined;
      if (prompt !== undefined && prompt !== null && prompt !== false) prompts.push(prompt);
    }
  }
  return new Set(namesOf(prompts));
}

/** The names in prompts, at whatever depth. */
export function namesOf(prompts: readonly Prompt[]): string[] {
  return prompts.flatMap((prompt) =>
    promptParts(prompt).flatMap(({ part }) => (typeof part === 'string' ? [part] : [])),
  );
}
