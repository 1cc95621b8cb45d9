import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { describeError } from '../core/errors';
import type { PromptLibrary } from '../prompt/port';
import { callActors } from './actors';
import { allMachines, checkMachine, completeActors, isMachine } from './check-machine';
import { FlowError } from './flow-error';
import type { FlowProblem } from './flow-error';
import { FlowModules, type LoadedModule } from './flow-modules';
import { flowVersion } from './flow-version';
import { importCycle, scanImports, type ImportGraph } from './import-graph';
import { loadProblem } from './load-problem';
import { promptContent } from './prompt-content';

/** A flow that can be served. */
export interface Flow {
  /** The file's name without its ending: `reception` of `reception.flow.ts`. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** Twelve hexadecimal digits, equal where all of {@link sources} are, and the texts that it uses of manifests. */
  readonly version: string;
  readonly machine: AnyStateMachine;
  /**
   * Absolute: the file, the local files that it imports, directly or not, and the recordings and manifests of the
   * prompts that it names.
   */
  readonly sources: readonly string[];
}

/** A flow that cannot be served. */
export interface BrokenFlow extends Pick<Flow, 'name' | 'file' | 'sources'> {
  readonly problems: readonly FlowError[];
}

export interface LoadFlowsOptions {
  /** Checks the prompts that the flows name, and counts them among what a version is of; without it neither is done. */
  readonly prompts?: Pick<PromptLibrary, 'check' | 'catalog'>;
  /** Whether speech is understood: a flow that listens for it cannot be served where it is not. Not checked when absent. */
  readonly speech?: boolean;
  /** How paths are shown in messages: relative to this folder; the working directory when absent. */
  readonly base?: string;
  /** Loads a module; Node's `require` when absent, which reads local files anew each time. */
  readonly require?: ((file: string) => unknown) | undefined;
}

export interface LoadedFlows {
  /** Sorted by name. */
  readonly flows: readonly Flow[];
  /** Those that are not among `flows`, in the order of their files. */
  readonly broken: readonly BrokenFlow[];
  /** Everything that is wrong with any of them. */
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

/** The files of the flows that are configured: those of a folder, then those that are named. Throws as {@link findFlows} does. */
export function configuredFlows({
  directory,
  files,
}: {
  readonly directory?: string | undefined;
  readonly files: readonly string[];
}): string[] {
  return [...(directory === undefined ? [] : findFlows(directory)), ...files];
}

/** Loads flows and checks all that can be checked without a call. Never throws: see `problems`. */
export function loadFlows(files: readonly string[], options: LoadFlowsOptions = {}): LoadedFlows {
  const loading = new FlowLoading(options);
  for (const file of files) loading.add(file);
  return loading.result();
}

/**
 * As {@link loadFlows}, giving way between two files to whatever else the process has to do: calls may be running.
 *
 * @param giveWay resolves when that is done; the next turn of the event loop when absent
 */
export async function loadFlowsGently(
  files: readonly string[],
  options: LoadFlowsOptions = {},
  giveWay = nextTurn,
): Promise<LoadedFlows> {
  const loading = new FlowLoading(options);
  for (const file of files) {
    loading.add(file);
    await giveWay();
  }
  return loading.result();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** One generation of flows, while it is loaded. */
class FlowLoading {
  private readonly flows: Flow[] = [];
  private readonly broken: BrokenFlow[] = [];
  private readonly files = new Set<string>();
  private readonly byName = new Map<string, string>();
  private readonly byId = new Map<string, string>();
  private readonly base: string;
  private readonly load: (file: string) => LoadedModule;

  constructor(private readonly options: LoadFlowsOptions) {
    this.base = options.base ?? process.cwd();
    const { require: load } = options;
    if (load === undefined) {
      const modules = new FlowModules();
      this.load = (file) => modules.load(file);
    } else {
      this.load = (file) => ({ exports: load(file), imports: scanImports(file) });
    }
  }

  add(named: string): void {
    const file = resolve(this.base, named);
    if (this.files.has(file)) return;
    this.files.add(file);
    const name = basename(file).replace(flowFile, '');
    const found = this.read(name, file);
    if ('flow' in found) {
      this.flows.push(found.flow);
      return;
    }
    const problems = found.problems.map(
      (problem) => new FlowError({ file: shown(file, this.base), ...problem }),
    );
    this.broken.push({ name, file, sources: [...scanImports(file).keys()], problems });
  }

  result(): LoadedFlows {
    const { flows, broken } = this;
    flows.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { flows, broken, problems: broken.flatMap(({ problems }) => problems) };
  }

  private read(
    name: string,
    file: string,
  ): { readonly flow: Flow } | { readonly problems: readonly Problem[] } {
    const other = this.byName.get(name);
    if (other !== undefined) {
      return onlyProblem({
        message: `the flow '${name}' is in ${shown(other, this.base)} already.`,
        remedy: 'Rename one of the two files: a flow answers to the name of its file.',
      });
    }
    this.byName.set(name, file);
    const unreadable = fileProblem(file);
    if (unreadable !== undefined) return onlyProblem(unreadable);
    let module: LoadedModule;
    try {
      module = this.load(file);
    } catch (thrown) {
      // A circle is why: something that it imports is not there yet.
      return onlyProblem(this.cycleProblem(scanImports(file), thrown) ?? loadProblem(thrown));
    }
    const { exports, imports, frozen = [] } = module;
    if (frozen.length > 0) {
      const files = frozen.map((one) => shown(one, this.base)).join(', ');
      return onlyProblem({
        message: `${files} ${frozen.length === 1 ? 'has' : 'have'} changed, and Node reads an ECMAScript module only once.`,
        remedy: 'Restart the server to serve it, or write it as TypeScript or CommonJS.',
      });
    }
    const circle = this.cycleProblem(imports);
    if (circle !== undefined) return onlyProblem(circle);
    const exported = defaultExport(exports);
    if (!isMachine(exported)) return onlyProblem(exportProblem(exported));
    const taken = this.idProblem(exported, file);
    if (taken !== undefined) return onlyProblem(taken);
    const machine = completeActors(exported, callActors);
    const problems = [...allMachines(machine)].flatMap((one) => checkMachine(one, this.options));
    if (problems.length > 0) return { problems };
    const code = [...imports.keys()];
    const catalog = this.options.prompts?.catalog;
    const spoken = catalog === undefined ? undefined : promptContent(machine, catalog);
    const version = flowVersion(file, code, spoken?.digest);
    const sources = [...code, ...(spoken?.files ?? [])];
    return { flow: { name, file, version, machine: limited(machine), sources } };
  }

  private cycleProblem(imports: ImportGraph, cause?: unknown): Problem | undefined {
    const cycle = importCycle(imports);
    if (cycle === undefined) return undefined;
    const [last = ''] = cycle.slice(-2);
    return {
      message: `imports in a circle: ${cycle.map((file) => shown(file, this.base)).join(' → ')}.`,
      remedy: `Move what they share into a file that imports none of them, or take the import out of ${shown(last, this.base)}.`,
      cause,
    };
  }

  /** Machines without an id of their own have one that XState gives to all of them. */
  private idProblem(machine: AnyStateMachine, file: string): Problem | undefined {
    const { id } = machine.config;
    if (id === undefined) return undefined;
    const other = this.byId.get(id);
    if (other === undefined) {
      this.byId.set(id, file);
      return undefined;
    }
    return {
      message: `its machine has the id '${id}', as that of ${shown(other, this.base)} has.`,
      remedy: 'Give one of them another id: logs and pictures name a flow by it.',
    };
  }
}

function limited(machine: AnyStateMachine): AnyStateMachine {
  for (const { options } of allMachines(machine)) {
    if (options.maxIterations === Infinity) options.maxIterations = longestCircle;
  }
  return machine;
}

type Problem = Omit<FlowProblem, 'file'>;

function onlyProblem(problem: Problem): { readonly problems: readonly Problem[] } {
  return { problems: [problem] };
}

function fileProblem(file: string): Problem | undefined {
  try {
    if (!statSync(file).isFile()) throw new Error('it is not a file');
  } catch (cause) {
    return {
      message: `the file cannot be read: ${describeError(cause)}.`,
      remedy: 'Check the path, and who may read it.',
      cause,
    };
  }
  if (flowFile.test(file)) return undefined;
  return {
    message: 'the name of a flow file ends in .flow.ts or .flow.js, and this does not.',
    remedy: `Rename it to ${basename(file).replace(/\.[^.]*$/, '')}.flow.ts.`,
  };
}

function exportProblem(exported: unknown): Problem {
  return {
    message:
      exported === undefined
        ? 'the file has no default export.'
        : 'the default export is not an XState machine.',
    remedy: 'Write `export default setup({ actors: callActors }).createMachine({ … })`.',
  };
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
