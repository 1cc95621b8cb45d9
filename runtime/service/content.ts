import { checkRoutes } from '../config/check-routes';
import { ConfigError } from '../config/resolve';
import type { ResolvedConfig } from '../config/resolved';
import { CallchartError, describeError } from '../core/errors';
import { FlowsError } from '../flow/flow-error';
import { configuredFlows, loadFlows, loadFlowsGently } from '../flow/load';
import type { Flow, LoadedFlows, LoadFlowsOptions } from '../flow/load';
import type { PromptLibrary } from '../prompt/port';
import type { Generations } from './generations';

type FlowRequire = LoadFlowsOptions['require'];

/** A flow that new calls find changed; `from` is undefined for a new one, `to` for one that is gone. */
export interface FlowChange {
  readonly flow: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** What came of reading everything again. */
export interface ReloadReport {
  /** Sorted by name. */
  readonly changes: readonly FlowChange[];
  /**
   * What could not be taken over, each as a sentence with file and remedy. What is meant goes on as it was: the flow
   * in its last good version, the prompts, the certificates.
   */
  readonly problems: readonly string[];
  /** The flows that are served on in a version that their files are not of any more. */
  readonly kept: readonly string[];
}

/**
 * The flows of a configuration, when a server starts.
 *
 * @throws {FlowsError} with everything that is wrong with any flow
 * @throws {CallchartError} when there is none, or when the configuration names one that is not there
 */
export function openFlows(
  config: ResolvedConfig,
  prompts: PromptLibrary,
  requireFlow?: FlowRequire,
  speech = config.recognizer !== undefined,
): readonly Flow[] {
  const { flows, problems } = loadFlows(configuredFlows(config.flows), {
    ...{ prompts, speech },
    require: requireFlow,
  });
  if (problems.length > 0) throw new FlowsError(problems);
  const names = flows.map((flow) => flow.name);
  const missing = noFlows(config, names) ?? noDefault(config, names) ?? noApology(config, prompts);
  if (missing !== undefined) throw missing;
  const wrong = routeProblems(config, names);
  if (wrong.length > 0) throw new ConfigError('configuration', wrong);
  return flows;
}

/**
 * Reads flows, prompts and manifests again, while calls are running. Whatever is wrong with something new, the old is
 * served on. Never rejects.
 */
export async function reloadFlows(
  config: ResolvedConfig,
  served: Generations,
  requireFlow?: FlowRequire,
  speech = config.recognizer !== undefined,
): Promise<ReloadReport> {
  const problems: string[] = [];
  const before = new Map(served.flows.map(({ name, version }) => [name, version]));
  const prompts = await renewedPrompts(config, served.prompts, problems);
  let loaded: LoadedFlows;
  try {
    loaded = await loadFlowsGently(configuredFlows(config.flows), {
      ...{ prompts, speech },
      require: requireFlow,
    });
  } catch (error) {
    // The folder cannot be read.
    if (prompts !== served.prompts) await prompts.close();
    const kept = [...before.keys()];
    return { changes: [], problems: [...problems, describeError(error)], kept };
  }
  problems.push(...loaded.problems.map(({ message }) => message));
  const kept = new Set(loaded.broken.map(({ name }) => name).filter((name) => before.has(name)));
  const names = new Set([...loaded.flows.map(({ name }) => name), ...kept]);
  for (const name of before.keys()) {
    if (names.has(name)) continue;
    const needed = whyNeeded(config, name, new Set([...names, ...before.keys()]));
    if (needed === undefined) continue;
    kept.add(name);
    problems.push(`${needed}. The last version of it is served on: put its file back, or restart`);
  }
  const none = noFlows(config, [...names, ...kept]);
  if (none !== undefined) {
    for (const name of before.keys()) kept.add(name);
    problems.push(`${none.message}. Those that were there are served on`);
  }
  const flows = loaded.flows.filter(({ name }) => !kept.has(name));
  await served.replace(prompts, flows, kept);
  return { changes: changesSince(before, served.flows), problems, kept: [...kept] };
}

/** The prompts as they are now; the old ones when something is wrong with the new. */
async function renewedPrompts(
  config: ResolvedConfig,
  old: PromptLibrary,
  problems: string[],
): Promise<PromptLibrary> {
  try {
    const renewed = await old.renew?.();
    if (renewed === undefined) return old;
    const problem = noApology(config, renewed);
    if (problem === undefined) return renewed;
    problems.push(problem.message);
    await renewed.close();
  } catch (error) {
    problems.push(describeError(error));
  }
  return old;
}

function changesSince(before: ReadonlyMap<string, string>, now: readonly Flow[]): FlowChange[] {
  const after = new Map(now.map(({ name, version }) => [name, version]));
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .map((flow) => ({ flow, from: before.get(flow), to: after.get(flow) }))
    .filter(({ from, to }) => from !== to);
}

/** What of the configuration names a flow that is gone. */
function whyNeeded(
  config: ResolvedConfig,
  name: string,
  all: ReadonlySet<string>,
): string | undefined {
  const others = [...all].filter((other) => other !== name);
  return noDefault(config, others)?.message ?? routeProblems(config, others)[0];
}

function noFlows(
  { flows: { directory }, routes }: ResolvedConfig,
  names: readonly string[],
): CallchartError | undefined {
  // A proxy or a registrar needs none.
  if (names.length > 0 || routes !== undefined) return undefined;
  return new CallchartError(
    'CALLCHART_NO_FLOWS',
    `there is no flow to serve: put a file *.flow.ts into ${directory ?? 'flows/'}, name one with --flow, or configure routes`,
  );
}

function noDefault(
  { flows: { default: fallback } }: ResolvedConfig,
  names: readonly string[],
): CallchartError | undefined {
  if (fallback === undefined || names.includes(fallback)) return undefined;
  return new CallchartError(
    'CALLCHART_CONFIG_INVALID',
    `flows.default: there is no flow "${fallback}"; there are: ${names.join(', ')}`,
  );
}

function noApology(
  { flows: { apology } }: ResolvedConfig,
  prompts: PromptLibrary,
): CallchartError | undefined {
  const problem = apology === undefined ? undefined : prompts.check(apology)[0];
  if (problem === undefined) return undefined;
  return new CallchartError('CALLCHART_CONFIG_INVALID', `flows.apology: ${problem.message}`);
}

/** A route that names a flow or a trunk that is not there. */
function routeProblems({ routes, trunks }: ResolvedConfig, flows: readonly string[]): string[] {
  return checkRoutes(routes ?? [], { flows, trunks: Object.keys(trunks) });
}
