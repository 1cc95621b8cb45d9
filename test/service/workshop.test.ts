import { settle, VirtualClock } from '../../runtime/core/virtual-clock';
import { createMachine } from 'xstate';
import type { Flow } from '../../runtime/flow/load';
import type { ReloadReport } from '../../runtime/main';
import { Workshop } from '../../runtime/service/workshop';

const machine = createMachine({});

function flow(name: string, version: string): Flow {
  const file = `/flows/${name}.flow.ts`;
  return { name, version, machine, file, sources: [file, '/flows/shared.ts'] };
}

/** A server that finds what a test has put there. */
class Scene {
  readonly clock = new VirtualClock();
  readonly lines: string[] = [];
  /** When the server has read, in milliseconds since the beginning. */
  readonly reads: number[] = [];
  flows: readonly Flow[] = [flow('menu', 'aaaa11112222'), flow('other', 'bbbb11112222')];
  /** The version of the menu; undefined while its file is broken. */
  saved: string | undefined = 'aaaa11112222';
  private readonly started = this.clock.now();
  readonly workshop = new Workshop({
    clock: this.clock,
    server: this,
    say: (line) => this.lines.push(line),
    complain: (lines) => this.lines.push(...lines.map((line) => `! ${line}`)),
    onTaken: () => undefined,
  });

  reload(): Promise<ReloadReport> {
    this.reads.push(this.clock.now() - this.started);
    const [before] = this.flows;
    if (this.saved === undefined) {
      const problems = ['flows/menu.flow.ts: the file has no default export. Write one.'];
      return Promise.resolve({ changes: [], problems, kept: ['menu'] });
    }
    const [from, to] = [before?.version, this.saved];
    this.flows = [flow('menu', to), ...this.flows.slice(1)];
    const changes = from === to ? [] : [{ flow: 'menu', from, to }];
    return Promise.resolve({ changes, problems: [], kept: [] });
  }

  async save(version: string | undefined, path = '/flows/menu.flow.ts'): Promise<void> {
    this.saved = version;
    this.workshop.changed(path);
    await settle();
  }
}

test('a save is one line: which flow, from which version to which, and why', async () => {
  const scene = new Scene();
  await scene.save('cccc11112222');
  await scene.clock.run(1_000);
  expect(scene.lines).toEqual(['menu aaaa… → cccc… (menu.flow.ts)']);
  expect(scene.reads).toHaveLength(1);
  expect(scene.reads[0]).toBeLessThan(100);
});

test('several files at once are one reload, and name those that the flow is made of', async () => {
  const scene = new Scene();
  await scene.save('cccc11112222');
  await scene.clock.run(20);
  await scene.save('cccc11112222', '/flows/shared.ts');
  await scene.save('cccc11112222', '/flows/else.ts');
  await scene.clock.run(1_000);
  expect(scene.reads).toHaveLength(1);
  expect(scene.lines).toEqual(['menu aaaa… → cccc… (menu.flow.ts, shared.ts)']);
});

test('a file that is emptied and whole 50 ms later is never read empty', async () => {
  const scene = new Scene();
  await scene.save(undefined);
  await scene.clock.run(50);
  await scene.save('cccc11112222');
  await scene.clock.run(1_000);
  expect(scene.reads).toHaveLength(1);
  expect(scene.lines).toEqual(['menu aaaa… → cccc… (menu.flow.ts)']);
});

test('one that takes longer to be whole is not called broken', async () => {
  const scene = new Scene();
  await scene.save(undefined);
  await scene.clock.run(150);
  expect(scene.reads).toHaveLength(1);
  await scene.save('cccc11112222');
  await scene.clock.run(1_000);
  expect(scene.lines).toEqual(['menu aaaa… → cccc… (menu.flow.ts)']);
});

test('one that stays broken is, with the version that is served on, and so is its mending', async () => {
  const scene = new Scene();
  await scene.save(undefined);
  await scene.clock.run(1_000);
  expect(scene.lines.splice(0)).toEqual([
    '! flows/menu.flow.ts: the file has no default export. Write one.',
    '! menu stays aaaa…',
  ]);
  await scene.save('aaaa11112222');
  await scene.clock.run(1_000);
  expect(scene.lines).toEqual(['nothing is wrong: menu aaaa…, other bbbb…']);
});

test('a file that changes all the time is read every second', async () => {
  const scene = new Scene();
  for (let at = 0; at < 3_000; at += 20) {
    await scene.save(`cccc1111${1_000 + at}`);
    await scene.clock.run(20);
  }
  expect(scene.reads.length).toBeGreaterThanOrEqual(2);
  expect(scene.reads.length).toBeLessThanOrEqual(4);
  scene.workshop.close();
  expect(scene.clock.pending).toBe(0);
});
