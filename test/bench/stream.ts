/**
 * What a media stream costs and how much later sound is for it: calls over real sockets through servers, inline and with
 * a media worker, whose audio goes to an echo app over WebSockets and back. Beside them, at the same time, so that what
 * else the machine does is the same for all: a server whose calls wait, one whose actor `echo` sends packets back as they
 * come, and the floor, bare WebSockets with the same messages to the same app. CPU of each process; delays of bursts.
 * `--quick` for a look.
 */
import { loadavg } from 'node:os';
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
/** Of each server, the first port of its media. */
const PORTS = { wait: 42_000, echo: 43_000, stream: 44_000 } as const;
/** Packets from one burst to the next: 41 × 20 ms. */
const DISTANCE = 41;

interface Costs {
  /** Percent of a core, of each call. */
  readonly cpu: number;
  /** Sorted, in milliseconds. */
  readonly delays: readonly number[];
  readonly lost: number;
}

type Encoding = 'mulaw' | 'l16';

/** Lets all that are measured at the same time begin together. */
class Start {
  private waiting: (() => void)[] = [];

  constructor(private readonly parties: number) {}

  async all(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === this.parties) for (const go of this.waiting) go();
    });
    await sleep(WARM_UP);
  }
}

async function cpuOf(
  child: ChildProcess,
  begin: Start,
  calls: number,
  duration: number,
): Promise<number> {
  await begin.all();
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
  start: { readonly worker: boolean; readonly app: number; readonly encoding: Encoding },
  begin: Start,
  { calls = 20, duration = 20_000 }: StreamOptions,
): Promise<Costs> {
  const child = startChild('stream-server');
  const phones: BurstPhone[] = [];
  try {
    const callers = new Callers(await started(child, { ...start, ports: PORTS[flow] }));
    await callers.open();
    for (let index = 0; index < calls; index += 1) {
      const phone = await BurstPhone.open(index, DISTANCE);
      phones.push(phone);
      phone.speak(await callers.call(`call${index}`, flow, phone), 20 * Math.random());
    }
    const cpu = await cpuOf(child, begin, calls, duration);
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
  start: { readonly app: number; readonly encoding: Encoding },
  begin: Start,
  { calls = 20, duration = 20_000 }: StreamOptions,
): Promise<number> {
  const child = startChild('stream-floor');
  try {
    await started(child, { calls, ...start });
    const cpu = await cpuOf(child, begin, calls, duration);
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
    for (const worker of [false, true]) {
      for (const encoding of ['mulaw', 'l16'] as const) {
        const start = { worker, app, encoding };
        const begin = new Start(4);
        const [bare, waiting, echoed, streamed] = await Promise.all([
          floor(start, begin, options),
          server('wait', start, begin, options),
          server('echo', start, begin, options),
          server('stream', start, begin, options),
        ]);
        report(
          `${worker ? 'media worker' : 'inline'}, ${encoding}`,
          bare,
          waiting,
          echoed,
          streamed,
        );
      }
    }
    await end(child, 'stream-app');
  } finally {
    await stopChild(child);
  }
}

function report(name: string, bare: number, waiting: Costs, echoed: Costs, streamed: Costs): void {
  const whole = streamed.cpu - waiting.cpu;
  const own = whole - bare;
  const added = (part: number): number =>
    percentile(streamed.delays, part) - percentile(echoed.delays, part);
  const [load = 0] = loadavg();
  console.log(
    [
      `${name} (load ${load.toFixed(1)}):`,
      `  CPU of a call: waits ${waiting.cpu.toFixed(2)} %, echo ${echoed.cpu.toFixed(2)} %, stream ${streamed.cpu.toFixed(2)} %; bare ws echo ${bare.toFixed(2)} %`,
      `  the stream ${whole.toFixed(2)} %, without the floor ${own.toFixed(2)} %, at most ${CPU_BUDGET}${own > CPU_BUDGET ? ': MISSED' : ''}`,
      `  delay of ${echoed.delays.length} bursts by echo:   ${shown(echoed)}`,
      `  delay of ${streamed.delays.length} bursts by stream: ${shown(streamed)}`,
      `  added at p50: ${added(0.5).toFixed(1)} ms, at p99: ${added(0.99).toFixed(1)} ms, at most ${DELAY_BUDGET}${added(0.99) > DELAY_BUDGET ? ': MISSED' : ''}`,
    ].join('\n'),
  );
}

function shown({ delays, lost }: Costs): string {
  const at = (part: number): string => percentile(delays, part).toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms${lost === 0 ? '' : `, ${lost} LOST`}`;
}

if (require.main === module) {
  void run(process.argv.includes('--quick') ? { calls: 10, duration: 5_000 } : {});
}
