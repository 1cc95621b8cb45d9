import { flow, Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(120_000);

const answer = flow(`first: { invoke: { src: 'answer', onDone: 'done', onError: 'done' } },`);

const config = `
import { defineConfig } from 'callchart';

export default defineConfig({
  registrar: { domains: ['example.com'] },
  trunks: { carrier: { servers: 'sip:carrier.example' } },
  routes: [
    { name: 'phones', when: { method: 'REGISTER' }, register: true },
    { name: 'night', when: { trunk: 'carrier', time: { from: '18:00', until: '08:00' } }, flow: 'night' },
    { name: 'desk', when: { dialled: '1##', registered: true }, proxy: true },
    { name: 'out', when: { dialled: '0*', user: true }, gateway: { to: '+49$1', trunk: 'carrier' } },
    { when: { header: { 'X-Test': /on|yes/ } }, reject: { status: 486, reason: 'Testing' } },
  ],
});
`;

let project: Project;

beforeAll(() => {
  project = Project.create({
    'callchart.config.ts': config,
    'flows/night.flow.ts': answer,
    'other.config.ts': config.replace("flow: 'night'", "flow: 'nihgt'"),
    'none.config.ts': 'export default {};',
  });
});

afterAll(() => project.remove());

describe('callchart routes', () => {
  test('says which route matches, and why those before do not', async () => {
    const { status, stdout } = await project.run([
      'routes',
      'sip:030123@example.com',
      '--user',
      'alice',
      '--at',
      '2026-01-05T10:00',
    ]);
    expect(stdout).toBe(
      `route   because
phones  the method INVITE is not REGISTER
night   it is mon 10:00, not 18:00–08:00
desk    dialled "030123" does not fit "1##"
out     matches

INVITE sip:030123@example.com: out, gateway to +4930123 by the trunk carrier
`,
    );
    expect(status).toBe(0);
  });

  test('says so when none does, and ends with 1', async () => {
    const { status, stdout } = await project.run([
      'routes',
      'sip:999@example.com',
      '--user',
      'bob',
    ]);
    expect(stdout).toContain('INVITE sip:999@example.com: 404, no route matches');
    expect(status).toBe(1);
  });

  test('says who would have to prove who they are', async () => {
    const { status, stdout } = await project.run([
      'routes',
      'sip:100@example.com',
      '--from',
      'alice',
      '--registered',
    ]);
    expect(stdout).toContain('the caller is asked for a password (401 or 407), for desk');
    expect(status).toBe(1);
  });

  test('takes a trunk, a time and headers; and prints JSON', async () => {
    const night = await project.run([
      'routes',
      'sip:5@example.com',
      '--trunk',
      'carrier',
      '--at',
      '2026-01-05T19:00',
      '--json',
    ]);
    expect(JSON.parse(night.stdout)).toMatchObject({
      type: 'matched',
      route: 'night',
      action: { type: 'flow', flow: 'night' },
    });
    const header = await project.run(['routes', 'sip:5@example.com', '--header', 'X-Test: yes']);
    expect(header.stdout).toContain('routes[4], reject 486 Testing');
  });

  test('lists the routes without a URI', async () => {
    const { status, stdout } = await project.run(['routes']);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'route      when                                                  allow   action',
      'phones     method REGISTER                                       anyone  register',
      'night      trunk carrier, time {"from":"18:00","until":"08:00"}  anyone  flow night',
    ]);
    expect(status).toBe(0);
  });

  test('lists those that stand in where none are configured', async () => {
    const { stdout } = await project.run(['routes', '--config', 'none.config.ts']);
    expect(stdout).toContain('no routes are configured: these stand in');
    expect(stdout).toContain('default: user of that name');
  });

  test('refuses routes that the server would refuse', async () => {
    const { status, stderr } = await project.run(['routes', '--config', 'other.config.ts']);
    expect(stderr).toBe(
      'callchart: other.config.ts: routes[1].flow: there is no flow "nihgt"; did you mean night? (there are: night)\n',
    );
    expect(status).toBe(1);
  });

  test.each([
    [['--trunk', 'carier'], '--trunk carier: there is no such trunk: did you mean carrier?'],
    [['--at', 'noon'], '--at noon: must be a time, such as 2026-01-05T10:00'],
    [['--header', 'X'], '--header X: must be "Name: value"'],
    [
      ['--trunk', 'carrier', '--user', 'bob'],
      'a request comes by a --trunk or from a --user, never both',
    ],
  ])('%j is wrong usage', async (args, message) => {
    const { status, stderr } = await project.run(['routes', 'sip:1@example.com', ...args]);
    expect(stderr).toBe(`callchart: ${message}\n`);
    expect(status).toBe(2);
  });
});
