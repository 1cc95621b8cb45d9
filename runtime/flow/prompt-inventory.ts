import type { AnyStateMachine } from 'xstate';
import type { Piece, PromptParser } from '../prompt/pieces';
import type { FoundPrompt, Prompt, PromptCatalog, SpeechRequest } from '../prompt/port';
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
  return [...uses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, usedBy]) => ({
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
 * All that the voices have to speak for some languages, once each: texts of manifests without a recording, and what
 * stands in the flows as it is.
 */
export function textsToSpeak(
  catalog: PromptCatalog & { readonly parser: PromptParser },
  flows: readonly PromptUser[],
  configured: ConfiguredPrompts,
  languages: readonly string[],
): SpeechRequest[] {
  const prompts: Prompt[] = [...catalog.names];
  for (const prompt of Object.values(configured)) if (prompt !== undefined) prompts.push(prompt);
  for (const { machine } of flows) {
    prompts.push(...usedPrompts(machine).map(({ prompt }) => prompt));
  }
  const found = new Map<string, SpeechRequest>();
  for (const language of languages) {
    for (const piece of prompts.flatMap((prompt) => catalog.parser.pieces(prompt, language))) {
      const request = requestOf(piece);
      if (request !== undefined) found.set(JSON.stringify(request), request);
    }
  }
  return [...found.values()];
}

function requestOf(piece: Piece): SpeechRequest | undefined {
  if (piece.type !== 'say') return undefined;
  const { text, ssml, language, speaker } = piece;
  return ssml === undefined ? { text, language, speaker } : { ssml, language, speaker };
}
