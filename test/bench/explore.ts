/**
 * What it costs to walk all that can happen in a flow, against the number of its states; and beside it the floor:
 * as many plain transitions of the same machine with XState alone.
 * `node -r ts-node/register test/bench/explore.ts`
 */
import { initialTransition, setup, transition } from 'xstate';
import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { checkFlow, sampleCall } from '../../runtime/explore/check-flow';
import { callActors } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';

/** A chain of menus: each leads on with 1, back with 2, and to the end with all else. */
function flowOf(size: number): AnyStateMachine {
  const states = Object.fromEntries(
    Array.from({ length: size - 1 }, (_, index) => {
      const next = index === size - 2 ? 'done' : `menu${index + 1}`;
      const back = `menu${Math.max(0, index - 1)}`;
      return [
        `menu${index}`,
        {
          invoke: {
            src: 'gather' as const,
            input: { prompt: 'menu', valid: ['1', '2', '3'], attempts: 2 },
            onDone: choices({ '1': next, '2': back, otherwise: 'done' }),
            onError: 'done',
          },
        },
      ];
    }),
  );
  const config = {
    id: 'bench',
    initial: 'menu0',
    states: { ...states, done: { type: 'final' as const } },
  };
  // States that are computed have no names for XState's types.
  const machine: unknown = setup({ actors: callActors }).createMachine(config as never);
  return machine as AnyStateMachine;
}

function cpu(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The same number of steps, each from a snapshot that is at hand. */
function floor(machine: AnyStateMachine, steps: number): void {
  const [begun] = initialTransition(machine, { call: sampleCall('bench') });
  const press = (digits: string): AnyEventObject => ({
    type: 'xstate.done.actor.0.bench.menu0',
    output: { type: 'digits', digits },
    actorId: '0.bench.menu0',
  });
  const event = press('1');
  for (let step = 0; step < steps; step += 1) transition(machine, begun, event);
}

function main(): void {
  const quick = process.argv.includes('--quick');
  const sizes = quick ? [10, 100] : [10, 100, 1_000];
  checkFlow({ name: 'bench', file: '/bench.flow.ts', machine: flowOf(100) });
  let last: number | undefined;
  console.log('states  snapshots   steps   CPU ms  ms/state   floor ms  × floor');
  for (const size of sizes) {
    const machine = flowOf(size);
    let steps = 0;
    let rests = 0;
    const spent = cpu(() => {
      const { exploration, findings } = checkFlow({
        name: 'bench',
        file: '/bench.flow.ts',
        machine,
      });
      if (findings.length > 0) throw new Error(findings[0]?.message);
      rests = exploration.rests.length;
      steps = exploration.rests.reduce((sum, rest) => sum + rest.steps.length, 0);
    });
    const bare = cpu(() => floor(machine, steps));
    console.log(
      [
        String(size).padStart(6),
        String(rests).padStart(10),
        String(steps).padStart(7),
        spent.toFixed(0).padStart(8),
        (spent / size).toFixed(2).padStart(9),
        bare.toFixed(0).padStart(10),
        (spent / bare).toFixed(1).padStart(8),
      ].join(' '),
    );
    last = spent;
  }
  if (!quick && last !== undefined && last > 5_000) {
    console.error('1,000 states take more than 5 s of CPU');
    process.exitCode = 1;
  }
}

main();
