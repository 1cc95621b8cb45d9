import { join } from 'node:path';
import ts from 'typescript';
import { assign, fromPromise, setup } from 'xstate';
import * as testing from 'callchart/testing';
import { callActors, callTypes, choices } from 'callchart';
import { settle } from '../../runtime/core/virtual-clock';
import { type FlowLog, writeFlowLog } from '../../runtime/flow/flow-log';
import type { Flow } from '../../runtime/flow/load';
import { replay } from '../../runtime/replay/replay';
import { type WrittenTest, writeTest } from '../../runtime/replay/to-test';
import { runFakeCall, type FakeRun } from '../support/run-fake-call';

const machine = setup({
  types: callTypes<{ readonly name: string }>(),
  actors: {
    ...callActors,
    lookUp: fromPromise(({ input }: { input: string }) =>
      Promise.resolve({ name: `it's ${input}` }),
    ),
    save: fromPromise(() => Promise.reject(new Error('disk full'))),
  },
}).createMachine({
  id: 'desk',
  context: { name: '' },
  initial: 'welcome',
  states: {
    welcome: {
      invoke: {
        src: 'play',
        input: { prompt: 'welcome', stopOn: true },
        onDone: 'menu',
        onError: 'menu',
      },
    },
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', valid: ['1', '2', '3'], attempts: 2 },
        onDone: choices({ '1': 'look', '2': 'dial', '3': 'message', otherwise: 'bye' }),
        onError: 'bye',
      },
      on: { 'call.held': { actions: () => undefined } },
    },
    look: {
      invoke: {
        src: 'lookUp',
        input: ({ event }) => event.type,
        onDone: { target: 'menu', actions: assign({ name: ({ event }) => event.output.name }) },
        onError: 'bye',
      },
    },
    dial: {
      invoke: {
        src: 'dial',
        input: { to: 'bob', timeout: 10_000 },
        onDone: choices({ answered: 'bye', busy: 'message', otherwise: 'menu' }),
        onError: 'bye',
      },
    },
    message: {
      invoke: {
        src: 'record',
        input: { prompt: 'leave-message', endSilence: 2_000, maxDuration: 30_000 },
        onDone: choices({ recorded: 'save', otherwise: 'bye' }),
        onError: 'bye',
      },
    },
    save: { invoke: { src: 'save', onDone: 'bye', onError: 'bye' } },
    bye: { invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});

const flow: Flow = {
  name: 'desk',
  file: join(process.cwd(), 'flows', 'desk.flow.ts'),
  version: '123456789abc',
  sources: [],
  machine,
};

async function logOf(act: (fake: FakeRun) => Promise<void>): Promise<FlowLog> {
  const logs: FlowLog[] = [];
  const fake = runFakeCall(machine, {
    log: { flow, onLog: (log) => logs.push(log) },
    dial: () => Promise.resolve({ type: 'busy' }),
  });
  await act(fake);
  await settle();
  return JSON.parse(writeFlowLog(logs[0] as FlowLog)) as FlowLog;
}

async function written(act: (fake: FakeRun) => Promise<void>): Promise<WrittenTest> {
  const log = await logOf(act);
  const again = replay(machine, log);
  expect(again.parting).toBeUndefined();
  return writeTest(flow, log, again, join('test', 'desk.test.ts'));
}

/** Runs the file as Jest would, with the flow in place of its import. */
async function run(text: string): Promise<string[]> {
  const { outputText, diagnostics } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    reportDiagnostics: true,
  });
  expect(diagnostics).toEqual([]);
  const tests: [string, () => Promise<void>][] = [];
  const modules: Readonly<Record<string, unknown>> = {
    'callchart/testing': testing,
    '../flows/desk.flow': { __esModule: true, default: machine },
  };
  const names = ['require', 'exports', 'test', 'expect'];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the text is what is tested
  new Function(...names, outputText)(
    (name: string) => modules[name],
    {},
    (name: string, body: () => Promise<void>) => tests.push([name, body]),
    expect,
  );
  for (const [, body] of tests) await body();
  return tests.map(([name]) => name);
}

describe('a call as a test', () => {
  it('repeats keys, callees, recordings, own actors and their failures, and the hang-up', async () => {
    const { text, differs } = await written(async ({ clock, call }) => {
      await clock.run(300);
      // Stops the welcome, and is the first key of the menu.
      call.press('1');
      await clock.run(2_000);
      call.press('2');
      await clock.run(2_000);
      call.recordings[0]?.finish({ type: 'silence', duration: 4_000, speech: true });
      await clock.run(100);
      call.hangUp();
    });
    expect(differs).toBeUndefined();
    expect(text).toContain("dial: [{ result: { type: 'busy' } }],");
    expect(text).toContain("() => ({ name: 'it\\'s xstate.done.actor.0.desk.menu' }),");
    expect(await run(text)).toEqual(['desk goes as in call call-1 of 2026-01-05']);
  });

  it('repeats what the caller did wrong, as often as he was asked', async () => {
    const { text, differs } = await written(async ({ clock, call }) => {
      await clock.run(1_500);
      call.press('9');
      await clock.run(3_000);
      call.press('9');
      await clock.run(60_000);
    });
    expect(differs).toBeUndefined();
    await run(text);
  });

  it('fails when the flow is changed, so that it is a test', async () => {
    const { text } = await written(async ({ clock, call }) => {
      await clock.run(1_500);
      call.press('2');
      await clock.run(2_000);
      call.hangUp();
    });
    await run(text);
    await expect(run(text.replace("'dial', ", ''))).rejects.toThrow(/toEqual/);
  });
});
