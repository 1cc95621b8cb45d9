import { relative } from 'node:path';
import { promptInventory, saidTexts, type InventoryEntry } from '../flow/prompt-inventory';
import { recordingSheet, sheetFormats, sheetText, whereHeard } from '../flow/recording-sheet';
import { loadConfig } from './load-config';
import { complain, write } from './picture-output';
import { configuredPrompts, languagesOf, projectCatalog, projectFlows } from './project';
import { formatTable } from './table';

export interface PromptsListOptions {
  readonly language?: string;
  readonly json?: boolean;
  readonly config?: string;
}

/** `callchart prompts list`: returns the exit status, 1 when a flow plays what is missing. */
export function listPrompts(options: PromptsListOptions): number {
  const config = loadConfig(options.config);
  const catalog = projectCatalog(config);
  const { flows, broken } = projectFlows(config);
  const languages = languagesOf(catalog, options.language);
  const entries = promptInventory(catalog, flows, configuredPrompts(config, catalog), languages);
  const out = options.json === true ? entries.map((entry) => JSON.stringify(entry)) : [];
  if (options.json !== true) out.push(inventoryTable(entries, languages), '', summary(entries));
  process.stdout.write(out.map((line) => `${line}\n`).join(''));
  const missing = entries.some((entry) => isMissing(entry));
  return missing || broken > 0 || catalog.problems.length > 0 ? 1 : 0;
}

/** How many states of a flow are named. */
const mostStates = 3;

export function inventoryTable(
  entries: readonly InventoryEntry[],
  languages: readonly string[],
): string {
  const rows = entries.map(({ name, usedBy, unused, languages: states }) => [
    name,
    ...languages.map((tag) => {
      const { state = '-', heardIn } = states[tag] ?? {};
      return heardIn === undefined ? state : `${state} (${heardIn})`;
    }),
    unused ? 'unused' : usedBy.length === 0 ? '(numbers)' : whereHeard(usedBy, mostStates),
  ]);
  return formatTable([['prompt', ...languages, 'used by'], ...rows]);
}

function summary(entries: readonly InventoryEntry[]): string {
  const missing = entries.filter(isMissing).length;
  const unused = entries.filter((entry) => entry.unused).length;
  return `${entries.length} prompts, ${missing} missing, ${unused} unused`;
}

/** What is only unused is not missed. */
function isMissing({ languages, usedBy }: InventoryEntry): boolean {
  return usedBy.length > 0 && Object.values(languages).some(({ state }) => state === 'missing');
}

export interface PromptsRecordOptions {
  readonly language?: string;
  readonly output: string;
  readonly format?: string;
  readonly config?: string;
}

/** `callchart prompts record`: writes what somebody has to say. Returns the exit status. */
export function recordPrompts(options: PromptsRecordOptions): number {
  const config = loadConfig(options.config);
  const { output } = options;
  const ending = options.format ?? (output === '-' ? 'md' : output.replace(/^.*\./, ''));
  const format = sheetFormats.find((each) => each === ending);
  if (format === undefined) {
    const message = `-o ${output}: the name must end in .md, .html or .csv, or give --format`;
    return complain([message], 2);
  }
  const catalog = projectCatalog(config);
  const { flows, broken } = projectFlows(config);
  const language = options.language ?? catalog.defaultLanguage;
  const [tag = language] = languagesOf(catalog, language);
  const entries = promptInventory(catalog, flows, configuredPrompts(config, catalog), [tag]);
  const sheet = recordingSheet(catalog, entries, tag, {
    directory: relative(process.cwd(), config.prompts.directory),
    unnamed: saidTexts(catalog, flows),
  });
  const status = write(output, sheetText(sheet, format));
  if (status !== 0) return status;
  if (output !== '-') {
    process.stdout.write(`${output}: ${sheet.lines.length} prompts to record in ${tag}\n`);
  }
  return broken > 0 ? 1 : 0;
}
