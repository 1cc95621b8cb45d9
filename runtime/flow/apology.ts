import type { Prompt, PromptCatalog, PromptLibrary } from '../prompt/port';

/** What is played when nothing is configured, where there is such a prompt. */
const name = 'apology';
const text: Prompt = {
  say: 'We are sorry, something went wrong. Please call again later.',
};
const english: Prompt = { language: 'en', prompt: text };

/**
 * What a caller hears when a flow fails and `flows.apology` says nothing: the prompt `apology` as the call's language
 * has it, or an English text, by whatever voice there is. Undefined when nobody can say even that.
 *
 * @param language the call's
 */
export function defaultApology(
  prompts: Pick<PromptLibrary, 'names' | 'check'>,
  language?: string,
): Prompt | undefined {
  const named = prompts.names.includes(name) ? [name] : [];
  return [...named, english, text].find((one) => prompts.check(one, language).length === 0);
}

/** The same for tools that have no voices. */
export function likelyApology(catalog: Pick<PromptCatalog, 'names'>): Prompt {
  return catalog.names.includes(name) ? name : english;
}
