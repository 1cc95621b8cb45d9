import { dirname, relative, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Flow } from '../flow/load';
import type { FlowLog } from '../flow/flow-log';
import type { CallerStep } from '../simulate/port';
import { simulate } from '../simulate/simulate';
import type { Replay } from './replay';
import { type ActorTurn, type CallScript, scriptOf } from './to-script';

/** A call as a test of its flow. */
export interface WrittenTest {
  readonly text: string;
  /** Why the simulator goes another way with it than the call did; undefined when it does not. */
  readonly differs: string | undefined;
}

/** Writes a call as a Jest file, and runs it once to see whether it repeats the call. */
export async function writeTest(
  flow: Flow,
  log: FlowLog,
  again: Replay,
  file: string,
): Promise<WrittenTest> {
  const script = scriptOf(log, again);
  return { text: testText(flow, log, script, file), differs: await difference(flow, script) };
}

async function difference(
  { machine }: Flow,
  { options, actors, path }: CallScript,
): Promise<string | undefined> {
  const fakes = Object.fromEntries(
    Object.entries(actors).map(([name, turns]) => [name, inTurn(turns)]),
  );
  try {
    const call = await simulate(machine, { ...options, actors: fakes });
    if (isDeepStrictEqual(call.path, path)) return undefined;
    return `the simulator goes ${call.path.join(' > ')}, and the call went ${path.join(' > ')}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function inTurn(turns: readonly ActorTurn[]): () => unknown {
  const left = [...turns];
  return () => {
    const turn = left.length > 1 ? left.shift() : left[0];
    if (turn !== undefined && 'error' in turn) throw new Error(turn.error);
    return turn?.output;
  };
}

function testText(flow: Flow, log: FlowLog, script: CallScript, file: string): string {
  const { caller = [], ...options } = script.options;
  const steps = caller.map(stepText);
  const used = [...new Set(caller.map(({ type }) => type))].sort();
  const actors = Object.entries(script.actors);
  const members = [
    ...(steps.length === 0
      ? []
      : [
          `caller: [\n${indent(
            steps.map((each) => `${each},`),
            2,
          )}\n],`,
        ]),
    ...Object.entries(options).map(([name, value]) => `${name}: ${literal(value)},`),
    ...(actors.length === 0
      ? []
      : [
          `actors: {\n${indent(
            actors.map(([name, turns]) => actorText(name, turns)),
            2,
          )}\n},`,
        ]),
  ];
  const day = new Date(log.started).toISOString().slice(0, 10);
  return [
    `import { ${['simulate', ...used].sort().join(', ')} } from 'callchart/testing';`,
    `import flow from '${importPath(file, flow.file)}';`,
    '',
    ...(actors.length === 0 ? [] : [helper, '']),
    `test('${flow.name} goes as in call ${log.call} of ${day}', async () => {`,
    '  const call = await simulate(flow, {',
    indent(members, 4),
    '  });',
    `  expect(call.path).toEqual(${literal(script.path)});`,
    `  expect(call.result.type).toBe(${literal(log.result.type)});`,
    '});',
    '',
  ].join('\n');
}

const helper = `/** What an actor gave, turn by turn. */
function inTurn(...turns: readonly (() => unknown)[]): () => unknown {
  const left = [...turns];
  return () => (left.length > 1 ? left.shift() : left[0])?.();
}`;

function actorText(name: string, turns: readonly ActorTurn[]): string {
  const texts = turns.map((turn) =>
    'error' in turn
      ? `() => {\n  throw new Error(${literal(turn.error)});\n}`
      : `() => (${literal(turn.output)})`,
  );
  return `${/^\w+$/.test(name) ? name : literal(name)}: inTurn(\n${indent(
    texts.map((each) => `${each},`),
    2,
  )}\n),`;
}

function stepText(step: CallerStep): string {
  switch (step.type) {
    case 'presses':
      return `presses(${literal(step.digits)})`;
    case 'says':
      return `says(${literal(step.text)}, ${step.duration ?? 2_000})`;
    case 'waits':
      return `waits(${step.duration})`;
    case 'reaches':
      return `reaches(${literal(step.state)}${timeout(step)})`;
    case 'hears':
      return `hears(${step.prompt === undefined ? '' : literal(step.prompt)}${timeout(step)})`;
    case 'holds':
    case 'resumes':
    case 'hangsUp':
      return `${step.type}()`;
  }
}

function timeout({ timeout: limit }: { readonly timeout?: number }): string {
  return limit === undefined ? '' : `, { timeout: ${limit} }`;
}

/** Plain data as TypeScript, as formatters write it but for the length of lines. */
function literal(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'string') {
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(
      ([name, member]) =>
        `${/^[a-zA-Z_]\w*$/.test(name) ? name : literal(name)}: ${literal(member)}`,
    );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function indent(lines: readonly string[], by: number): string {
  return lines
    .flatMap((each) => each.split('\n'))
    .map((line) => `${' '.repeat(by)}${line}`)
    .join('\n');
}

function importPath(file: string, flow: string): string {
  const path = relative(dirname(resolve(file)), flow)
    .split(sep)
    .join('/')
    .replace(/\.[cm]?[jt]s$/, '');
  return path.startsWith('.') ? path : `./${path}`;
}
