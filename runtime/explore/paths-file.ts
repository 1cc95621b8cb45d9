import { format } from './source-text';
import type { CoveringCall } from './covering-calls';
import type { CallerStep } from '../simulate/port';

/** A flow with the calls that cover it. */
export interface CoveredFlow {
  readonly name: string;
  /** How the test imports it: `../flows/reception.flow`. */
  readonly module: string;
  readonly calls: readonly CoveringCall[];
  /** The flow's own actors, which do nothing in these tests but what a call says. */
  readonly actors: readonly string[];
  readonly uncovered: readonly string[];
}

/** A Jest file with these calls, to be read, kept and changed. */
export function pathsFile(flows: readonly CoveredFlow[]): string {
  const used = new Set(
    flows.flatMap(({ calls }) =>
      calls.flatMap(({ script }) => script.caller.map(({ type }) => type)),
    ),
  );
  const helpers = ['simulate', ...[...used].sort()];
  return [
    '// The calls that take every way through these flows, as `callchart check --paths` has found them.',
    '// The file is yours: change it, and run it as any test. A path that has changed is a flow that has changed.',
    `import { ${helpers.join(', ')} } from 'callchart/testing';`,
    ...flows.map(({ name, module }) => `import ${variable(name)} from ${quoted(module)};`),
    '',
    ...flows.flatMap((flow) => [describeFlow(flow), '']),
  ].join('\n');
}

function describeFlow({ name, calls, actors, uncovered }: CoveredFlow): string {
  const quiet =
    actors.length === 0
      ? []
      : [
          `  // What the flow does beside the call is not done here.`,
          `  const actors = { ${actors.map((actor) => `${memberName(actor)}: () => undefined`).join(', ')} };`,
          '',
        ];
  const missing = uncovered.map((id) => `  // Not taken by any of these calls: ${id}`);
  const tests = calls.map((call) => test(name, call, actors.length > 0));
  return [
    `describe(${quoted(name)}, () => {`,
    ...quiet,
    tests.join('\n\n'),
    ...missing,
    '});',
  ].join('\n');
}

function test(name: string, { script, path, covers }: CoveringCall, hasActors: boolean): string {
  const { caller, ...others } = script;
  const options = [
    ...Object.entries(others).map(([member, value]) => `      ${member}: ${format(value, 6)},`),
    ...(hasActors ? ['      actors,'] : []),
    ...(caller.length === 0
      ? []
      : ['      caller: [', ...caller.map((step) => `        ${stepText(step)},`), '      ],']),
  ];
  const given = options.length === 0 ? '' : `, {\n${options.join('\n')}\n    }`;
  return [
    `  it(${quoted(`takes ${shortened(covers)}`)}, async () => {`,
    `    const call = await simulate(${variable(name)}${given});`,
    `    expect(call.path).toEqual(${format(path, 4)});`,
    '  });',
  ].join('\n');
}

function shortened(covers: readonly string[]): string {
  const most = 4;
  const shown = covers.slice(0, most).join(', ');
  return covers.length > most ? `${shown} and ${covers.length - most} more` : shown;
}

function stepText(step: CallerStep): string {
  switch (step.type) {
    case 'presses':
      return `presses(${quoted(step.digits)})`;
    case 'reaches':
      return `reaches(${quoted(step.state)})`;
    case 'says':
      return `says(${quoted(step.text)})`;
    case 'waits':
      return `waits(${step.duration})`;
    case 'hears':
      return `hears(${step.prompt === undefined ? '' : format(step.prompt, 0)})`;
    default:
      return `${step.type}()`;
  }
}

/** A name for the import: `front-desk` is `frontDesk`. */
export function variable(name: string): string {
  const word = name.replace(/[^\p{L}\p{N}$_]+(.)?/gu, (_, next: string | undefined) =>
    (next ?? '').toUpperCase(),
  );
  return /^[\p{L}$_]/u.test(word) ? `${word}Flow` : `flow${word}`;
}

function memberName(name: string): string {
  return /^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  return format(text, 0);
}
