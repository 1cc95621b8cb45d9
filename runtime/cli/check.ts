import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { ResolvedConfig } from '../config/resolved';
import { RealClock } from '../core/clock';
import { describeError } from '../core/errors';
import { isLanguageTag } from '../core/language';
import { checkFlows } from '../explore/check-flows';
import type { FlowReport } from '../explore/check-flow';
import { coveringCalls, quietActors } from '../explore/covering-calls';
import { counts } from '../explore/findings';
import { type CoveredFlow, pathsFile } from '../explore/paths-file';
import { type Paint, reportText, summary } from '../explore/report-text';
import { noSamples, readSamples, type Samples } from '../explore/samples';
import { sarifOf } from '../explore/sarif';
import { configuredFlows, findFlows, loadFlows } from '../flow/load';
import { openCatalog } from '../prompt/catalog';
import type { Simulate } from '../simulate/port';
import { simulate } from '../simulate/simulate';
import { loadConfig } from './load-config';
import { configuredPrompts } from './project';
import { shownPath } from './shown-path';
import { packageVersion } from './version';

export interface CheckOptions {
  readonly json?: boolean;
  readonly sarif?: string;
  readonly paths?: string;
  readonly samples?: string;
  readonly language: readonly string[];
  readonly config?: string;
}

/** The command was used wrongly: one line, exit status 2. */
class UsageError extends Error {}

/** How long a flow may take, in milliseconds. */
const longest = 60_000;

/** `callchart check`: what is wrong with flows. Resolves with the exit status. */
export async function check(names: readonly string[], options: CheckOptions): Promise<number> {
  try {
    return await run(names, options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`callchart: ${error.message}\n`);
    return 2;
  }
}

async function run(names: readonly string[], options: CheckOptions): Promise<number> {
  const { language: languages, paths } = options;
  if (paths !== undefined && existsSync(paths)) {
    throw new UsageError(
      `--paths ${paths}: the file is there already, and it is yours: take another name`,
    );
  }
  const odd = languages.find((tag): boolean => !isLanguageTag(tag));
  if (odd !== undefined) throw new UsageError(`--language ${odd}: must be a tag such as 'de'`);
  const samples = options.samples === undefined ? noSamples : samplesOf(options.samples);
  const config = loadConfig(options.config);
  const { prompts, media } = config;
  const catalog = openCatalog({
    directories: [prompts.directory],
    language: prompts.language,
    fallback: prompts.fallback,
    toneCountry: media.toneCountry,
  });
  const { files, all } = filesOf(names, config);
  const { flows, problems } = loadFlows(files, { speech: config.recognizer !== undefined });
  const clock = new RealClock();
  let deadline = Infinity;
  const report = checkFlows(flows, problems, {
    all,
    samples,
    catalog,
    ...(languages.length === 0 ? {} : { languages }),
    alsoPlayed: Object.values(configuredPrompts(config, catalog)).filter(
      (prompt) => prompt !== undefined,
    ),
    promptsFolder: shownPath(prompts.directory),
    shown: shownPath,
    onFlow: ({ name }, index) => {
      deadline = clock.now() + longest;
      progress(`${name} (${index + 1} of ${flows.length})`);
    },
    onProgress: (rests) => {
      if (rests > 0 && rests % 1_024 === 0) progress(`… ${rests} snapshots`);
    },
    outOfTime: () => clock.now() > deadline,
  });
  progress('');
  const { findings } = report;
  if (options.sarif !== undefined) {
    write(options.sarif, `${JSON.stringify(sarifOf(findings, packageVersion()), undefined, 2)}\n`);
  }
  if (paths !== undefined) await writePaths(paths, report.flows, prompts);
  if (options.json === true) {
    for (const finding of findings) process.stdout.write(`${JSON.stringify(finding)}\n`);
  } else {
    const text = reportText(findings, painter());
    process.stdout.write(`${text === '' ? '' : `${text}\n\n`}${summary(flows.length, findings)}\n`);
  }
  return findings.some(counts) ? 1 : 0;
}

/** The files that are meant, and whether they are all that there are. */
function filesOf(
  names: readonly string[],
  { flows }: ResolvedConfig,
): { readonly files: readonly string[]; readonly all: boolean } {
  if (names.length === 0) return { files: configuredFlows(flows), all: true };
  const files = names.flatMap((name) => {
    const stat = statSync(name, { throwIfNoEntry: false });
    if (stat === undefined) throw new UsageError(`there is no flow, and no folder, ${name}`);
    return stat.isDirectory() ? findFlows(resolve(name)) : [resolve(name)];
  });
  const own = flows.directory === undefined ? undefined : resolve(flows.directory);
  return { files, all: names.some((name) => resolve(name) === own) };
}

/** Writes the calls that cover the flows as a test, and says how far they do. */
async function writePaths(
  file: string,
  reports: readonly FlowReport[],
  { directory, language, fallback }: ResolvedConfig['prompts'],
): Promise<void> {
  const flows: CoveredFlow[] = [];
  for (const { flow, exploration } of reports) {
    progress(`${flow.name}: calls`);
    const prompts = { directory, language, fallback };
    const play: Simulate = (machine, options) => simulate(machine, { ...options, prompts });
    const { calls, uncovered, total } = await coveringCalls(flow.machine, exploration, play);
    const path = relative(dirname(resolve(file)), flow.file).replaceAll('\\', '/');
    flows.push({
      name: flow.name,
      module: (path.startsWith('.') ? path : `./${path}`).replace(/\.ts$/, ''),
      calls,
      actors: Object.keys(quietActors(exploration)),
      uncovered,
    });
    progress('');
    process.stderr.write(
      `${file}: ${flow.name}: ${calls.length} calls, ${total - uncovered.length} of ${total} transitions\n`,
    );
  }
  write(file, pathsFile(flows));
}

function samplesOf(file: string): Samples {
  try {
    const samples = readSamples(JSON.parse(readFileSync(file, 'utf8')));
    if (samples !== undefined) return samples;
  } catch (error) {
    throw new UsageError(`--samples ${file}: ${describeError(error)}`);
  }
  throw new UsageError(
    `--samples ${file}: must be like {"outcomes": {"lookUp": [{"name": "Ann"}]}, "events": [{"type": "paid"}]}`,
  );
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${describeError(error)}`);
  }
}

/** One line on a terminal, written over by the next. */
function progress(text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\u001b[K${text}`);
}

const colours = { error: 31, warning: 33, note: 36, dim: 2, bold: 1 } as const;

function painter(): Paint {
  const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  return coloured ? (text, as) => `\u001b[${colours[as]}m${text}\u001b[0m` : (text) => text;
}
