import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { describeError } from '../core/errors';
import type { PromptLibrary } from '../prompt/port';
import { callActors } from './actors';
import { allMachines, checkMachine, completeActors, isMachine } from './check-machine';
import { FlowError } from './flow-error';
import type { FlowProblem } from './flow-error';
import { loadProblem } from './load-problem';
import { registerTypeScript } from './register-typescript';

/** A flow that can be served. */
export interface Flow {
  /** The file's name without its ending: `reception` of `reception.flow.ts`. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** Twelve hexadecimal digits: the hash of the file. */
  readonly version: string;
  readonly machine: AnyStateMachine;
}

export interface LoadFlowsOptions {
  /** Checks the prompts that the flows name; without it they are not checked. */
  readonly prompts?: Pick<PromptLibrary, 'check'>;
  /** How paths are shown in messages: relative to this folder; the working directory when absent. */
  readonly base?: string;
  /** Loads a module, and again when its file has changed; Node's `require` when absent. */
  readonly require?: (file: string) => unknown;
}

export interface LoadedFlows {
  /** Sorted by name. */
  readonly flows: readonly Flow[];
  /** Everything that is wrong with any of them; those flows are not among `flows`. */
  readonly problems: readonly FlowError[];
}

const flowFile = /\.flow\.(?:[cm]?js|m?ts)$/;

/**
 * A flow that turns in circles without waiting (an `always` that leads back) ends after so many steps,
 * instead of holding the process, and all other calls, for ever.
 */
const longestCircle = 10_000;

/**
 * The flow files in a folder, sorted; not those in folders below it. Throws a {@link FlowError} when
 * there is no such folder.
 */
export function findFlows(directory: string, base = process.cwd()): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => flowFile.test(name))
      .sort()
      .map((name) => resolve(directory, name));
  } catch (cause) {
    throw new FlowError({
      file: shown(directory, base),
      message: 'the folder of the flows cannot be read.',
      remedy: 'Create it, or name another with `flows.directory` in callchart.config.ts.',
      cause,
    });
  }
}

/** Loads flows and checks all that can be checked without a call. Never throws: see `problems`. */
export function loadFlows(files: readonly string[], options: LoadFlowsOptions = {}): LoadedFlows {
  const base = options.base ?? process.cwd();
  const flows: Flow[] = [];
  const problems: FlowError[] = [];
  const byName = new Map<string, string>();
  for (const file of [...new Set(files.map((name) => resolve(base, name)))]) {
    const display = shown(file, base);
    const report = (problem: Omit<FlowProblem, 'file'>): void => {
      problems.push(new FlowError({ file: display, ...problem }));
    };
    const name = basename(file).replace(flowFile, '');
    const other = byName.get(name);
    if (other !== undefined) {
      report({
        message: `the flow '${name}' is in ${shown(other, base)} already.`,
        remedy: 'Rename one of the two files: a flow answers to the name of its file.',
      });
      continue;
    }
    byName.set(name, file);
    const loaded = load(file, options);
    if ('problem' in loaded) {
      report(loaded.problem);
      continue;
    }
    const machine = completeActors(loaded.machine, callActors);
    const found = [...allMachines(machine)].flatMap((one) => checkMachine(one, options.prompts));
    if (found.length > 0) found.forEach(report);
    else flows.push({ name, file, version: loaded.version, machine: limited(machine) });
  }
  flows.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { flows, problems };
}

function limited(machine: AnyStateMachine): AnyStateMachine {
  for (const { options } of allMachines(machine)) {
    if (options.maxIterations === Infinity) options.maxIterations = longestCircle;
  }
  return machine;
}

type Loaded =
  | { readonly machine: AnyStateMachine; readonly version: string }
  | { readonly problem: Omit<FlowProblem, 'file'> };

function load(file: string, options: LoadFlowsOptions): Loaded {
  let source: Buffer;
  try {
    if (!statSync(file).isFile()) throw new Error('it is not a file');
    source = readFileSync(file);
  } catch (cause) {
    return {
      problem: {
        message: `the file cannot be read: ${describeError(cause)}.`,
        remedy: 'Check the path, and who may read it.',
        cause,
      },
    };
  }
  if (!flowFile.test(file)) {
    return {
      problem: {
        message: 'the name of a flow file ends in .flow.ts or .flow.js, and this does not.',
        remedy: `Rename it to ${basename(file).replace(/\.[^.]*$/, '')}.flow.ts.`,
      },
    };
  }
  let exported: unknown;
  try {
    exported = (options.require ?? requireAnew)(file);
  } catch (thrown) {
    return { problem: loadProblem(thrown) };
  }
  const machine = defaultExport(exported);
  if (isMachine(machine)) {
    const version = createHash('sha256').update(source).digest('hex').slice(0, 12);
    return { machine, version };
  }
  return {
    problem: {
      message:
        machine === undefined
          ? 'the file has no default export.'
          : 'the default export is not an XState machine.',
      remedy: 'Write `export default setup({ actors: callActors }).createMachine({ … })`.',
    },
  };
}

function requireAnew(file: string): unknown {
  registerTypeScript();
  // A flow that was saved again is read again; what it imports stays.
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the cache is keyed by file name
  delete require.cache[file];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a flow is known by its path only
  return require(file) as unknown;
}

/** The default export of an ECMAScript module, compiled or not, or what a CommonJS module exports. */
function defaultExport(exported: unknown): unknown {
  if (isMachine(exported)) return exported;
  if (typeof exported !== 'object' || exported === null || !('default' in exported)) {
    return undefined;
  }
  const { default: inner } = exported;
  // A CommonJS module with __esModule, seen through an ECMAScript one, has its default one deeper.
  return !isMachine(inner) && typeof inner === 'object' && inner !== null && 'default' in inner
    ? inner.default
    : inner;
}

function shown(file: string, base: string): string {
  const path = relative(base, file);
  return path === '' || path.startsWith(join('..', '..')) ? file : path;
}
