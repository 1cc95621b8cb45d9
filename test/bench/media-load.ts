/**
 * 1,000 calls that are played to and send sound, all on one media worker, while the signalling thread of the same
 * server answers 100 other calls a second: how even the packets of the prompts still are. Aim: at p99 no more than 3 ms
 * from 20. Beside it, in the same run, the same calls alone. `--quick` for a look.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { next, startChild, stopChild } from './support/children';
import { drive } from './support/load';
import type { FromSink, ToSink } from './support/media-protocol';
import { cpuOf, rssOf, sleep, stop } from './support/process';
import { startCallchart } from './support/servers';

const quick = process.argv.includes('--quick');
const CALLS = quick ? 200 : 1_000;
const MEASURE = quick ? 5_000 : 20_000;
const RATE = 100;

/** The scenario of a call whose sound goes to the sink, wherever that listens. */
function scenarioTo(folder: string, port: number): string {
  const call = readFileSync(join(__dirname, 'sipp', 'call.xml'), 'utf8');
  const file = join(folder, 'played.xml');
  writeFileSync(file, call.replaceAll('[media_port]', String(port)));
  return file;
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'callchart-media-load-'));
  const sink = startChild('media-sink');
  const toSink = (message: ToSink): boolean => sink.send(message);
  const { port } = await next<FromSink, 'ready'>(sink, 'ready');
  const server = await startCallchart(15_090, ['play', 'wait'], { workers: 1 });
  const { pid } = server.process;
  const measure = async (what: string): Promise<void> => {
    toSink({ type: 'mark' });
    const cpu = cpuOf(pid);
    await sleep(MEASURE);
    const used = ((cpuOf(pid) - cpu) * 100) / MEASURE;
    const arrived = next<FromSink, 'report'>(sink, 'report');
    toSink({ type: 'report' });
    const { packets, p50, p99, max } = await arrived;
    const delivered = (100 * packets) / ((CALLS * 50 * MEASURE) / 1_000);
    console.log(
      `${what.padEnd(28)} ${delivered.toFixed(1)} % delivered, spacing p50 ${p50.toFixed(1)}, ` +
        `p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms, ${used.toFixed(0)} % of a core`,
    );
  };
  try {
    toSink({ type: 'answer' });
    const before = rssOf(pid);
    const scenario = scenarioTo(folder, port);
    const filling = (CALLS / RATE) * 1_000 + 3_000;
    const played = drive(server.process, {
      ...{ scenario, service: 'play', port: server.port, rate: RATE, calls: CALLS },
      hold: filling + 2 * MEASURE + 15_000,
    });
    await sleep(filling);
    console.log(`${CALLS} calls: ${((rssOf(pid) - before) / CALLS).toFixed(0)} KB each (RSS)`);
    await measure('alone');
    const others = drive(server.process, {
      ...{ scenario: 'call.xml', service: 'wait', port: server.port, rate: RATE },
      calls: (RATE * (MEASURE + 4_000)) / 1_000,
    });
    await sleep(2_000);
    await measure(`beside ${RATE} calls a second`);
    const { failed, calls } = await others;
    console.log(`${calls} other calls, ${failed} failed`);
    console.log(`${(await played).failed} of the ${CALLS} calls failed`);
  } finally {
    await stop(server.process);
    await stopChild(sink);
    rmSync(folder, { recursive: true, force: true });
  }
}

void run();
