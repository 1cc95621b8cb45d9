/**
 * What a project has, by name: `callchart types` writes a declaration file that fills it, so that a misspelt prompt,
 * trunk, language or flow is a compile error. Empty, as here, every name is allowed. Its members are unions of names:
 * `prompt`, `trunk`, `language` and `flow`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by a declaration file of the user's project
export interface Register {}

/** The names that a project has of a kind; every text where nothing is registered. */
type Registered<K extends string> = Register extends { readonly [kind in K]: infer Names }
  ? Names
  : string;

/** A name in `prompts/`. */
export type PromptName = Registered<'prompt'>;

/** A trunk, by its name in the configuration. */
export type TrunkName = Registered<'trunk'>;

/** A BCP 47 tag, `de` or `pt-BR`, of a language that has prompts. */
export type LanguageName = Registered<'language'>;

/** A flow, by the name of its file. */
export type FlowName = Registered<'flow'>;
