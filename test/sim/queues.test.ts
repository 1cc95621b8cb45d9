import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replay } from '../../runtime/replay/replay';
import { asFlowLog } from '../../runtime/replay/stored-log';
import { Database } from '../../runtime/store/database';
import { ScenePhone, type PhoneCall } from '../call/scene-phone';
import { MemoryData } from '../support/memory-data';
import help from './flows/help.flow';
import { oneWorld } from './support/one-world';
import { serverAddress, type World } from './support/world';

const open = oneWorld();
let directory: string;
let database: Database;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-queues-'));
  database = Database.open({ directory });
});
afterAll(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

async function calls(world: World, host: string, voice: string, flow: string): Promise<PhoneCall> {
  const { clock, network, phoneMedia: engine } = world;
  const phone = await ScenePhone.open({ clock, network, engine, host, voice });
  world.onClose(() => phone.close());
  const call = await phone.dial(serverAddress, flow);
  await world.run(500);
  return call;
}

test('flows wait in a queue and serve it, are told of it, and leave numbers and logs', async () => {
  const world = await open({
    data: Object.assign(new MemoryData(), { database }),
    keepFlowLogs: true,
    config: {
      flows: {
        files: ['help', 'agent', 'greeting'].map((name) => `test/sim/flows/${name}.flow.ts`),
      },
      queues: { help: { maxSize: 3, serviceLevel: 10_000 }, vip: {} },
    },
  });
  const { server } = world;
  expect(server.queues().map(({ name, numbers }) => [name, numbers])).toEqual([
    ['help', undefined],
    ['vip', undefined],
  ]);
  const first = await calls(world, '10.1.1.1', 'caller', 'help');
  const second = await calls(world, '10.1.1.2', 'other', 'help');
  const third = await calls(world, '10.1.1.3', 'other', 'help');
  const fourth = await calls(world, '10.1.1.4', 'other', 'help');
  // It is full: the flow hangs up.
  await world.run(1_000);
  expect(fourth.end).toMatchObject({ by: 'remote' });
  expect(server.queues()[0]).toMatchObject({
    ...{ name: 'help', maxSize: 3, agents: 0, talking: 0 },
    members: [1, 2, 3].map((position) => ({ position, data: { topic: 'orders' } })),
  });
  await Promise.all([second.press('1'), world.run(500)]);
  third.hangUp();
  const agent = await calls(world, '10.1.2.1', 'callee', 'agent');
  // The greeting.
  await world.run(15_000);
  expect([first.hears, agent.hears]).toEqual([['callee'], ['caller']]);
  expect(server.queues()[0]).toMatchObject({ members: [], talking: 1, agents: 0 });
  first.hangUp();
  await world.run(1_000);
  expect(server.queues()[0]).toMatchObject({ members: [], talking: 0, agents: 1 });
  await world.run(61_000);
  expect(agent.end).toMatchObject({ by: 'remote' });
  const numbers = server.queues()[0]?.numbers;
  expect(numbers).toMatchObject({
    ...{ entered: 3, bridged: 1, inTime: 1, left: 1, hungUp: 1, timedOut: 0, full: 1 },
  });
  expect(numbers?.waited).toBe(numbers?.longest);
  expect(numbers?.talked).toBeGreaterThan(1_000);
  const paths = world.records.map(({ path }) => path.map(({ state }) => state).join(' '));
  expect(paths.sort()).toEqual([
    'serving done',
    'waiting',
    'waiting done',
    'waiting message done',
    'waiting thanks',
  ]);
  // A log runs again as it was.
  for (const line of world.flowLogs) {
    const log = asFlowLog(JSON.parse(line));
    if (log?.flow.name === 'help') expect(replay(help, log).parting).toBeUndefined();
  }
});
