import { readFileSync, writeFileSync } from 'node:fs';
import { describeError } from '../core/errors';
import { registerDeclaration } from '../core/register-declaration';
import { configuredFlows } from '../flow/load';
import { loadConfig } from './load-config';
import { flowNameOf, projectCatalog } from './project';

export interface TypesOptions {
  readonly out: string;
  readonly check?: boolean;
  readonly config?: string;
}

/** `callchart types`: writes the names of a project for the compiler. Returns the exit status. */
export function types({ out, check, config: named }: TypesOptions): number {
  const config = loadConfig(named);
  const catalog = projectCatalog(config);
  const names = {
    prompts: catalog.names,
    trunks: Object.keys(config.trunks),
    languages: [...catalog.languages, config.prompts.language, ...config.prompts.fallback],
    flows: configuredFlows(config.flows).map(flowNameOf),
  };
  const text = registerDeclaration(names);
  const before = read(out);
  if (before !== text) {
    if (check === true) {
      const problem = before === undefined ? 'is not there' : 'is out of date';
      process.stderr.write(`callchart: ${out} ${problem}: run \`callchart types\`\n`);
      return 1;
    }
    try {
      writeFileSync(out, text);
    } catch (error) {
      process.stderr.write(`callchart: ${out} cannot be written: ${describeError(error)}\n`);
      return 1;
    }
  }
  const count = (list: readonly string[], word: string): string =>
    `${list.length} ${list.length === 1 ? word : `${word}s`}`;
  const counts = [
    count(names.prompts, 'prompt'),
    count(names.trunks, 'trunk'),
    count([...new Set(names.languages)], 'language'),
    count(names.flows, 'flow'),
  ];
  const state = before === text ? 'up to date' : 'written';
  process.stdout.write(`${out}: ${state}, ${counts.join(', ')}\n`);
  return catalog.problems.length === 0 ? 0 : 1;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
