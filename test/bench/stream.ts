/**
 * What a media stream costs and how much later sound is for it: calls over real sockets through a server, inline and with
 * a media worker, whose audio goes to an echo app over WebSockets and back. CPU beside calls that wait and beside the
 * floor, bare WebSockets with the same messages to the same app; delays of bursts beside those of the actor `echo`, which
 * sends packets back as they come. `--quick` for a look.
 */
import { Callers } from './support/caller';
import { BurstPhone } from './support/burst-phone';
import { next, startChild, stopChild } from './support/children';
import type { FromMeasured } from './support/media-protocol';
import { end } from './support/measurement';
import { percentile, sleep } from './support/process';
import type { ChildProcess } from 'node:child_process';

export interface StreamOptions {
  readonly calls?: number;
  /** Milliseconds. */
  readonly duration?: number;
}

/** Percent of a core for a call. */
const CPU_BUDGET = 0.5;
/** Milliseconds, at p99. */
const DELAY_BUDGET = 40;
/** Milliseconds. */
const WARM_UP = 3_000;
/** Packets from one burst to the next: 41 × 20 ms. */
const DISTANCE = 41;

interface Costs {
  /** Percent of a core, of each call. */
  readonly cpu: number;
  /** Sorted, in milliseconds. */
  readonly delays: readonly number[];
  readonly lost: number;
}

async function cpuOf(child: ChildProcess, calls: number, duration: number): Promise<number> {
  await sleep(WARM_UP);
  child.send({ type: 'mark' });
  await sleep(duration);
  const report = next<FromMeasured, 'report'>(child, 'report');
  child.send({ type: 'report' });
  const { cpu, elapsed } = await report;
  return (100 * cpu) / elapsed / calls;
}

async function started(child: ChildProcess, start: object): Promise<number> {
  const ready = next<FromMeasured, 'ready'>(child, 'ready');
  child.send({ type: 'start', ...start });
  const { ports } = await ready;
  return ports[0] ?? 0;
}

async function server(
  flow: 'wait' | 'echo' | 'stream',
  worker: boolean,
  app: number,
  { calls = 20, duration = 20_000 }: StreamOptions,
): Promise<Costs> {
  const child = startChild('stream-server');
  const phones: BurstPhone[] = [];
  try {
    const callers = new Callers(await started(child, { worker, app }));
    await callers.open();
    for (let index = 0; index < calls; index += 1) {
      const phone = await BurstPhone.open(index, DISTANCE);
      phones.push(phone);
      phone.speak(await callers.call(`call${index}`, flow, phone), 20 * Math.random());
    }
    const cpu = await cpuOf(child, calls, duration);
    await callers.end();
    await end(child, 'stream-server');
    return {
      cpu,
      delays: phones.flatMap(({ delays }) => delays.slice(2)).sort((a, b) => a - b),
      lost: phones.reduce((sum, { lost }) => sum + lost, 0),
    };
  } finally {
    for (const phone of phones) phone.close();
    await stopChild(child);
  }
}

async function floor(
  app: number,
  { calls = 20, duration = 20_000 }: StreamOptions,
): Promise<number> {
  const child = startChild('stream-floor');
  try {
    await started(child, { calls, app });
    const cpu = await cpuOf(child, calls, duration);
    await end(child, 'stream-floor');
    return cpu;
  } finally {
    await stopChild(child);
  }
}

/** Measures all and prints it. */
export async function run(options: StreamOptions = {}): Promise<void> {
  const child = startChild('stream-app');
  try {
    const app = await started(child, {});
    const bare = await floor(app, options);
    console.log(`bare ws echo          ${bare.toFixed(2).padStart(6)} % of a core for each`);
    for (const worker of [false, true]) {
      const waiting = await server('wait', worker, app, options);
      const echoed = await server('echo', worker, app, options);
      const streamed = await server('stream', worker, app, options);
      const name = worker ? 'media worker' : 'inline';
      const whole = streamed.cpu - waiting.cpu;
      const own = whole - bare;
      const added = percentile(streamed.delays, 0.99) - percentile(echoed.delays, 0.99);
      console.log(
        [
          `${name}:`,
          `  CPU of a call: waits ${waiting.cpu.toFixed(2)} %, echo ${echoed.cpu.toFixed(2)} %, stream ${streamed.cpu.toFixed(2)} %`,
          `  the stream ${whole.toFixed(2)} %, without the floor ${own.toFixed(2)} %, at most ${CPU_BUDGET}${own > CPU_BUDGET ? ': MISSED' : ''}`,
          `  delay of ${echoed.delays.length} bursts by echo:   ${shown(echoed)}`,
          `  delay of ${streamed.delays.length} bursts by stream: ${shown(streamed)}`,
          `  added at p99: ${added.toFixed(1)} ms, at most ${DELAY_BUDGET}${added > DELAY_BUDGET ? ': MISSED' : ''}`,
        ].join('\n'),
      );
    }
    await end(child, 'stream-app');
  } finally {
    await stopChild(child);
  }
}

function shown({ delays, lost }: Costs): string {
  const at = (part: number): string => percentile(delays, part).toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms${lost === 0 ? '' : `, ${lost} LOST`}`;
}

if (require.main === module) {
  void run(process.argv.includes('--quick') ? { calls: 10, duration: 5_000 } : {});
}
