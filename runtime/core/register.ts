/**
 * What a project has, by name: `callchart types` writes a declaration file that fills it, so that a misspelt prompt,
 * trunk or language is a compile error. Empty, as here, every name is allowed.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by a declaration file of the user's project
export interface Register {}

/** A name in `prompts/`. */
export type PromptName = string;
