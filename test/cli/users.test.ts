import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSecret } from '../../runtime/sip/auth/digest';
import { SqliteBindingStore } from '../../runtime/store/binding-store';
import { Database } from '../../runtime/store/database';
import { UserTable } from '../../runtime/store/user-table';
import { bindingOf } from '../store/support/data-directory';
import { type Outcome, Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(120_000);

let project: Project;

beforeEach(() => {
  project = Project.create({
    'callchart.config.js': `module.exports = { registrar: { domains: ['example.com', 'example.org'] } };`,
  });
});

afterEach(() => project.remove());

function run(...args: string[]): Promise<Outcome> {
  return project.run(args);
}

/** With something on standard input. */
function runWith(input: string, ...args: string[]): Outcome {
  const program = join(__dirname, '..', '..', 'bin', 'callchart.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: project.directory,
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr: stderr.replace('callchart: compiling …\n', '') };
}

function withDatabase<T>(work: (database: Database) => T): T {
  const database = Database.open({ directory: project.path('data') });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

describe('callchart users', () => {
  it('adds a user with a password from standard input, as digests of the first domain', () => {
    const args = ['--password-stdin', '--alias', '102', '--display-name', 'Bob B.'];
    const { status, stdout, stderr } = runWith('s3cret\n', 'users', 'add', 'bob', ...args);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'added bob, sip:bob@example.com\n',
      stderr: '',
    });
    expect(withDatabase((database) => new UserTable(database).list())).toMatchObject([
      {
        username: 'bob',
        realm: 'example.com',
        displayName: 'Bob B.',
        aliases: ['102'],
        secret: hashSecret('bob', 'example.com', 's3cret'),
      },
    ]);
    expect(readFileSync(project.path('data/callchart.db')).includes('s3cret')).toBe(false);
  });

  it('generates a password, prints it once, and changes it again', async () => {
    const added = await run('users', 'add', 'bob', '--generate');
    const password = /^password: (\S{20})$/m.exec(added.stdout)?.[1] ?? '';
    const secretOf = () => withDatabase((database) => new UserTable(database).list()[0]?.secret);
    expect(secretOf()).toEqual(hashSecret('bob', 'example.com', password));

    const shown = await run('users', 'show', 'bob');
    expect(shown.stdout).not.toContain(password);
    expect(runWith('other\n', 'users', 'passwd', 'bob', '--password-stdin').status).toBe(0);
    expect(secretOf()).toEqual(hashSecret('bob', 'example.com', 'other'));
  });

  it('asks for nothing where nobody can answer', async () => {
    const { status, stderr } = await run('users', 'add', 'bob');
    expect(status).toBe(2);
    expect(stderr).toBe(
      'callchart: standard input is no terminal: give --password-stdin or --generate\n',
    );
  });

  it('lists and shows users without their digests', async () => {
    expect((await run('users', 'list')).stdout).toMatch(/^no users in .*data; callchart users add/);
    runWith('x\n', 'users', 'add', 'alice', '--password-stdin', '-a', '101', '-a', '+4930101');
    withDatabase((database) => {
      const binding = bindingOf(1, { aor: 'sip:alice@example.com' });
      new SqliteBindingStore(database).write([{ type: 'added', binding }]);
    });
    const table = await run('users', 'list');
    expect(table.stdout).toMatch(
      /^user {3}name {2}aliases {7}created {14}registered\nalice {8}\+4930101 101 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}1\n$/,
    );

    const json = JSON.parse((await run('users', 'show', 'alice', '--json')).stdout) as unknown;
    const created = expect.any(String) as string;
    expect(json).toEqual({
      username: 'alice',
      address: 'sip:alice@example.com',
      displayName: null,
      aliases: ['+4930101', '101'],
      realm: 'example.com',
      created,
      contacts: ['sip:user1@192.0.2.9:5062'],
    });
    const list = await run('users', 'list', '--json');
    expect(JSON.parse(list.stdout)).toEqual(json);
  });

  it('removes a user with the registrations, and says who may have been meant where there is none', async () => {
    runWith('x\n', 'users', 'add', 'user1', '--password-stdin');
    withDatabase((database) => {
      new SqliteBindingStore(database).write([{ type: 'added', binding: bindingOf(1) }]);
    });
    const wrong = await run('users', 'remove', 'usr1');
    expect(wrong).toMatchObject({
      status: 1,
      stderr: 'callchart: there is no user usr1; did you mean user1?\n',
    });
    expect((await run('users', 'remove', 'user1')).stdout).toBe('removed user1\n');
    expect((await run('registrations')).stdout).toMatch(/^nobody is registered, says /);
    expect((await run('users', 'show', 'user1')).status).toBe(1);
  });

  it('refuses a name that is taken, in one line', () => {
    runWith('x\n', 'users', 'add', 'bob', '--password-stdin');
    const { status, stderr } = runWith('x\n', 'users', 'add', 'bob', '--password-stdin');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'callchart: there is a user bob already\n',
    });
  });

  it('says of a user of an earlier domain that he cannot log in', async () => {
    runWith('x\n', 'users', 'add', 'bob', '--password-stdin');
    project.write(
      'callchart.config.js',
      `module.exports = { registrar: { domains: ['new.example'] } };`,
    );
    const { stdout } = await run('users', 'list');
    expect(stdout).toContain('cannot log in: realm example.com');
  });

  it('says in one line that the database is damaged', async () => {
    project.write('data/callchart.db', 'no database '.repeat(500));
    const { status, stderr } = await run('users', 'list');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^callchart: .*callchart\.db is damaged: restore a copy.*\n$/);
  });
});

describe('callchart registrations', () => {
  beforeEach(() => {
    withDatabase((database) => {
      const alice = bindingOf(1, {
        aor: 'sip:alice@example.com',
        q: 0.5,
        userAgent: 'Evil\u001b[2J 1.0',
        expiresAt: Date.now() + 100_500,
        registeredAt: Date.UTC(2026, 0, 5, 9),
      });
      const gone = bindingOf(2, { expiresAt: Date.now() - 1 });
      const bindings = [alice, gone, bindingOf(3)];
      new SqliteBindingStore(database).write(
        bindings.map((binding) => ({ type: 'added', binding })),
      );
    });
  });

  it('lists who is registered, where, until when and since, and lets no phone command the terminal', async () => {
    const { stdout } = await run('registrations');
    const [heading, alice, user3] = stdout.split('\n');
    expect(heading).toMatch(/^user +contact +q +expires in +since +via +from +phone$/);
    expect(alice).toMatch(
      /^alice {2}sip:user1@192\.0\.2\.9:5062 {2}0\.5 {2}1:(?:40|3\d) +2026-01-05 09:00:00 {2}UDP {2}192\.0\.2\.9:5062 {2}Evil\?\[2J 1\.0$/,
    );
    expect(user3).toMatch(/^user3 /);
    expect(stdout).not.toContain('user2');
  });

  it('prints them as JSON, of one user where one is named', async () => {
    const { stdout } = await run('registrations', 'alice', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      user: 'alice',
      aor: 'sip:alice@example.com',
      contact: 'sip:user1@192.0.2.9:5062',
      q: 0.5,
      since: '2026-01-05T09:00:00.000Z',
      source: { protocol: 'UDP', host: '192.0.2.9', port: 5062 },
    });
    expect((await run('registrations', 'eve')).stdout).toMatch(/^eve is not registered/);
  });
});
