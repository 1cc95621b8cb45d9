import { EventsBench, subscriber } from '../events/support/events-bench';
import { type Outcome, Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(120_000);

const project = Project.create({
  'callchart.config.js':
    `module.exports = { data: { directory: process.env.EVENTS_DATA }, events: { subscribers: [` +
    `{ name: 'app', url: 'https://app.example/' }] } };`,
});
const bench = new EventsBench([subscriber('app')]);
const run = (...args: string[]): Promise<Outcome> => project.run(['events', ...args]);

beforeAll(async () => {
  process.env['EVENTS_DATA'] = bench.directory;
  bench.web.answer = (_, { type }) => (type === 'call.ended' ? 410 : 200);
  bench.whole('a');
  await bench.clock.run(1_000);
});

afterAll(async () => {
  delete process.env['EVENTS_DATA'];
  bench.remove();
  await project.remove();
});

it('shows events beside a running server, what was not delivered, and sends that again', async () => {
  const listed = await run('list', 'a', '--last', '2');
  expect(listed.stdout).toBe(
    [
      'number  time                 call  type',
      '3       2026-01-05 09:00:00  a     call.answered',
      '4       2026-01-05 09:00:00  a     call.ended',
      '',
    ].join('\n'),
  );
  const dead = await run('dead', '--json');
  expect(dead.status).toBe(1);
  expect(JSON.parse(dead.stdout)).toMatchObject({
    ...{ sequence: 4, subscriber: 'app', type: 'call.ended', error: 'answered 410' },
  });
  expect((await run('subscribers')).stdout).toMatch(/^app +0 +0 +1$/m);
  expect(await run('resend')).toMatchObject({ status: 2 });
  expect(await run('resend', 'a.99')).toMatchObject({ status: 1 });
  expect(await run('resend', 'a.4')).toMatchObject({ status: 0, stdout: '1 to be sent again\n' });
  bench.web.answer = () => 200;
  await bench.clock.run(6_000);
  expect(bench.web.taken('https://app.example/').at(-1)).toBe('a:call.ended');
  expect(await run('dead')).toMatchObject({ status: 0 });
});
