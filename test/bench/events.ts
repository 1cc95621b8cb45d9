/**
 * What an event costs in CPU: written down, and delivered to one subscriber on loopback; beside a bare insert of the
 * same row and a bare request with the same body by undici, in the same run. The subscriber is a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import type { CallHappening } from '../../runtime/call/happenings';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { SecureRandom } from '../../runtime/core/random';
import { CallStore } from '../../runtime/events/call-store';
import { Delivery } from '../../runtime/events/delivery';
import { Journal } from '../../runtime/events/journal';
import { type Subscriber, wantedTypes } from '../../runtime/events/subscriber';
import { Database } from '../../runtime/store/database';
import { createWebClient } from '../../runtime/web/client';
import { median } from './support/process';

const app = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;
const events = 5_000;
const calls = 500;
const rounds = 5;

/** CPU microseconds of this process and events a second, for each of so many. */
async function measure(work: () => Promise<void> | void): Promise<readonly [number, number]> {
  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return [(user + system) / events, events / seconds];
}

async function main(): Promise<void> {
  const child = spawn(process.execPath, ['-e', app], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const origin = `http://127.0.0.1:${Number(port.toString())}`;
  const directory = mkdtempSync(join(tmpdir(), 'callchart-bench-events-'));
  const database = Database.open({ directory });
  const clock = new RealClock();
  const random = new SecureRandom();
  const web = createWebClient({ clock, random, allow: ['127.0.0.1'] });
  const subscriber: Subscriber = {
    ...{ name: 'app', url: `${origin}/events`, headers: {} },
    wants: wantedTypes(undefined, false),
  };
  const store = new CallStore({
    ...{ database, subscribers: [subscriber], sizeOf: () => undefined },
    sids: { call: (id) => id, recording: (path) => path },
  });
  const delivery = new Delivery({
    ...{ database, outbox: store.outbox, subscribers: [subscriber], clock, random, web },
    ...{ logger: silentLogger, keys: ['a key'] },
  });
  const happenings = Array.from({ length: events }, (_, index): CallHappening => {
    const call = `call${index % calls}`;
    return { time: clock.now(), call, type: 'call.digits', digits: '1', valid: true };
  });
  const body = JSON.stringify({ id: 'a.1', ...happenings[0] });

  // Written first, delivered after that: each on its own.
  const write = (): void => {
    const journal = new Journal({ clock, logger: silentLogger, store, sizeOf: () => undefined });
    for (const happening of happenings) journal.take(happening);
    journal.close();
  };
  const deliver = async (): Promise<void> => {
    delivery.wake();
    while (store.outbox.counts().length > 0) await new Promise((next) => setTimeout(next, 20));
  };
  database
    .prepare('CREATE TABLE floor (sequence INTEGER PRIMARY KEY, call TEXT, type TEXT, body TEXT)')
    .run();
  const insert = database.prepare('INSERT INTO floor (call, type, body) VALUES (?, ?, ?)');
  const insertAll = (): void => {
    for (const { call, type } of happenings) insert.run(call, type, body);
  };
  const pool = new Pool(origin, { connections: 16 });
  const post = async (): Promise<void> => {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < events) {
        next += 1;
        const headers = { 'content-type': 'application/json' };
        const answer = await pool.request({ path: '/events', method: 'POST', body, headers });
        await answer.body.dump();
      }
    };
    await Promise.all(Array.from({ length: 16 }, lane));
  };

  delivery.start();
  const results = { insert: [0], post: [0], write: [0], deliver: [0] };
  const rates: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const inserted = await measure(insertAll);
    const posted = await measure(post);
    const written = await measure(write);
    const delivered = await measure(deliver);
    if (round < 0) continue;
    results.insert[round] = inserted[0];
    results.post[round] = posted[0];
    results.write[round] = written[0];
    results.deliver[round] = delivered[0];
    rates.push(1 / (1 / written[1] + 1 / delivered[1]));
  }
  const line = (name: string, values: readonly number[]): void =>
    console.log(`${name.padEnd(42)}${median(values).toFixed(1).padStart(8)} µs CPU`);
  line('a bare insert, a transaction each', results.insert);
  line('an event written, with its delivery', results.write);
  line('a bare POST by undici, 16 at once', results.post);
  line('an event delivered, signed', results.deliver);
  console.log(`${median(rates).toFixed(0)} events a second from the call to one subscriber`);

  await delivery.close();
  await web.close();
  await pool.close();
  database.close();
  child.kill();
  rmSync(directory, { recursive: true });
}

void main();
