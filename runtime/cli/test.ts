import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { configuredFlows, loadFlows } from '../flow/load';
import {
  clearCoverage,
  coverageVariable,
  readCoverage,
  summarise,
  uncovered,
  type CoverageSummary,
  type FlowCoverage,
} from '../simulate/coverage';
import { loadConfig } from './load-config';
import { formatTable } from './table';

export interface TestOptions {
  readonly min?: string;
  readonly json?: boolean;
  readonly config?: string;
}

/** Where the coverage of the last run stays, for those who want to draw it. */
const folder = join('coverage', 'callchart');

/** `callchart test`: the project's own Jest, and what of its flows that has covered. Returns the exit status. */
export function test(args: readonly string[], options: TestOptions): number {
  const { min, json = false } = options;
  const least = min === undefined ? 0 : Number(min);
  if (!(least >= 0 && least <= 100)) return refuse(`--min ${min ?? ''}: must be 0 to 100`);
  const jest = findJest();
  if (jest === undefined) {
    return refuse('there is no Jest here: npm install --save-dev jest @swc/jest @swc/core');
  }
  clearCoverage(folder);
  const { status } = spawnSync(process.execPath, [jest, ...args], {
    // Standard output belongs to the coverage when that is for a program.
    stdio: ['inherit', json ? 2 : 'inherit', 'inherit'],
    env: { ...process.env, [coverageVariable]: resolve(folder) },
  });
  const flows = ofProject(readCoverage(folder), options).map(summarise);
  if (json) for (const flow of flows) process.stdout.write(`${JSON.stringify(flow)}\n`);
  else process.stdout.write(report(flows));
  const low = flows.filter(({ percent }) => percent < least);
  for (const { flow, percent } of low) {
    process.stderr.write(`callchart: ${flow}: ${percent} % covered, less than ${least} %\n`);
  }
  if (status !== 0) return status ?? 1;
  return low.length > 0 ? 1 : 0;
}

function refuse(problem: string): number {
  process.stderr.write(`callchart: ${problem}\n`);
  return 2;
}

function findJest(): string | undefined {
  try {
    const require = createRequire(resolve('package.json'));
    const manifest = require.resolve('jest/package.json');
    return join(dirname(manifest), 'bin', 'jest.js');
  } catch {
    return undefined;
  }
}

/** The flows that the configuration names, also those without a test; whatever was simulated, where there are none. */
function ofProject(covered: readonly FlowCoverage[], { config }: TestOptions): FlowCoverage[] {
  const { flows } = loadFlows(configuredFlows(loadConfig(config).flows));
  if (flows.length === 0) return [...covered];
  return flows.map(({ machine }) => {
    const bare = uncovered(machine);
    const same = (each: FlowCoverage): boolean =>
      each.flow === bare.flow && each.version === bare.version;
    return covered.find(same) ?? bare;
  });
}

function report(flows: readonly CoverageSummary[]): string {
  if (flows.length === 0) {
    return "\nNo flow was simulated: import { simulate } from 'callchart/testing' in a test.\n";
  }
  const rows = flows.map(({ flow, covered, total, percent }) => [
    flow,
    `${percent} %`,
    `${covered} of ${total}`,
  ]);
  const table = formatTable([['FLOW', 'COVERED', 'TRANSITIONS'], ...rows]);
  const missing = flows
    .filter((flow) => flow.missing.length > 0)
    .map((flow) => `\n${flow.flow}, not taken by any test:\n  ${flow.missing.join('\n  ')}\n`);
  return `\n${table}\n${missing.join('')}`;
}
