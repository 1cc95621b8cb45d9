/**
 * What bindings cost: memory of 100,000, look-ups among few and many, the start of a server that has them, and the
 * longest that the event loop is away when all of 1,000 phones are sent to at once after a restart.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createServer, type Server } from '../../runtime/main';
import { next, startChild, stopChild } from './support/children';
import { addUsers } from './support/element';
import { elementConfig } from './support/element-config';
import { openCount } from './support/open-count';
import { Phones } from './support/phones';
import { median, sleep } from './support/process';
import type { FromWatched, ToWatched } from './support/stall-protocol';
import { Wire } from './support/wire';

const few = 1_000;
const many = 100_000;
/** Timers run ten times as fast, so that nobody has to wait for transactions to end. */
const timers = { t1: 50, t2: 400, t4: 500 };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function memory(): number {
  collect();
  return process.memoryUsage.rss() / 1_048_576;
}

function register(index: number): string {
  const address = `sip:user${index}@127.0.0.1`;
  return [
    'REGISTER sip:127.0.0.1:5060 SIP/2.0',
    `Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK${index}`,
    `From: <${address}>;tag=${index}`,
    `To: <${address}>`,
    `Call-ID: ${index}-5f3c9a77d1@127.0.0.1`,
    'CSeq: 1 REGISTER',
    `Contact: <sip:user${index}@127.0.0.1:5070;transport=udp>`,
    'Max-Forwards: 70',
    'User-Agent: Phone/1.0',
    'Expires: 3600',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

async function serve(data: string, wire: Wire): Promise<Server> {
  const config = elementConfig({ listen: 'udp:127.0.0.1:5060', data, authentication: 'none' });
  const onRecord = (): void => undefined;
  return createServer(config, { version: 'bench', datagrams: wire, timers, onRecord });
}

async function settled(server: Server): Promise<void> {
  for (let waited = 0; openCount(server) > 0; waited += 100) {
    if (waited > 60_000) throw new Error(`left open: ${JSON.stringify(server.open)}`);
    await sleep(100);
  }
}

/** Microseconds of a look-up among so many, in an order that no cache foresees. */
function lookUp(server: Server, count: number): number {
  const rounds: number[] = [];
  const looks = 100_000;
  const names = Array.from(
    { length: looks },
    (_, index) => `sip:user${(index * 48_271) % count}@callchart`,
  );
  for (let round = 0; round < 7; round += 1) {
    const before = performance.now();
    let found = 0;
    for (const name of names) found += server.location.targets(name).length;
    rounds.push(((performance.now() - before) * 1_000) / looks);
    if (found !== looks) throw new Error(`${looks - found} bindings are missing`);
  }
  return median(rounds);
}

async function keepMany(data: string): Promise<void> {
  const wire = new Wire();
  const server = await serve(data, wire);
  const before = memory();
  let taken = 0;
  wire.onSent = (bytes) => {
    if (bytes[8] === 0x32) taken += 1;
  };
  const fill = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 1) {
      wire.deliver(register(index));
      if (index % 32 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (taken !== to) throw new Error(`${to - taken} REGISTERs were not taken`);
    await settled(server);
  };
  await fill(0, few);
  const amongFew = lookUp(server, few);
  await fill(few, many);
  const held = memory() - before;
  console.log(
    `${many} bindings: ${held.toFixed(0)} MB over the start, ${((held * 1_024) / many).toFixed(2)} KB each (aim: 200 MB)`,
  );
  const amongMany = lookUp(server, many);
  console.log(
    `a look-up: ${amongFew.toFixed(2)} µs among ${few}, ${amongMany.toFixed(2)} µs among ${many}`,
  );
  await server.close();
  const started = performance.now();
  const again = await serve(data, new Wire());
  console.log(`a start with them: ${(performance.now() - started).toFixed(0)} ms`);
  if (again.location.size !== many) throw new Error('bindings were lost');
  await again.close();
}

async function watched(data: string) {
  const child = startChild('watched-server');
  const say = (message: ToWatched): void => void child.send(message);
  say({ type: 'start', data });
  const { port, bindings } = await next<FromWatched, 'ready'>(child, 'ready');
  const watch = async (): Promise<void> => {
    say({ type: 'watch' });
    await next<FromWatched, 'watching'>(child, 'watching');
  };
  const report = async () => {
    say({ type: 'report' });
    return next<FromWatched, 'report'>(child, 'report');
  };
  return { child, port, bindings, watch, report };
}

async function sendToAll(data: string): Promise<void> {
  addUsers(data, { users: Array.from({ length: few }, (_, i) => `user${i}`), password: 'x' });
  const phones = new Phones(few);
  await phones.open();
  const first = await watched(data);
  await phones.register(first.port);
  // No farewell: what was answered is kept.
  first.child.kill('SIGKILL');
  const server = await watched(data);
  try {
    if (server.bindings !== few) throw new Error(`${few - server.bindings} bindings were lost`);
    await sleep(500);
    await server.watch();
    await sleep(1_000);
    const floor = await server.report();
    await server.watch();
    const started = performance.now();
    await phones.message(server.port);
    const took = performance.now() - started;
    const { stall } = await server.report();
    console.log(
      `a MESSAGE to each of ${few} phones after kill -9 and a restart: all answered in ${took.toFixed(0)} ms, ` +
        `longest stall ${stall.toFixed(1)} ms (aim: 50; idle: ${floor.stall.toFixed(1)})`,
    );
    for (let waited = 0; (await server.report()).open > 0; waited += 1) {
      if (waited > 60) throw new Error('requests were left open');
      await sleep(1_000);
    }
  } finally {
    phones.close();
    await stopChild(server.child);
  }
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'callchart-location-'));
  try {
    await keepMany(join(directory, 'many'));
    await sendToAll(join(directory, 'phones'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
