import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallchartEvent } from '../../runtime/events/event';
import { Database } from '../../runtime/store/database';
import { OutboxTable } from '../../runtime/store/outbox-table';

// Each round compiles a few files of the server; the machine may be busy.
jest.setTimeout(120_000);

const script = join(__dirname, 'support', 'tell-until-killed.ts');
const directory = mkdtempSync(join(tmpdir(), 'callchart-events-kill-'));
const taken: CallchartEvent[] = [];
let app: Server;
let url: string;

beforeAll(async () => {
  app = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      taken.push(JSON.parse(Buffer.concat(parts).toString()) as CallchartEvent);
      response.writeHead(204).end();
    });
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/`;
});

afterAll(() => {
  app.closeAllConnections();
  app.close();
  rmSync(directory, { recursive: true });
});

/** Runs until it has said so many lines; undefined: until it ends. Resolves with the lines. */
async function run(round: string, until?: number): Promise<string[]> {
  const child = spawn(process.execPath, ['-r', 'ts-node/register', script, directory, url, round], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (until !== undefined && said.split('\n').length > until) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe(until === undefined ? null : 'SIGKILL');
  return said.trimEnd().split('\n');
}

it('loses no event when the server is killed again and again, and ends each call that was in progress', async () => {
  const lines: string[] = [];
  for (const [index, until] of [61, 400, 733].entries()) {
    lines.push(...(await run(String(index), until)));
  }
  lines.push(...(await run('last')));
  // What two seconds did not suffice for, the next start delivers.
  for (let more = 0; more < 5 && pending() > 0; more += 1) await run('last');

  const written = lines
    .filter((line) => /^\d+ /.test(line))
    .map((line) => Number.parseInt(line, 10));
  const sequences = new Set(taken.map(({ sequence }) => sequence));
  expect(written.length).toBeGreaterThan(1_000);
  expect(written.filter((sequence) => !sequences.has(sequence))).toEqual([]);

  const byCall = new Map<string, CallchartEvent[]>();
  for (const event of taken) {
    const events = byCall.get(event.call) ?? [];
    byCall.set(event.call, events);
    if (!events.some(({ id }) => id === event.id)) events.push(event);
  }
  let lost = 0;
  for (const events of byCall.values()) {
    const order = events.map(({ sequence }) => sequence);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(events[0]?.type).toBe('call.started');
    const ends = events.filter(({ type }) => type === 'call.ended');
    expect(ends).toEqual([events.at(-1)]);
    if (JSON.stringify(ends).includes('server-lost')) lost += 1;
  }
  expect(lost).toBeGreaterThan(0);
  expect(lines.filter((line) => line.endsWith(' server-lost'))).toHaveLength(lost);
});

function pending(): number {
  const database = Database.open({ directory });
  try {
    return new OutboxTable(database).counts().reduce((sum, each) => sum + each.pending, 0);
  } finally {
    database.close();
  }
}
