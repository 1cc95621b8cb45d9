import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describeError } from '../core/errors';
import { closest } from '../core/suggest';
import { normalise, type Normalised } from '../prompt/levels/normalise';
import {
  checkRecordings,
  readRecording,
  recordingsOf,
  wavBytes,
  type CheckedRecording,
  type Recording,
} from '../prompt/levels/recordings';
import { loadConfig } from './load-config';
import { complain } from './picture-output';
import { Progress } from './progress';
import { languagesOf, projectCatalog } from './project';
import { shownPath } from './shown-path';
import { formatTable } from './table';

export interface PromptsCheckOptions {
  readonly language?: string;
  readonly json?: boolean;
  readonly config?: string;
}

/** `callchart prompts check`: resolves with the exit status, 1 with findings. */
export async function checkPrompts(options: PromptsCheckOptions): Promise<number> {
  const config = loadConfig(options.config);
  const catalog = projectCatalog(config);
  const { language } = options;
  if (language !== undefined) languagesOf(catalog, language);
  const progress = new Progress('measured');
  const recordings = recordingsOf(catalog, language === undefined ? {} : { language });
  const checked = await checkRecordings(recordings, (done, total) => progress.at(done, total));
  progress.done();
  if (options.json === true) {
    for (const one of checked) process.stdout.write(`${JSON.stringify(one)}\n`);
  } else {
    process.stdout.write(`${levelsReport(checked)}\n`);
  }
  const found = checked.some(({ findings }) => findings.length > 0);
  return found || catalog.problems.length > 0 ? 1 : 0;
}

/** A line for each finding, and for each language what its recordings are like. */
export function levelsReport(checked: readonly CheckedRecording[]): string {
  const findings = checked.flatMap(({ path, findings: found }) =>
    found.map(({ message }) => `${shownPath(path)}: ${message}`),
  );
  const languages = [...new Set(checked.map(({ language }) => language))];
  const rows = languages.map((language) => {
    const own = checked.filter((one) => one.language === language);
    const levels = own.flatMap(({ levels: each }) => (each === undefined ? [] : [each]));
    const active = levels.flatMap(({ active: level }) => (level === undefined ? [] : [level]));
    const range = (values: readonly number[]): string =>
      values.length === 0
        ? '-'
        : `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)} dB`;
    return [
      language ?? '(all)',
      String(own.length),
      range(active),
      range(levels.map(({ peak }) => peak).filter(Number.isFinite)),
      String(own.reduce((sum, { findings: found }) => sum + found.length, 0)),
    ];
  });
  const heading = ['language', 'recordings', 'speech', 'peaks', 'findings'];
  return [
    ...findings,
    ...(findings.length === 0 ? [] : ['']),
    formatTable([heading, ...rows]),
  ].join('\n');
}

export interface PromptsNormaliseOptions {
  readonly language?: string;
  readonly level?: string;
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly config?: string;
}

/** `callchart prompts normalise`: resolves with the exit status. */
export async function normalisePrompts(
  names: readonly string[],
  options: PromptsNormaliseOptions,
): Promise<number> {
  const config = loadConfig(options.config);
  const catalog = projectCatalog(config);
  const { language, dryRun = false, out } = options;
  if (language !== undefined) languagesOf(catalog, language);
  const level = Number(options.level ?? -20);
  if (!(level >= -40 && level <= -6)) {
    return complain([`--level ${options.level ?? ''}: must be -40 to -6 dBFS`], 2);
  }
  for (const name of names) {
    if (catalog.names.includes(name)) continue;
    const meant = closest(name, catalog.names);
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return complain([`there is no prompt ${name}.${hint}`], 2);
  }
  const chosen = {
    ...(language === undefined ? {} : { language }),
    ...(names.length === 0 ? {} : { names }),
  };
  const recordings = recordingsOf(catalog, chosen)
    // Music has no speech whose level could be set; whoever names it means it.
    .filter((one) => one.language !== undefined || names.includes(one.name));
  const counts = { changed: 0, left: 0, failed: 0 };
  for (const recording of recordings) {
    try {
      const made = normalise(await readRecording(recording), { level });
      if (made === undefined) {
        counts.left += 1;
        continue;
      }
      const target = targetOf(recording, config.prompts.directory, out);
      if (!dryRun) save(recording.path, target, wavBytes(made.sound));
      counts.changed += 1;
      process.stdout.write(`${shownPath(target)}: ${changesOf(made)}\n`);
    } catch (error) {
      counts.failed += 1;
      process.stderr.write(`callchart: ${shownPath(recording.path)}: ${describeError(error)}\n`);
    }
  }
  const verb = dryRun ? 'would be changed' : 'changed';
  process.stdout.write(
    `${counts.changed} ${verb}, ${counts.left} left as they are, ${counts.failed} failed\n`,
  );
  return counts.failed === 0 ? 0 : 1;
}

function targetOf({ path }: Recording, directory: string, out: string | undefined): string {
  const wav = path.replace(/\.[^./\\]+$/, '.wav');
  return out === undefined ? wav : join(out, relative(directory, wav));
}

function save(path: string, target: string, bytes: Uint8Array): void {
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.tmp`;
  writeFileSync(unfinished, bytes);
  try {
    if (path === target) copyFileSync(path, backupOf(path), constants.COPYFILE_EXCL);
    else if (dirname(path) === dirname(target)) {
      if (existsSync(target))
        throw new Error(`${shownPath(target)} is there already: remove one of both`);
      // Two files of one name would be a mistake.
      renameSync(path, backupOf(path));
    }
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Of a prompt that is recorded again every recording is kept. */
function backupOf(path: string): string {
  let backup = `${path}.orig`;
  for (let count = 2; existsSync(backup); count += 1) backup = `${path}.orig${count}`;
  return backup;
}

function changesOf({ before, after, gain, limited, trimmed }: Normalised): string {
  const dB = (value = 0): string => `${value.toFixed(1)} dB`;
  const level = `speech from ${dB(before.active)} to ${dB(after.active)} (${gain < 0 ? '' : '+'}${dB(gain)})`;
  const cut = trimmed === 0 ? [] : [`${Math.round(trimmed)} ms of silence cut off`];
  return [level, ...(limited ? ['its peaks allow no more'] : []), ...cut].join(', ');
}
