/**
 * Memory for each established idle call, and whether it comes back: RSS before, with calls standing,
 * and after each 10,000 of 100,000 calls.
 */
import { drive } from './support/load';
import { rssOf, sleep, stop } from './support/process';
import { startCallchart } from './support/servers';

const quick = process.argv.includes('--quick');

async function standing(): Promise<void> {
  const server = await startCallchart(15_080, 'wait', { nodeArgs: ['--expose-gc'] });
  try {
    const load = { scenario: 'call.xml', service: 'wait', port: server.port, rate: 200 };
    await drive(server.process, { ...load, calls: 1_000 });
    await sleep(36_000);
    const before = rssOf(server.process.pid);
    const calls = 2_000;
    let most = 0;
    await drive(server.process, {
      ...load,
      calls,
      hold: 30_000,
      onTick: () => (most = Math.max(most, rssOf(server.process.pid))),
    });
    console.log(
      `${calls} established idle calls: ${((most - before) / calls).toFixed(1)} KB each (RSS ${before} KB before, ${most} KB at most)`,
    );
  } finally {
    await stop(server.process);
  }
}

async function comesBack(): Promise<void> {
  const server = await startCallchart(15_082, 'wait');
  const total = quick ? 20_000 : 100_000;
  try {
    const load = { scenario: 'call.xml', service: 'wait', port: server.port, rate: 800 };
    console.log(`RSS at the start: ${rssOf(server.process.pid)} KB`);
    for (let done = 0; done < total; done += 10_000) {
      await drive(server.process, { ...load, calls: 10_000 });
      console.log(`RSS after ${done + 10_000} calls: ${rssOf(server.process.pid)} KB`);
    }
    await sleep(40_000);
    console.log(`RSS 40 s after the last call: ${rssOf(server.process.pid)} KB`);
  } finally {
    await stop(server.process);
  }
}

void standing().then(comesBack);
