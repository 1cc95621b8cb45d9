import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { describeError } from '../core/errors';
import { mapMachine } from '../flow/machine-map';

/** The environment variable that names the folder to which each simulation adds what it has gone through. */
export const coverageVariable = 'CALLCHART_COVERAGE';
const ending = '.jsonl';

/** Which transitions of one version of a flow were taken. */
export interface FlowCoverage {
  readonly flow: string;
  /** Of the transitions that there are: two versions of a flow are told apart by it. */
  readonly version: string;
  /** Ids of those that a call can take, in the order of the source, by state. */
  readonly transitions: readonly CoveredTransition[];
}

export interface CoveredTransition {
  readonly id: string;
  readonly from: string;
  readonly taken: boolean;
}

/** A line of a coverage file: a flow as it is seen first, then what was taken for the first time. */
interface Line {
  readonly flow: string;
  readonly version: string;
  readonly transitions?: readonly (readonly [id: string, from: string])[];
  readonly taken: readonly string[];
}

interface Known {
  readonly line: Required<Line>;
  readonly taken: Set<string>;
}

const known = new WeakMap<AnyStateMachine, Known>();

/**
 * Adds the transitions of a simulated call to the files in `folder`: one for each process, and in it only what is new,
 * so that a thousand calls write no more than one. Never throws; a folder that cannot be written to is told of once.
 */
export function collectCoverage(
  folder: string,
  flow: AnyStateMachine,
  taken: readonly string[],
): void {
  let entry = known.get(flow);
  const first = entry === undefined;
  if (entry === undefined) {
    entry = { line: describe(flow), taken: new Set() };
    known.set(flow, entry);
  }
  const { line, taken: before } = entry;
  const fresh = [...new Set(taken)].filter((id) => !before.has(id));
  if (!first && fresh.length === 0) return;
  for (const id of fresh) before.add(id);
  const { version, transitions } = line;
  write(folder, {
    ...{ flow: line.flow, version },
    ...(first ? { transitions } : {}),
    taken: fresh,
  });
}

let complained = false;

function write(folder: string, line: Line): void {
  try {
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, `${process.pid}${ending}`), `${JSON.stringify(line)}\n`);
  } catch (error) {
    if (complained) return;
    complained = true;
    process.stderr.write(`callchart: no coverage is kept: ${describeError(error)}\n`);
  }
}

/** Those that a call can take: the error for outcomes that have no choice is none that a test should reach. */
function describe(flow: AnyStateMachine): Required<Line> {
  const { id, transitions } = mapMachine(flow);
  const all = transitions
    .filter(({ choice }) => choice !== 'unmatched')
    .map(({ id: name, from }) => [name, from] as const);
  const shape = transitions.map(({ id: name, targets }) => [name, ...targets]);
  const version = createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 12);
  return { flow: id, version, transitions: all, taken: [] };
}

/** A flow of which nothing is covered. */
export function uncovered(flow: AnyStateMachine): FlowCoverage {
  const { flow: name, version, transitions } = describe(flow);
  return {
    ...{ flow: name, version },
    transitions: transitions.map(([id, from]) => ({ id, from, taken: false })),
  };
}

/** What all processes have collected in a folder, by flow; nothing when there is no such folder. */
export function readCoverage(folder: string): FlowCoverage[] {
  const flows = new Map<string, FlowCoverage>();
  const taken = new Map<string, Set<string>>();
  for (const line of readLines(folder)) {
    const key = `${line.flow} ${line.version}`;
    const { flow, version, transitions } = line;
    if (transitions !== undefined) {
      const all = transitions.map(([id, from]) => ({ id, from, taken: false }));
      flows.set(key, { flow, version, transitions: all });
    }
    const ids = taken.get(key) ?? new Set();
    for (const id of line.taken) ids.add(id);
    taken.set(key, ids);
  }
  return [...flows]
    .map(([key, each]) => ({
      ...each,
      transitions: each.transitions.map((transition) => ({
        ...transition,
        taken: taken.get(key)?.has(transition.id) === true,
      })),
    }))
    .sort((a, b) => (a.flow < b.flow ? -1 : 1));
}

function readLines(folder: string): Line[] {
  return coverageFiles(folder).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((text) => {
        try {
          return text === '' ? [] : [JSON.parse(text) as Line];
        } catch {
          // A process that was killed while it wrote.
          return [];
        }
      }),
  );
}

/** Forgets what was collected in a folder. */
export function clearCoverage(folder: string): void {
  for (const file of coverageFiles(folder)) rmSync(file, { force: true });
}

function coverageFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^\d+\.jsonl$/.test(name));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** One flow as a line of a table. */
export interface CoverageSummary {
  readonly flow: string;
  readonly covered: number;
  readonly total: number;
  /** 0 to 100, rounded down, so that 100 is all of them. */
  readonly percent: number;
  /** Ids of the transitions that no call has taken. */
  readonly missing: readonly string[];
}

export function summarise({ flow, transitions }: FlowCoverage): CoverageSummary {
  const missing = transitions.filter(({ taken }) => !taken).map(({ id }) => id);
  const total = transitions.length;
  const covered = total - missing.length;
  const percent = total === 0 ? 100 : Math.floor((100 * covered) / total);
  return { flow, covered, total, percent, missing };
}
