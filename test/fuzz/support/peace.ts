import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { settle } from '../../../runtime/core/virtual-clock';
import type { World } from '../../sim/support/world';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Megabytes in use, without what the test itself keeps of the past. */
export async function memory(world: World): Promise<number> {
  world.wire.clear();
  world.records.length = 0;
  world.log.length = 0;
  collectGarbage();
  // Some of it goes only when the event loop has turned.
  await settle();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1_048_576;
}

/** All calls end by themselves, each with one record; nothing stays open; nothing is logged as an error. */
export async function expectPeace(world: World): Promise<void> {
  const { clock, server } = world;
  await clock.runUntil(() => server.open.sessions === 0 && server.open.calls === 0, 600_000);
  // RFC 3261 §17: what a transaction waits for.
  await world.run(64_000);
  expect(Object.entries(server.open).filter(([, count]) => count > 0)).toEqual([]);
  expect(world.log.filter(({ level }) => level === 'error')).toEqual([]);
  expect(new Set(world.records.map(({ id }) => id)).size).toBe(world.records.length);
}
