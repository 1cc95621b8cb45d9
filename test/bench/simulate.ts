/**
 * What a simulated call costs: reception and voicemail as a test calls them, and a call of ten minutes. Beside each
 * the floor: the same machine created, started and stopped on XState alone, with actors that do nothing.
 * `node -r ts-node/register test/bench/simulate.ts [--quick]`
 */
import { createActor, fromPromise, setup, type AnyStateMachine } from 'xstate';
import reception from '../../flows/reception.flow';
import voicemail from '../../flows/voicemail.flow';
import { callActors } from '../../runtime/flow/actors';
import { hangsUp, hears, presses, says, simulate, waits } from '../../runtime/testing';
import type { SimulateOptions } from '../../runtime/testing';

const tenMinutes = setup({ actors: callActors }).createMachine({
  id: 'ten-minutes',
  initial: 'welcome',
  states: {
    welcome: { invoke: { src: 'play', input: { prompt: 'echo-welcome' }, onDone: 'echo' } },
    echo: { invoke: { src: 'echo', onDone: 'done' } },
    done: { type: 'final' },
  },
});

interface Case {
  readonly name: string;
  readonly flow: AnyStateMachine;
  readonly options: SimulateOptions;
}

const cases: readonly Case[] = [
  {
    name: 'reception: the opening hours, then a message',
    flow: reception,
    options: {
      caller: [
        hears('menu'),
        presses('1'),
        hears('opening-hours'),
        hears('menu'),
        presses('2'),
        hears('leave-message'),
        hears({ tone: 'beep' }),
        says('Please call me back.'),
        presses('#'),
        hears('goodbye'),
      ],
    },
  },
  {
    name: 'voicemail: a message, heard again and discarded',
    flow: voicemail,
    options: {
      actors: { remove: () => undefined },
      caller: [
        hears({ tone: 'beep' }),
        says('It is me.', 3_000),
        hears('voicemail-review'),
        presses('1'),
        hears('your-message'),
        hears('voicemail-review'),
        presses('4'),
      ],
    },
  },
  {
    name: 'ten minutes of echo, spoken to',
    flow: tenMinutes,
    options: {
      limit: 700_000,
      caller: [
        hears('echo-welcome'),
        ...Array.from({ length: 240 }, () => [says('Hello.', 1_000), waits(1_500)]).flat(),
        hangsUp(),
      ],
    },
  },
];

const quick = process.argv.includes('--quick');
const least = quick ? 300 : 3_000;

/** CPU microseconds of one, over at least `least` ms of CPU. */
async function cost(
  one: () => unknown,
): Promise<{ readonly micros: number; readonly wall: number }> {
  // Until it is compiled.
  for (let index = 0; index < 400; index += 1) await one();
  const from = process.cpuUsage();
  const begun = performance.now();
  let count = 0;
  let used = 0;
  do {
    for (let index = 0; index < 20; index += 1) await one();
    count += 20;
    const { user, system } = process.cpuUsage(from);
    used = user + system;
  } while (used < least * 1_000);
  return { micros: used / count, wall: ((performance.now() - begun) * 1_000) / count };
}

function floor(flow: AnyStateMachine): () => void {
  const idle = fromPromise(() => new Promise<never>(() => undefined));
  const names = Object.keys(flow.implementations.actors);
  const machine = flow.provide({ actors: Object.fromEntries(names.map((name) => [name, idle])) });
  const input = { call: { id: '1', from: { uri: '' }, started: 0 } };
  return () => createActor(machine, { input }).start().stop();
}

async function main(): Promise<void> {
  for (const { name, flow, options } of cases) {
    const call = await cost(() => simulate(flow, options));
    const bare = await cost(floor(flow));
    const { duration, path } = await simulate(flow, options);
    console.log(name);
    console.log(
      `  ${Math.round(1e6 / call.micros)} calls/s of CPU, ${call.micros.toFixed(0)} µs CPU a call (${call.wall.toFixed(0)} µs by the clock); ${(duration / 1_000).toFixed(1)} s of call, ${path.length} states`,
    );
    console.log(
      `  floor ${bare.micros.toFixed(0)} µs: ${(call.micros / bare.micros).toFixed(1)} times`,
    );
  }
}

void main();
