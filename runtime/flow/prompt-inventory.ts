import type { AnyStateMachine } from 'xstate';
import { type PromptParser, speechOf } from '../prompt/pieces';
import type { FoundPrompt, Prompt, PromptCatalog, SpeechRequest } from '../prompt/port';
import { allMachines } from './check-machine';
import { mapMachine } from './machine-map';
import { memberAt } from './prompt-members';
import { promptParts, usedPrompts } from './used-prompts';

/** A flow as far as its prompts go. */
export interface PromptUser {
  readonly name: string;
  readonly machine: AnyStateMachine;
}

/** Where a named prompt is heard. */
export interface HeardIn {
  /** The flow's name; `configuration` for what that names. */
  readonly flow: string;
  /** The state, or the member of the configuration; '' where nobody knows. */
  readonly state: string;
  /** The one that the prompt is wrapped into; undefined for that of the call. */
  readonly language: string | undefined;
  /** Whether it is certainly played; else its name stands in a function. */
  readonly certain: boolean;
}

export type PromptState = 'recorded' | 'spoken' | 'missing';

/** A named prompt. */
export interface InventoryEntry {
  readonly name: string;
  readonly usedBy: readonly HeardIn[];
  /** Nothing uses it, as far as can be known; parts of numbers are never called unused. */
  readonly unused: boolean;
  /** By language tag; without those in which nobody hears it. `heardIn`: what is heard instead of what is missing. */
  readonly languages: Readonly<
    Record<string, { readonly state: PromptState; readonly heardIn?: string }>
  >;
}

/** What a configuration has played by itself: by member, `flows.apology`. */
export type ConfiguredPrompts = Readonly<Record<string, Prompt | undefined>>;

/** A text that stands in a flow and has no name. */
export interface SaidText {
  readonly prompt: Prompt;
  readonly text: string;
  readonly flow: string;
  readonly state: string;
}

/** Recordings that numbers are put together from. */
const partsOfPhrases = /^(?:digits|phrases)\//;

/** All prompts that there are, or that flows name, by name: who uses them and how they are had in each language. */
export function promptInventory(
  catalog: PromptCatalog,
  flows: readonly PromptUser[],
  configured: ConfiguredPrompts,
  languages: readonly string[] = catalog.languages,
): InventoryEntry[] {
  const uses = new Map<string, HeardIn[]>(catalog.names.map((name) => [name, []]));
  const use = (prompt: Prompt, heard: Omit<HeardIn, 'language'>): void => {
    for (const { part, language } of promptParts(prompt)) {
      if (typeof part !== 'string') continue;
      const list = uses.get(part) ?? [];
      uses.set(part, list);
      const same = (one: HeardIn): boolean =>
        one.flow === heard.flow && one.state === heard.state && one.language === language;
      if (!list.some(same)) list.push({ ...heard, language });
    }
  };
  for (const [member, prompt] of Object.entries(configured)) {
    if (prompt !== undefined) use(prompt, { flow: 'configuration', state: member, certain: true });
  }
  for (const { name: flow, machine } of flows) {
    for (const { state, certain, prompt } of usedPrompts(machine, catalog.names)) {
      use(prompt, { flow, state, certain });
    }
  }
  return [...uses]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, usedBy]) => ({
      name,
      usedBy,
      unused: usedBy.length === 0 && !partsOfPhrases.test(name),
      languages: Object.fromEntries(
        languages
          .filter((tag) => usedBy.length === 0 || usedBy.some((one) => heardAs(one, tag)))
          .map((tag) => [tag, stateOf(catalog, name, tag)]),
      ),
    }));
}

function heardAs({ language }: HeardIn, tag: string): boolean {
  return language === undefined || language === tag;
}

function stateOf(
  catalog: PromptCatalog,
  name: string,
  language: string,
): InventoryEntry['languages'][string] {
  const found: FoundPrompt | undefined = catalog.find(name, language);
  if (found === undefined) return { state: 'missing' };
  // `de-AT` is served by `de`, and what is outside of all languages serves them all.
  const own =
    found.language === undefined || language.split('-')[0] === found.language.split('-')[0];
  return own ? { state: found.type } : { state: 'missing', heardIn: found.language ?? '' };
}

/** The texts that flows have played and that have no name, once each. */
export function saidTexts(catalog: PromptCatalog, flows: readonly PromptUser[]): SaidText[] {
  const found = new Map<string, SaidText>();
  for (const { name: flow, machine } of flows) {
    for (const { state, prompt } of usedPrompts(machine)) {
      for (const { part, language } of promptParts(prompt)) {
        if (typeof part === 'string' || !('say' in part || 'ssml' in part)) continue;
        const key = JSON.stringify([part, language]);
        if (found.has(key)) continue;
        const wrapped = language === undefined ? part : { language, prompt: part };
        found.set(key, { prompt: wrapped, text: catalog.text(wrapped), flow, state });
      }
    }
  }
  return [...found.values()];
}

/**
 * All that the voices have to speak, once each: texts of manifests without a recording, in their languages, and what
 * stands in a flow as it is, in the languages in which that flow can be.
 *
 * @param only nothing else than this language
 */
export function textsToSpeak(
  catalog: PromptCatalog & { readonly parser: PromptParser },
  flows: readonly PromptUser[],
  configured: ConfiguredPrompts,
  only?: string,
): SpeechRequest[] {
  const all = [...new Set([catalog.defaultLanguage, ...catalog.languages])];
  const found = new Map<string, SpeechRequest>();
  const speak = (prompts: readonly Prompt[], languages: Iterable<string>): void => {
    for (const language of languages) {
      if (only !== undefined && language !== only) continue;
      for (const piece of prompts.flatMap((prompt) => catalog.parser.pieces(prompt, language))) {
        if (piece.type !== 'say') continue;
        const request = speechOf(piece);
        found.set(JSON.stringify(request), request);
      }
    }
  };
  speak(catalog.names, only === undefined ? all : [only]);
  const anyFlow = new Set([catalog.defaultLanguage]);
  for (const { machine } of flows) {
    const languages = languagesSpoken(machine, catalog.defaultLanguage, all);
    for (const language of languages) anyFlow.add(language);
    const prompts = usedPrompts(machine).map(({ prompt }) => prompt);
    speak(prompts, languages);
  }
  speak(
    Object.values(configured).filter((prompt) => prompt !== undefined),
    anyFlow,
  );
  return [...found.values()];
}

/** Those that a flow's calls can be in: the default, and what it sets; all, where it computes what it sets. */
function languagesSpoken(
  machine: AnyStateMachine,
  defaultLanguage: string,
  all: readonly string[],
): Set<string> {
  const languages = new Set([defaultLanguage]);
  for (const one of allMachines(machine)) {
    for (const { callActor, input } of mapMachine(one).states.flatMap(({ invokes }) => invokes)) {
      if (callActor !== 'setLanguage') continue;
      const set = memberAt(input, 'language');
      for (const language of typeof set === 'string' ? [set] : all) languages.add(language);
    }
  }
  return languages;
}
