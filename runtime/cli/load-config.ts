import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import {
  ConfigError,
  type ConfigOrigin,
  type ResolvedConfig,
  resolveConfig,
} from '../config/resolve';
import { loadProblem } from '../flow/load-problem';
import { registerTypeScript } from '../flow/register-typescript';

const defaultNames = ['callchart.config.ts', 'callchart.config.js', 'callchart.config.cjs'];

/**
 * The configuration of a command: the named file, else the first of the default names in the working
 * directory, else the defaults. Only the server needs its secrets.
 *
 * @throws {ConfigError} whose message has a line for each mistake
 */
export function loadConfig(
  named: string | undefined,
  purpose: NonNullable<ConfigOrigin['purpose']> = 'tool',
): ResolvedConfig {
  const environment = process.env;
  const file = configFileOf(named);
  if (file === undefined) {
    const directory = process.cwd();
    return resolveConfig({}, { source: 'configuration', directory, environment, purpose });
  }
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) {
    const problem = stat === undefined ? 'there is no such file' : 'is not a file';
    throw new ConfigError(named ?? basename(file), [problem]);
  }
  return resolveConfig(readConfig(file), {
    source: named ?? basename(file),
    directory: dirname(file),
    environment,
    purpose,
  });
}

/** The absolute path of the file that a command reads; undefined when there is none. */
export function configFileOf(named: string | undefined): string | undefined {
  if (named !== undefined) return resolve(named);
  return defaultNames.map((name) => resolve(name)).find((path) => existsSync(path));
}

function readConfig(file: string): unknown {
  try {
    if (file.endsWith('.ts')) registerTypeScript();
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- its name is known only now
    const loaded = require(file) as unknown;
    const isModule = typeof loaded === 'object' && loaded !== null && 'default' in loaded;
    return isModule ? loaded.default : loaded;
  } catch (error) {
    throw new ConfigError(basename(file), [`cannot be loaded: ${loadProblem(error).message}`]);
  }
}
