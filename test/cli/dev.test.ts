import { renameSync, rmSync } from 'node:fs';
import { writeWav } from '../../runtime/prompt/wav';
import { type Command, flow, Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(120_000);

const echo = (name: string): string =>
  flow(
    `${name}: { invoke: { src: 'echo', input: { finishOn: '#', maxDuration: 60_000 }, onDone: 'done', onError: 'done' } },`,
  ).replace("'first'", `'${name}'`);

const flowWith = (prompt: string): string =>
  flow(
    `first: { invoke: { src: 'play', input: { prompt: '${prompt}' }, onDone: 'done', onError: 'done' } },`,
  );

let project: Project;

beforeEach(() => {
  project = Project.create();
  project.write('flows/echo.flow.ts', echo('one'));
});

afterEach(() => project.remove());

async function dev(args: readonly string[] = []): Promise<{ server: Command; host: string }> {
  const server = project.start(['dev', ...args], { CALLCHART_LISTEN: 'udp:127.0.0.1:0' });
  await server.said(/Save a flow/);
  return { server, host: /udp:(\S+)/.exec(server.stdout)?.[1] ?? '' };
}

/** The flow's version and first state in the record of a call that is made now. */
async function called(host: string): Promise<{ version: string; state: string }> {
  await project.run(['call', `sip:echo@${host}`, '--duration', '50']);
  const { stdout } = await project.run(['calls', '--last', '1', '--json']);
  const { flow: used, path } = JSON.parse(stdout) as {
    flow: { version: string };
    path: { state: string }[];
  };
  return { version: used.version, state: path[0]?.state ?? '' };
}

test('what is saved is in the next call, however it is saved; the call in progress goes on as it began', async () => {
  const { server, host } = await dev();
  const first = await called(host);
  expect(first.state).toBe('one');
  const phone = project.start(['call', `sip:echo@${host}`, '--press', 'wait:600000']);
  await phone.said(/^answered/m);

  project.write('flows/echo.flow.ts', echo('two'));
  await server.said(
    new RegExp(`^echo ${first.version.slice(0, 4)}… → .{4}… \\(echo.flow.ts\\)$`, 'm'),
  );
  const second = await called(host);
  expect(second.state).toBe('two');
  expect(server.stdout).toContain(`→ ${second.version.slice(0, 4)}…`);

  // As many editors do: another file takes the name.
  project.write('flows/.echo.flow.ts.swp', echo('three'));
  renameSync(project.path('flows/.echo.flow.ts.swp'), project.path('flows/echo.flow.ts'));
  await server.said(new RegExp(`^echo ${second.version.slice(0, 4)}… → `, 'm'));
  expect((await called(host)).state).toBe('three');

  expect(phone.child.exitCode).toBeNull();
  phone.signal('SIGTERM');
  expect(await phone.done).toMatchObject({ status: 0 });
  server.signal('SIGTERM');
  expect((await server.done).status).toBe(0);
  const { stdout } = await project.run(['calls', '--last', '10', '--json']);
  const versions = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { flow: { version: string } }).flow.version);
  expect(versions.filter((version) => version === first.version)).toHaveLength(2);
});

test('a file that a flow imports, a recording and a manifest are watched like the flow', async () => {
  project.write('lib/states.ts', `export const limit = 60_000;`);
  project.write(
    'flows/echo.flow.ts',
    `import { limit } from '../lib/states';\n${echo('one').replace('60_000', 'limit')}`,
  );
  project.write(
    'flows/talk.flow.ts',
    flow(
      `first: { invoke: { src: 'play', input: { prompt: ['hello', 'bye'] }, onDone: 'done', onError: 'done' } },`,
    ),
  );
  const wav = (level: number): Buffer =>
    writeWav({ sampleRate: 8_000, samples: new Int16Array(800).fill(level) });
  project.write('prompts/en/hello.wav', wav(100));
  project.write('prompts/en.yaml', 'bye: Good bye\n');
  const { server } = await dev();
  project.write('lib/states.ts', `export const limit = 50_000;`);
  await server.said(/^echo .{4}… → .{4}… \(states\.ts\)$/m);
  project.write('prompts/en/hello.wav', wav(200));
  await server.said(/^talk .{4}… → .{4}… \(hello\.wav\)$/m);
  project.write('prompts/en.yaml', 'bye: Have a nice day\n');
  await server.said(/^talk .{4}… → .{4}… \(en\.yaml\)$/m);
  project.write('prompts/en.yaml', 'bye: Have a nice day\nbye: twice\n');
  await server.said(/en\.yaml:2: "bye" has a text on line 1 already\. Remove one of the two\./);
});

test('why a save is not served is said; flows come and go; the configuration needs a restart', async () => {
  project.write('callchart.config.js', 'module.exports = {};');
  const { server, host } = await dev();
  const { version } = await called(host);
  project.write('flows/echo.flow.ts', 'const a = 1;\nexport default {{;');
  await server.said(
    /^flows\/echo\.flow\.ts: the file has a syntax error: .*\(echo\.flow\.ts, line 2\)\. Correct it\.$/m,
  );
  await server.said(new RegExp(`^echo stays ${version.slice(0, 4)}…$`, 'm'));
  expect(await called(host)).toEqual({ version, state: 'one' });
  expect(server.stdout).not.toContain('\u001b');
  project.write('flows/echo.flow.ts', echo('one'));
  await server.said(/^nothing is wrong: echo/m);
  project.write('flows/more.flow.ts', echo('one'));
  await server.said(/^more is new: .{4}… \(more\.flow\.ts\)$/m);
  rmSync(project.path('flows/more.flow.ts'));
  await server.said(/^more .{4}… is gone \(more\.flow\.ts\)$/m);
  project.write('callchart.config.js', 'module.exports = { drainTimeout: 1 };');
  await server.said(/^callchart\.config\.js has changed: restart to serve with it\.$/m);
});

test('a start with a broken flow waits until it is corrected', async () => {
  project.write('flows/echo.flow.ts', 'export const nothing = 1;');
  const server = project.start(['dev'], { CALLCHART_LISTEN: 'udp:127.0.0.1:0' });
  await server.said(/^Nothing is served until this is corrected: waiting for a save …$/m);
  expect(server.stdout).toMatch(/echo\.flow\.ts: the file has no default export/);
  project.write('flows/echo.flow.ts', `import '../lib/states';\n${echo('one')}`);
  project.write('lib/states.ts', 'throw new Error("not yet");');
  await server.said(
    /echo\.flow\.ts: the file throws while it is loaded: not yet \(states\.ts:1:7\)/,
  );
  project.write('lib/states.ts', 'export const ready = true;');
  await server.said(/to call/);
});

test('folders that are not there yet are watched as soon as they are', async () => {
  renameSync(project.path('flows'), project.path('old'));
  const server = project.start(['dev'], { CALLCHART_LISTEN: 'udp:127.0.0.1:0' });
  await server.said(/^Nothing is served until this is corrected: waiting for a save …$/m);
  expect(server.stdout).toMatch(/flows: the folder of the flows cannot be read/);
  project.write('flows/echo.flow.ts', flowWith('hello'));
  await server.said(/There is no prompt "hello"/);
  project.write('prompts/en.yaml', 'hello: Hello.\n');
  await server.said(/to call/);
  project.write('prompts/en.yaml', 'hello: Good morning.\n');
  await server.said(/^echo .{4}… → .{4}… \(en\.yaml\)$/m);
  project.write('flows/echo.flow.ts', echo('two'));
  await server.said(/^echo .{4}… → .{4}… \(echo\.flow\.ts\)$/m);
});

test('an ECMAScript module that is saved needs a restart: until then its flow stays in its version', async () => {
  project.write('flows/limit.mjs', `export { limit } from './deep.mjs';`);
  project.write('flows/deep.mjs', `export const limit = 60_000;`);
  project.write(
    'flows/echo.flow.ts',
    `import { limit } from './limit.mjs';\n${echo('one').replace('60_000', 'limit')}`,
  );
  const { server, host } = await dev();
  const { version } = await called(host);
  project.write('flows/deep.mjs', `export const limit = 50_000;`);
  await server.said(
    /^flows\/echo\.flow\.ts: flows\/deep\.mjs has changed, and Node reads an ECMAScript module only once\. Restart the server to serve it, .*$/m,
  );
  await server.said(new RegExp(`^echo stays ${version.slice(0, 4)}…$`, 'm'));
  expect(await called(host)).toEqual({ version, state: 'one' });
  project.write('flows/deep.mjs', `export const limit = 60_000;`);
  await server.said(/^nothing is wrong: echo/m);
});

test('serve reads all of it again on SIGHUP, and logs what has changed', async () => {
  const { server, host } = await project.serve();
  project.write('flows/echo.flow.ts', echo('two'));
  server.signal('SIGHUP');
  await server.said(/"flow":"echo","from":"[0-9a-f]{12}","to":"[0-9a-f]{12}","msg":"flow changed"/);
  expect((await called(host)).state).toBe('two');
  project.write('flows/echo.flow.ts', 'export const nothing = 1;');
  server.signal('SIGHUP');
  await server.said(/"problem":"flows\/echo\.flow\.ts: the file has no default export\./);
  expect((await called(host)).state).toBe('two');
});
