import type { CallRecord } from '../../runtime/call/call-record';
import { below } from '../../runtime/core/random';
import { CallchartError } from '../../runtime/core/errors';
import type { PlayItem } from '../../runtime/core/audio';
import type { CallchartConfig } from '../../runtime/core/config';
import type { ReloadReport } from '../../runtime/main';
import type { Prompt, PromptLibrary, PromptProblem } from '../../runtime/prompt/port';
import { ScenePhone } from '../call/scene-phone';
import { SimulatedPrompts } from '../sim/support/prompts';
import { CallOver, SimulatedPhone } from '../sim/support/phone';
import { World } from '../sim/support/world';
import { FlowFolder } from './support/flow-folder';

let folder: FlowFolder;
let world: World | undefined;

beforeEach(() => {
  folder = new FlowFolder();
});

afterEach(async () => {
  const last = world;
  world = undefined;
  try {
    if (last !== undefined) expect(await last.finish()).toEqual([]);
  } finally {
    folder.remove();
  }
  expect([...Prompts.open]).toEqual([]);
});

async function serve(config: CallchartConfig = {}, prompts?: PromptLibrary): Promise<World> {
  world = await World.open({
    config: { ...config, flows: { directory: folder.directory, ...config.flows } },
    parts: { requireFlow: folder.require, ...(prompts === undefined ? {} : { prompts }) },
  });
  return world;
}

/** It waits for turns of the event loop alone: no virtual time passes. */
const reload = (world: World): Promise<ReloadReport> => world.server.reload();

function version(world: World, flow = 'menu'): string {
  const found = world.server.flows.find(({ name }) => name === flow);
  if (found === undefined) throw new Error(`there is no flow ${flow}`);
  return found.version;
}

async function call(world: World, flow = 'menu'): Promise<SimulatedPhone> {
  const phone = await SimulatedPhone.open(world, { flow });
  phone.dial();
  await world.run(200);
  return phone;
}

const echo = (name: string): string =>
  `${name}: { invoke: { src: 'echo', input: { finishOn: '#' }, onDone: 'done', onError: 'done' } }`;

const pathOf = ({ path }: CallRecord): string[] => path.map(({ state }) => state);

test('fifty calls in all states during ten reloads: none is lost, each ends in the version that it began in', async () => {
  // Every state's name says which generation it is of.
  const generation = (n: number): void =>
    folder.write(
      'menu',
      `ring${n}: { invoke: { src: 'ring', input: {}, onDone: 'wait${n}', onError: 'done' } },
       wait${n}: { after: { 700: 'welcome${n}' } },
       welcome${n}: { invoke: { src: 'play', input: { prompt: 'welcome' }, onDone: 'menu${n}', onError: 'done' } },
       menu${n}: { invoke: { src: 'gather', input: { prompt: 'menu', maxDigits: 1, attempts: 2 },
         onDone: choices({ '1': 'echo${n}', '2': 'record${n}', otherwise: 'bye${n}' }), onError: 'done' } },
       ${echo(`echo${n}`)},
       record${n}: { invoke: { src: 'record', input: { maxDuration: 6_000, beep: true }, onDone: 'bye${n}', onError: 'done' } },
       bye${n}: { invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' } }`,
    );
  generation(0);
  const world = await serve();
  const random = world.random(20);
  const versions: { readonly since: number; readonly version: string; readonly n: number }[] = [];
  const note = (n: number): void => {
    versions.push({ since: world.clock.now(), version: version(world), n });
  };
  note(0);

  const caller = async (): Promise<SimulatedPhone> => {
    const phone = await SimulatedPhone.open(world, { flow: 'menu' });
    const act = async (): Promise<void> => {
      await world.after(below(random, 22_000));
      phone.dial();
      if (below(random, 8) === 0) {
        await phone.wait(below(random, 600));
        phone.hangUp();
        return;
      }
      await phone.answered();
      await phone.wait(below(random, 9_000));
      await phone.press('12'.charAt(below(random, 3)));
      await phone.wait(3_000 + below(random, 12_000));
      await phone.press('#');
      await phone.wait(8_000);
      phone.hangUp();
    };
    act().catch((error: unknown) => {
      if (!(error instanceof CallOver)) throw error;
    });
    return phone;
  };
  const phones = await Promise.all(Array.from({ length: 50 }, caller));

  for (let n = 1; n <= 10; n += 1) {
    await world.run(2_100);
    generation(n);
    const report = await reload(world);
    expect(report.problems).toEqual([]);
    expect(report.changes).toMatchObject([{ flow: 'menu', from: versions.at(-1)?.version }]);
    note(n);
    expect(world.server.open.replacedFlows).toBeGreaterThan(0);
  }
  await world.until(Promise.all(phones.map((phone) => phone.over())));

  expect(new Set(versions.map(({ version }) => version)).size).toBe(11);
  expect(world.records).toHaveLength(50);
  const states = new Set<string>();
  const generations = new Set<number>();
  for (const record of world.records) {
    const started = Date.parse(record.started);
    const newest = versions.filter(({ since }) => since <= started).at(-1);
    expect(record.flow).toEqual({ name: 'menu', version: newest?.version });
    const path = pathOf(record).filter((state) => state !== 'done');
    expect(path.filter((state) => !state.endsWith(String(newest?.n)))).toEqual([]);
    for (const state of path) states.add(state.replace(/\d+/, ''));
    generations.add(newest?.n ?? -1);
    expect(record.end.cause).toMatch(/^(?:bye|cancel)$/);
    expect(record.errors).toEqual([]);
  }
  expect([...states].sort()).toEqual([
    ...['bye', 'echo', 'menu', 'record', 'ring', 'wait', 'welcome'],
  ]);
  expect(generations.size).toBeGreaterThan(8);
  expect(world.mostCalls).toBeGreaterThan(15);
  expect(world.server.open.replacedFlows).toBe(0);
});

describe('what is wrong with a save is said, and the last good version is served', () => {
  test('a broken flow stays as it was, the others are replaced', async () => {
    folder.write('menu', echo('one'));
    folder.write('other', echo('one'));
    const world = await serve();
    const [menu, other] = [version(world), version(world, 'other')];
    folder.file('menu.flow.ts', 'export default {{;');
    folder.write('other', echo('two'));
    const report = await reload(world);
    expect(report.problems).toEqual([
      expect.stringMatching(
        /menu\.flow\.ts: the file has a syntax error: .*line 1.* Correct it\.$/,
      ),
    ]);
    expect(report.changes).toEqual([{ flow: 'other', from: other, to: version(world, 'other') }]);
    expect(version(world)).toBe(menu);

    const phone = await call(world);
    folder.write('menu', echo('three'));
    expect(await reload(world)).toMatchObject({ problems: [], changes: [{ from: menu }] });
    phone.hangUp();
    await world.run(500);
    expect(world.record(phone.callId)).toMatchObject({ flow: { version: menu } });
    expect(world.server.open.replacedFlows).toBe(0);
  });

  test('the same text again is the same version', async () => {
    folder.write('menu', echo('one'));
    const world = await serve();
    const first = version(world);
    folder.write('menu', echo('two'));
    await reload(world);
    expect(version(world)).not.toBe(first);
    folder.write('menu', echo('one'));
    expect(await reload(world)).toMatchObject({ changes: [{ to: first }] });
    expect(await reload(world)).toEqual({ changes: [], problems: [], kept: [] });
  });

  test('a flow whose file is gone is not served to new calls; the call in it goes on', async () => {
    folder.write('menu', echo('one'));
    folder.write('other', echo('one'));
    const world = await serve();
    const phone = await call(world);
    const from = version(world);
    folder.delete('menu.flow.ts');
    const report = await reload(world);
    expect(report).toMatchObject({
      changes: [{ flow: 'menu', from, to: undefined }],
      ...{ problems: [], kept: [] },
    });
    const late = await call(world);
    expect(late.end).toMatchObject({ status: 404 });
    await expect(world.server.originate({ to: 'alice', flow: 'menu' })).rejects.toMatchObject({
      code: 'CALLCHART_UNKNOWN_FLOW',
    });
    expect(phone.end).toBeUndefined();
    expect(world.server.open).toMatchObject({ calls: 1, flows: 1, replacedFlows: 1 });
    phone.hangUp();
    await world.run(500);
    expect(world.record(phone.callId)).toMatchObject({ flow: { name: 'menu', version: from } });
  });

  test('a flow that a route names is served on without its file', async () => {
    folder.write('menu', echo('one'));
    folder.write('other', echo('one'));
    const world = await serve({
      routes: [{ when: { to: '100' }, flow: 'menu' }, { flow: 'other' }],
    });
    folder.delete('menu.flow.ts');
    const { problems, changes } = await reload(world);
    expect(problems).toEqual([
      'routes[0].flow: there is no flow "menu" (there are: other). The last version of it is served on: put its file back, or restart',
    ]);
    expect(changes).toEqual([]);
    const phone = await call(world, '100');
    phone.hangUp();
    await world.run(500);
    expect(world.record(phone.callId)).toMatchObject({ flow: { name: 'menu' } });
    folder.write('menu', echo('one'));
    expect(await reload(world)).toEqual({ changes: [], problems: [], kept: [] });
  });

  test('a default flow, and the last flow of all, likewise', async () => {
    folder.write('menu', echo('one'));
    const world = await serve({ flows: { default: 'menu' } });
    folder.delete('menu.flow.ts');
    expect((await reload(world)).problems).toEqual([
      expect.stringMatching(/^flows\.default: there is no flow "menu".* is served on/),
    ]);
    folder.remove();
    expect((await reload(world)).problems).toEqual([
      expect.stringMatching(/the folder of the flows cannot be read/),
    ]);
    expect(world.server.flows.map(({ name }) => name)).toEqual(['menu']);
    folder.write('menu', echo('one'));
    expect((await reload(world)).problems).toEqual([]);
  });

  test('a new flow with the id of another is named with both files', async () => {
    folder.write('menu', echo('one'));
    const world = await serve();
    folder.write('other', echo('one'), 'menu');
    expect((await reload(world)).problems).toEqual([
      expect.stringMatching(
        /other\.flow\.ts: its machine has the id 'menu', as that of \S*menu\.flow\.ts has\. Give one/,
      ),
    ]);
    expect(world.server.flows.map(({ name }) => name)).toEqual(['menu']);
  });
});

test('reloads that are asked for at once are one after the other, and the last sees what is there', async () => {
  folder.write('menu', echo('one'));
  const world = await serve();
  folder.write('menu', echo('two'));
  const first = world.server.reload();
  folder.write('menu', echo('three'));
  const reports = await Promise.all([first, world.server.reload()]);
  expect(reports.flatMap(({ problems }) => problems)).toEqual([]);
  const phone = await call(world);
  phone.hangUp();
  await world.run(500);
  expect(pathOf(world.record(phone.callId))[0]).toBe('three');
});

/** Prompts of one generation: each name with how loud it is, which nobody hears here. */
class Prompts implements PromptLibrary {
  static readonly open = new Set<Prompts>();
  readonly names: readonly string[];
  readonly played: string[] = [];
  private readonly shipped = new SimulatedPrompts();

  constructor(private readonly next: () => readonly string[] | Error) {
    const names = next();
    if (names instanceof Error) throw names;
    this.names = names;
    Prompts.open.add(this);
  }

  check(prompt: Prompt): PromptProblem[] {
    if (typeof prompt !== 'string' || [...this.names, 'apology'].includes(prompt)) return [];
    return [{ prompt, message: `There is no prompt "${prompt}".` }];
  }

  async resolve(prompt: Prompt): Promise<PlayItem[]> {
    if (!Prompts.open.has(this)) throw new CallchartError('CALLCHART_VOICE_FAILED', 'closed');
    if (typeof prompt === 'string') this.played.push(prompt);
    return this.shipped.resolve(typeof prompt === 'string' ? 'welcome' : prompt);
  }

  renew(): Promise<PromptLibrary> {
    return Promise.resolve().then(() => new Prompts(this.next));
  }

  close(): Promise<void> {
    Prompts.open.delete(this);
    return Promise.resolve();
  }
}

describe('prompts', () => {
  const playing = (first: string, then: string): string =>
    `one: { invoke: { src: 'play', input: { prompt: '${first}' }, onDone: 'two', onError: 'done' } },
     two: { invoke: { src: 'gather', input: { maxDigits: 1, firstDigitTimeout: 60_000 }, onDone: 'three', onError: 'done' } },
     three: { invoke: { src: 'play', input: { prompt: '${then}' }, onDone: 'done', onError: 'done' } }`;

  let names: readonly string[] | Error;

  test('a call goes on with those that it began with; they are closed when it is over', async () => {
    names = ['a', 'b'];
    folder.write('menu', playing('a', 'b'));
    const world = await serve({}, new Prompts(() => names));
    const phone = await call(world);
    await world.run(3_000);
    names = ['c', 'd'];
    folder.write('menu', playing('c', 'd'));
    expect((await reload(world)).problems).toEqual([]);
    const [old, current] = [...Prompts.open];
    await world.until(phone.press('1'));
    await world.until(phone.over());
    await world.run(100);
    expect(old?.played).toEqual(['a', 'b']);
    expect([...Prompts.open]).toEqual([current]);
    const next = await call(world);
    await world.run(3_000);
    await world.until(next.press('1'));
    await world.until(next.over());
    expect(current?.played).toEqual(['c', 'd']);
  });

  test('with something wrong in a manifest the old ones are served on, flows are replaced', async () => {
    names = ['a', 'b'];
    folder.write('menu', playing('a', 'b'));
    const world = await serve({}, new Prompts(() => names));
    names = new Error('prompts/en.yaml, line 3: "welcome" is there twice. Delete one of them.');
    folder.write('menu', playing('b', 'a'));
    const { problems, changes } = await reload(world);
    expect(problems).toEqual([names.message]);
    expect(changes).toHaveLength(1);
    expect(Prompts.open.size).toBe(1);
  });

  test('a flow that names one that is gone stays as it was, with the prompts that it had', async () => {
    names = ['a', 'b'];
    folder.write('menu', playing('a', 'b'));
    const world = await serve({}, new Prompts(() => names));
    names = ['a'];
    expect((await reload(world)).problems).toEqual([
      expect.stringMatching(/menu\.flow\.ts, state 'three': .*no prompt "b"/),
    ]);
    const [old] = [...Prompts.open];
    const phone = await call(world);
    await world.run(3_000);
    await world.until(phone.press('1'));
    await world.until(phone.over());
    expect(old?.played).toEqual(['a', 'b']);
    expect(Prompts.open.size).toBe(2);
    names = ['a', 'b'];
    expect((await reload(world)).problems).toEqual([]);
    expect(Prompts.open.size).toBe(1);
  });

  test('a gateway call has the music on hold that it began with, and keeps no prompts when it is over', async () => {
    names = ['a', 'b'];
    folder.write('menu', playing('a', 'b'));
    const world = await serve(
      {
        media: { holdMusic: 'a' },
        routes: [{ gateway: 'sip:bob@10.1.9.9', allow: 'anyone' }],
        outbound: { hosts: ['10.1.9.9'] },
      },
      new Prompts(() => names),
    );
    const { clock, network, phoneMedia: engine } = world;
    const bob = await ScenePhone.open({ clock, network, engine, host: '10.1.9.9', voice: 'bob' });
    world.onClose(() => bob.close());
    const alice = await call(world, 'anybody');
    bob.call.answer();
    await world.run(1_000);
    expect(alice.establishedAt).toBeDefined();
    expect((await reload(world)).problems).toEqual([]);
    const [old, current] = [...Prompts.open];
    expect(world.server.open.replacedFlows).toBe(1);
    void bob.call.reoffer('sendonly');
    alice.hear();
    await world.run(2_000);
    expect(old?.played).toEqual(['a']);
    expect(alice.loudFrames).toBeGreaterThan(50);
    alice.hangUp();
    await world.run(1_000);
    expect([...Prompts.open]).toEqual([current]);
    expect(world.server.open.replacedFlows).toBe(0);
  });
});
