/** Loads flows that change again and again, in a process with Node's own modules, and prints what it found as JSON. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { loadFlows } from '../../../runtime/flow/load';

const [, , directory = '.', rounds = '200'] = process.argv;

function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text);
}

const flow = (name: string): string => `
import { setup } from 'xstate';
import { instance, text } from './shared';
export default setup({}).createMachine({
  id: '${name}', initial: 'a', context: { instance, text }, states: { a: {} },
});`;

write('one.flow.ts', flow('one'));
write('two.flow.ts', flow('two'));
write(
  'shared.ts',
  `export { text } from './deep'; export const instance = { big: 'x'.repeat(100_000).split('') };`,
);

const context = (machine: AnyStateMachine | undefined): { instance: object; text: string } =>
  machine?.config.context as { instance: object; text: string };

function children(): number {
  return Math.max(...Object.values(require.cache).map((module) => module?.children.length ?? 0));
}

function state(): { cache: number; children: number; heap: number } {
  global.gc?.();
  return {
    cache: Object.keys(require.cache).length,
    children: children(),
    heap: process.memoryUsage().heapUsed,
  };
}

async function main(): Promise<void> {
  const versions = new Set<string>();
  let first: AnyStateMachine | undefined;
  let shared = true;
  let early: ReturnType<typeof state> | undefined;
  const times: number[] = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    write('deep.ts', `export const text: string = 'round ${round}';`);
    const begun = process.cpuUsage();
    const { flows, problems } = loadFlows(['one.flow.ts', 'two.flow.ts'], { base: directory });
    const { user, system } = process.cpuUsage(begun);
    times.push((user + system) / 1_000);
    if (problems[0] !== undefined) throw problems[0];
    const [one, two] = flows;
    first ??= one?.machine;
    for (const { version } of flows) versions.add(version);
    shared &&= context(one?.machine).instance === context(two?.machine).instance;
    shared &&= context(two?.machine).text === `round ${round}`;
    // A turn of the event loop, as between two saves: Node looks at its files again.
    await new Promise((resolve) => setImmediate(resolve));
    if (round === 20) early = state();
  }
  process.stdout.write(
    JSON.stringify({
      versions: versions.size,
      shared,
      first: context(first).text,
      ...{ early, late: state(), cpu: times.sort((a, b) => a - b)[times.length >> 1] },
    }),
  );
}

void main();
