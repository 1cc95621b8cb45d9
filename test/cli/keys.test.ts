import { Project } from './support/project';

let project: Project;

beforeAll(() => {
  project = Project.create();
});

afterAll(() => project.remove());

it('makes a key and shows it once, lists it without, and revokes it', async () => {
  const added = await project.run(['keys', 'add', '--name', 'billing', '--scope', 'read']);
  expect(added).toMatchObject({ status: 0, stderr: '' });
  const key = /^key: (cc_[0-9a-f]{8}_\S{43})$/m.exec(added.stdout)?.[1] ?? '';
  expect(key).not.toBe('');
  const listed = await project.run(['keys', 'list', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    name: 'billing',
    scope: 'read',
    prefix: key.slice(0, 11),
    lastUsed: null,
  });
  expect(listed.stdout).not.toContain(key);
  expect(await project.run(['keys', 'revoke', 'biling'])).toMatchObject({
    status: 1,
    stderr: 'callchart: there is no key biling; did you mean billing?\n',
  });
  expect(await project.run(['keys', 'revoke', key.slice(0, 11)])).toMatchObject({ status: 0 });
  expect((await project.run(['keys', 'list'])).stdout).toContain('there are no keys');
});

it.each([
  [['keys', 'add', '--name', 'a'], /scope/],
  [['keys', 'add', '--name', 'a', '--scope', 'all'], /read, call, admin/],
])('%j is wrong usage', async (args, told) => {
  const { status, stderr } = await project.run(args);
  expect(status).toBe(2);
  expect(stderr).toMatch(told);
});
