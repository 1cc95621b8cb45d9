import { basename } from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { isLanguageTag } from '../core/language';
import { likelyApology } from '../flow/apology';
import { configuredFlows, loadFlows, type Flow } from '../flow/load';
import type { ConfiguredPrompts } from '../flow/prompt-inventory';
import { openCatalog } from '../prompt/catalog';
import type { PromptCatalog } from '../prompt/port';

/** The prompts of a project; what is wrong with their manifests goes to standard error. */
export function projectCatalog({ prompts, media }: ResolvedConfig): ReturnType<typeof openCatalog> {
  const catalog = openCatalog({
    directories: [prompts.directory],
    language: prompts.language,
    fallback: prompts.fallback,
    toneCountry: media.toneCountry,
  });
  for (const problem of catalog.problems) process.stderr.write(`callchart: ${problem}\n`);
  return catalog;
}

export function flowNameOf(file: string): string {
  return basename(file).replace(/\.flow\.[^.]*$/, '');
}

/** The flows that can be loaded; why others cannot is said on standard error. Their prompts are not checked. */
export function projectFlows(config: ResolvedConfig): {
  readonly flows: readonly Flow[];
  readonly broken: number;
} {
  const { flows, problems } = loadFlows(configuredFlows(config.flows));
  for (const { message } of problems) process.stderr.write(`callchart: ${message}\n`);
  return { flows, broken: problems.length };
}

/** What is played besides the flows, by member of the configuration. */
export function configuredPrompts(
  { flows, media }: ResolvedConfig,
  catalog: PromptCatalog,
): ConfiguredPrompts {
  const apology = flows.apology ?? likelyApology(catalog);
  return { 'flows.apology': apology, 'media.holdMusic': media.holdMusic };
}

/** The language that was asked for, or all that have prompts. Throws for what is no language tag. */
export function languagesOf(catalog: PromptCatalog, asked: string | undefined): string[] {
  if (asked === undefined) return [...catalog.languages];
  if (!isLanguageTag(asked)) throw new Error(`--language: a tag such as de or pt-BR is needed`);
  return [asked];
}
