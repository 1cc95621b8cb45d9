import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CallchartClient } from 'callchart/client';
import { startServer } from '../../runtime';
import { SecureRandom } from '../../runtime/core/random';
import type { Server } from '../../runtime/main';
import { ApiKeyTable } from '../../runtime/store/api-key-table';
import { makeApiKey } from '../../runtime/store/api-key-store';
import { Database } from '../../runtime/store/database';
import { blocksOf } from '../docs/support/pages';

const root = join(__dirname, '..', '..');
let folder: string;
let callee: Server;
let server: Server;
let key: string;

/** Two servers: one with the API, and one that is its carrier and answers everybody with the echo. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-api-'));
  const common = {
    flows: { directory: join(root, 'flows') },
    prompts: { directory: join(root, 'prompts') },
    media: { workers: 0 },
  };
  const start = (name: string, config: object) =>
    startServer(
      { sip: { listen: ['udp:127.0.0.1:0'] }, ...common, ...config },
      { directory: join(folder, name), environment: {} },
    );
  callee = await start('callee', { flows: { ...common.flows, default: 'echo' } });
  const port = callee.listeners[0]?.port ?? 0;
  server = await start('server', {
    http: { listen: '127.0.0.1:0' },
    trunks: { carrier: { servers: `sip:127.0.0.1:${port}`, qualify: false } },
    outbound: { allow: ['+49*'] },
  });
  key = addKey('call');
});

afterAll(async () => {
  await server.close();
  await callee.close();
  rmSync(folder, { recursive: true, force: true });
});

function addKey(scope: 'read' | 'call' | 'admin'): string {
  const database = Database.open({ directory: join(folder, 'server', 'data') });
  const made = makeApiKey(new SecureRandom());
  new ApiKeyTable(database).add({ ...made, name: scope, scope, created: 0 });
  database.close();
  return made.key;
}

function client(own = key): CallchartClient {
  return new CallchartClient({ baseUrl: server.api ?? '', key: own, retries: 0 });
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.info('there is no curl: its lines are not run');

(hasCurl ? it : it.skip)('the curl lines of the README place a call and end it', async () => {
  const [block, ...more] = blocksOf('README.md').filter(({ text }) => text.includes('/v1/calls'));
  expect(more).toEqual([]);
  const [place = '', end = ''] = (block?.text ?? '')
    .replaceAll('http://127.0.0.1:8080', server.api ?? 'none')
    .split(/^(?=curl)/m);
  const events = client().events();
  const first = events.next();
  const run = async (line: string, more = {}): Promise<string> => {
    const env = { ...process.env, KEY: key, ...more };
    return (await promisify(execFile)('sh', ['-c', line], { env })).stdout;
  };
  const placed = JSON.parse(await run(place)) as { id: string; state: string };
  expect(placed).toMatchObject({ direction: 'outbound', dialled: '+4930987654', trunk: 'carrier' });
  for (let event = await first; ; event = await events.next()) {
    const { type, call } = event.value ?? { type: undefined, call: placed.id };
    expect(call).toBe(placed.id);
    if (type === 'call.answered') break;
  }
  expect(await client().calls.get(placed.id)).toMatchObject({
    state: 'answered',
    flow: { name: 'reception' },
  });
  expect(await run(end, { CALL: placed.id })).toBe('');
  const seen: string[] = [];
  while (seen.at(-1) !== 'call.ended') seen.push((await events.next()).value?.type ?? 'nothing');
  await events.return();
  expect(await client().calls.get(placed.id)).toMatchObject({
    state: 'ended',
    outcome: 'completed',
    end: { cause: 'bye' },
  });
  const { items } = await client().calls.list({ to: '+4930987654' });
  expect(items.map(({ id }) => id)).toEqual([placed.id]);
  expect(await client().server.metrics()).toMatch(
    /callchart_calls_total\{direction="outbound",flow="reception",.*outcome="bye"\} 1/,
  );
});

it('a key that was added a moment ago is good, and one that was revoked is not any more', async () => {
  const fresh = addKey('read');
  await expect(client(fresh).flows.list()).resolves.toMatchObject({
    items: [{ name: 'echo' }, { name: 'reception' }, { name: 'survey' }, { name: 'voicemail' }],
  });
  await expect(client(fresh).server.reload()).rejects.toMatchObject({ status: 403 });
  const database = Database.open({ directory: join(folder, 'server', 'data') });
  new ApiKeyTable(database).revoke('read');
  const [left] = new ApiKeyTable(database).list();
  expect(left?.lastUsed).toBeGreaterThan(0);
  database.close();
  await expect(client(fresh).flows.list()).rejects.toMatchObject({ status: 401 });
});

it('what cannot be placed is told at once', async () => {
  const place = (body: object) =>
    client().calls.create({ to: '+491', trunk: 'carrier', flow: 'echo', ...body });
  await expect(place({ flow: 'ecoh' })).rejects.toMatchObject({
    status: 422,
    message: 'there is no flow "ecoh": did you mean "echo"?',
  });
});
