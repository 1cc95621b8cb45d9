import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { fromPromise } from 'xstate';
import { type ResolvedConfig, resolveConfig } from '../../runtime/config/resolve';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { createPromptLibrary } from '../../runtime/prompt/library';
import type { PromptLibrary } from '../../runtime/prompt/port';
import { createVoice } from '../../runtime/prompt/tts/create-voice';
import { createOutboundGuard } from '../../runtime/routing/outbound-guard';
import type { Caller, RouteDecision } from '../../runtime/routing/port';
import { createRouter } from '../../runtime/routing/router';
import { parseUri } from '../../runtime/sip/message/uri';
import { expectOver, runFakeCall } from '../support/run-fake-call';
import { type Example, loadExample, root, writeExamples } from './support/pages';

const examples = writeExamples('examples');
const flows = examples.filter(({ kind }) => kind === 'flow');
const label = ({ page, file }: Example): string => `${page}: ${relative(root, file)}`;

function flowOf(page: string, name: string) {
  const example = flows.find((one) => one.page === page && one.file.endsWith(`/${name}.flow.ts`));
  if (example === undefined) throw new Error(`${page} has no flow ${name}`);
  return loadExample(example).machine;
}

describe('the TypeScript of the pages', () => {
  let prompts: PromptLibrary;

  beforeAll(async () => {
    const clock = new RealClock();
    prompts = await createPromptLibrary({
      directories: [join(root, 'prompts')],
      voice: createVoice(undefined, { clock, logger: silentLogger }),
      clock,
    });
  });
  afterAll(() => prompts.close());

  it('is there: the README and the guide have flows', () => {
    expect(new Set(flows.map(({ page }) => page))).toEqual(
      new Set([
        'README.md',
        'docs/codecs.md',
        'docs/conferences.md',
        'docs/data.md',
        'docs/digits.md',
        'docs/documents.md',
        'docs/flows.md',
        'docs/gather.md',
        'docs/opening-hours.md',
        'docs/phrases.md',
        'docs/prompts.md',
        'docs/queues.md',
        'docs/recording.md',
        'docs/speech.md',
        'docs/stream.md',
        'docs/testing.md',
        'docs/voices.md',
        'docs/webhooks.md',
      ]),
    );
  });

  it('compiles as strictly as the product does', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) =>
      readFileSync(file, 'utf8'),
    ) as { config: unknown };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const program = ts.createProgram(
      examples.map(({ file }) => file),
      { ...options, incremental: false, composite: false },
    );
    const wrong = examples.flatMap(({ file }) => {
      const source = program.getSourceFile(file);
      return ts
        .getPreEmitDiagnostics(program, source)
        .map(
          ({ messageText }) =>
            `${relative(root, file)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
        );
    });
    expect(wrong).toEqual([]);
  }, 120_000);

  it.each(flows.map((example) => [label(example), example] as const))(
    'is a flow that is served with the prompts that ship (%s)',
    (_, example) => {
      expect(loadExample(example, { prompts }).machine.id).toBe(
        /([\w-]+)\.flow\.ts$/.exec(example.file)?.[1],
      );
    },
  );

  it('is a configuration that is taken, wherever it shows one', () => {
    const configs = examples.filter(({ kind }) => kind === 'config');
    expect(configs.length).toBeGreaterThan(0);
    for (const { file } of configs) {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
      const { default: config } = require(file) as { default: unknown };
      const environment = { CALLCHART_TRUNK_CARRIER_PASSWORD: 'secret' };
      const origin = { source: file, directory: root, environment };
      expect(() => resolveConfig(config, origin)).not.toThrow();
    }
  });

  it('imports nothing but the package, xstate, Node itself, and what a page is about', () => {
    const strange = examples.flatMap(({ file }) =>
      ts
        .preProcessFile(readFileSync(file, 'utf8'), true, true)
        .importedFiles.map(({ fileName }) => fileName)
        .filter(
          (name) =>
            !/^(?:callchart(?:\/client|\/testing(?:\/matchers)?)?|xstate|libsql|zod|twilio|node:.*|\.\/(?:hotline|desk|delivery|shop)\.flow|\.\/config-\d+)$/.test(
              name,
            ),
        ),
    );
    expect(strange).toEqual([]);
  });
});

describe('the flow of the README', () => {
  const begin = () => runFakeCall(flowOf('README.md', 'hotline'));

  it('transfers with 1', async () => {
    const run = begin();
    await run.clock.run(500);
    run.call.press('1');
    await run.clock.run(1_000);
    expect(run.path).toEqual(['menu', 'sales', 'done']);
    expect(run.call.log).toContain('transfer sip:sales@pbx.example 20000');
    expectOver(run);
  });

  it('takes a message with 2, and when sales is busy', async () => {
    const run = begin();
    run.call.transferring = () =>
      Promise.resolve({ type: 'failed', status: 486, reason: 'Busy Here' });
    await run.clock.run(500);
    run.call.press('1');
    await run.clock.run(130_000);
    expect(run.path).toEqual(['menu', 'sales', 'message', 'bye', 'done']);
    expectOver(run);

    const other = begin();
    await other.clock.run(500);
    other.call.press('2');
    await other.clock.run(130_000);
    expect(other.path).toEqual(['menu', 'message', 'bye', 'done']);
    expectOver(other);
  });

  it('says goodbye after three attempts without a key', async () => {
    const run = begin();
    await run.clock.run(3 * (1_000 + 5_000) + 1_000);
    expect(run.path).toEqual(['menu', 'bye', 'done']);
    expectOver(run);
  });
});

describe('the routes of the README', () => {
  const configOf = (): ResolvedConfig => {
    const [, last] = examples.filter(({ page, kind }) => page === 'README.md' && kind === 'config');
    if (last === undefined) throw new Error('README.md shows no routes');
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
    const { default: config } = require(last.file) as { default: unknown };
    const environment = { CALLCHART_TRUNK_CARRIER_PASSWORD: 'secret' };
    return resolveConfig(config, { source: last.file, directory: root, environment });
  };
  const alice: Caller = { type: 'user', username: 'alice', aor: 'sip:alice@callchart' };
  const carrier: Caller = { type: 'trunk', name: 'carrier' };
  const decide = (dialled: string, caller: Caller, hour = 12): RouteDecision => {
    const uri = parseUri(`sip:${dialled}@127.0.0.1`);
    return createRouter({
      routes: configOf().routes,
      isFlow: () => true,
      isUser: () => true,
      hasUsers: () => true,
    }).decide({
      ...{ method: 'INVITE', requestUri: uri, to: uri, from: uri, fromDisplayName: '', caller },
      ...{ header: () => [], time: new Date(2026, 0, 5, hour).getTime() },
      ...{ registered: true, local: true },
    });
  };

  it.each([
    ['4930123456', carrier, 12, 'hotline'],
    ['+4930123456', carrier, 20, 'hotline'],
    ['99', carrier, 20, 'night'],
    ['99', carrier, 12, undefined],
    ['107', alice, 12, 'colleagues'],
    ['030987654', alice, 12, 'outside'],
    ['42', alice, 12, 'moved'],
  ] as const)('give %s of %j at %i o’clock to %s', (dialled, caller, hour, route) => {
    expect(decide(dialled, caller, hour).route).toBe(route);
  });

  it('call out by numbers that the guard lets through', () => {
    const { action } = decide('030987654', alice);
    expect(action).toMatchObject({ type: 'gateway', to: ['+4930987654'], trunk: 'carrier' });
    const guard = createOutboundGuard({
      ...{ limits: configOf().outbound, clock: new VirtualClock(), logger: silentLogger },
    });
    const verdict = guard.number('+4930987654', 'user:alice');
    expect(verdict.type).toBe('allowed');
    expect(guard.number('+33987654', 'user:alice').type).toBe('refused');
    guard.close();
  });
});

describe('the flows of docs/flows.md', () => {
  it('hotline says the time and asks again', async () => {
    const run = runFakeCall(flowOf('docs/flows.md', 'hotline'));
    await run.clock.run(500);
    run.call.press('1');
    await run.clock.run(1_500);
    expect(run.path).toEqual(['menu', 'time', 'menu']);
    expect(run.call.log.some((line) => line.startsWith('play It is+'))).toBe(true);
    run.call.hangUp();
    await run.clock.run(0);
    expectOver(run);
  });

  it('pin asks again after a wrong entry, reads the PIN back and keeps it out of the record', async () => {
    const run = runFakeCall(flowOf('docs/flows.md', 'pin'));
    await run.clock.run(500);
    run.call.press('12#');
    await run.clock.run(500);
    run.call.press('1234');
    await run.clock.run(2_000);
    expect(run.path).toEqual(['ask', 'say', 'done']);
    expect(run.call.log).toContain('play digits:1234');
    expect(JSON.stringify(run.call.notes)).not.toContain('12');
    expectOver(run);
  });

  it('reading begins anew with the star key, and after a hold', async () => {
    const run = runFakeCall(flowOf('docs/flows.md', 'reading'));
    const text = 'This is a long text. Press star to hear it again.';
    await run.clock.run(500);
    run.call.press('*');
    await run.clock.run(500);
    run.call.emit({ type: 'call.held' });
    await run.clock.run(5_000);
    run.call.emit({ type: 'call.resumed' });
    await run.clock.run(1_000);
    expect(run.call.log.filter((line) => line === `play ${text}`)).toHaveLength(3);
    expect(run.path).toEqual(['text', 'held', 'text', 'done']);
    expectOver(run);
  });

  it('orders asks a service, tells its answer, and writes it down', async () => {
    const machine = flowOf('docs/flows.md', 'orders');
    const written: unknown[] = [];
    const run = runFakeCall(
      machine.provide({
        actors: {
          lookUp: fromPromise<string, string>(({ input }) => Promise.resolve(`${input} sent`)),
          write: fromPromise<number, unknown>(({ input }) => {
            return Promise.resolve(written.push(input));
          }),
        },
      } as Parameters<typeof machine.provide>[0]),
    );
    await run.clock.run(500);
    run.call.press('77#');
    await run.clock.run(2_000);
    expect(run.path).toEqual(['ask', 'lookUp', 'say', 'write', 'done']);
    expect(run.call.log).toContain('play The order is 77 sent.');
    expect(written).toEqual([{ number: '77', state: '77 sent' }]);
    expectOver(run);
  });
});

describe('the flows of docs/recording.md', () => {
  it('mailbox asks again when nobody speaks, and thanks for a message', async () => {
    const run = runFakeCall(flowOf('docs/recording.md', 'mailbox'));
    await run.clock.run(1_000);
    run.call.recordings[0]?.finish({ type: 'silence', speech: false });
    await run.clock.run(2_000);
    run.call.press('*');
    expect(run.call.recordings[1]?.paused).toBe(true);
    run.call.press('*');
    run.call.recordings[1]?.finish({ type: 'finishOn', digit: '#' });
    await run.clock.run(1_000);
    expect(run.path).toEqual(['message', 'thanks', 'done']);
    expect(run.removed).toEqual(['/recordings/1.opus']);
    expect(run.call.log).toContain(
      'record - max 120000 silence 4000 finish # beep ogg-opus trim 300',
    );
    expectOver(run);
  });

  it('order keeps the number of the card out of its recording', async () => {
    const run = runFakeCall(flowOf('docs/recording.md', 'order'), {
      dial: (_options, _signal, call) =>
        new Promise((resolve) => {
          call.onEnd(() =>
            resolve({ type: 'answered', target: 'agent', talkTime: 5_000, endedBy: 'caller' }),
          );
        }),
    });
    await run.clock.run(1_500);
    const [recording] = run.call.recordings;
    expect(recording?.paused).toBe(true);
    run.call.press('4111111111111111#');
    await run.clock.run(500);
    expect(recording?.paused).toBe(false);
    await run.clock.run(3_000);
    run.call.hangUp();
    await run.clock.run(100);
    await expect(recording?.done).resolves.toMatchObject({
      path: '/recordings/1.opus',
      duration: 5_000,
      pauses: [{ at: 1_000, duration: 500 }],
    });
    expectOver(run);
  });
});

describe.each(['README.md', 'docs/flows.md'])('the test that %s shows', (shown) => {
  const [example] = examples.filter(({ kind, page }) => kind === 'test' && page === shown);
  if (example === undefined) throw new Error(`${shown} shows no test`);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
  require(example.file);
});
