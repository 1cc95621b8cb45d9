/**
 * What the media engine costs: calls that play a prompt, and calls that play and listen, in a process
 * of its own, with a sink in another. Beside it, in the same run, the floor: bare sockets that send and
 * receive as many packets. The ratio is to the floor's CPU; the aim for those that listen too is 1.5. `--quick` for a
 * look.
 */
import type { StartSending } from './support/media-protocol';
import { measureCalls } from './support/measurement';

export interface MediaBenchOptions {
  /** How many calls at once; 300, 600 and 1 000. */
  readonly calls?: readonly number[];
  /** Calls that play; calls that play and listen. Both. */
  readonly listen?: readonly boolean[];
  /** Milliseconds of each measurement; 10 000. */
  readonly duration?: number;
}

export interface MediaCost {
  readonly sender: 'bare dgram' | 'inline' | 'worker';
  readonly calls: number;
  readonly listen: boolean;
  /** Percent of a core for each call. */
  readonly cpu: number;
  /** Packets that arrived, of those that should have. */
  readonly delivered: number;
  /** Milliseconds between two packets of a stream, at the sink. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Bytes that the process holds. */
  readonly rss: number;
}

/** Of the floor's CPU, of those that listen too. */
const BUDGET = 1.5;

async function measure(
  sender: MediaCost['sender'],
  calls: number,
  listen: boolean,
  duration: number,
): Promise<MediaCost> {
  const { cpu, elapsed, arrived, p50, p99, max, rss } = await measureCalls(
    {
      program: sender === 'bare dgram' ? 'media-floor' : 'media-engine',
      start: (sink): StartSending => {
        return { type: 'start', calls, listen, worker: sender === 'worker', sink };
      },
      streams: listen ? {} : undefined,
    },
    duration,
  );
  return {
    sender,
    calls,
    listen,
    cpu: (100 * cpu) / elapsed / calls,
    delivered: arrived / (calls * 50 * (elapsed / 1_000_000)),
    ...{ p50, p99, max, rss },
  };
}

function print(cost: MediaCost, floor: number): void {
  const figure = (value: number): string => value.toFixed(1).padStart(7);
  console.log(
    [
      (cost.listen ? 'play + listen' : 'play').padEnd(15),
      `${cost.calls} calls`.padStart(10),
      cost.sender.padStart(12),
      `${cost.cpu.toFixed(3)} %`.padStart(10),
      `${(100 * cost.delivered).toFixed(1)} %`.padStart(11),
      (cost.cpu / floor).toFixed(2).padStart(7),
      figure(cost.p50),
      figure(cost.p99),
      figure(cost.max),
      `${Math.round(cost.rss / 1_048_576)} MB`.padStart(9),
      cost.listen && cost.sender !== 'bare dgram' ? aim(cost.cpu / floor) : '',
    ].join(''),
  );
}

function aim(ratio: number): string {
  return `   at most ${BUDGET}${ratio > BUDGET ? ': MISSED' : ''}`;
}

/** Measures all cases and prints them as they come. */
export async function run(options: MediaBenchOptions = {}): Promise<MediaCost[]> {
  console.log('% of a core for each call; spacing of a stream’s packets as they arrive, in ms');
  console.log(`${''.padEnd(37)}       CPU  delivered  ratio    p50    p99    max   memory`);
  const results: MediaCost[] = [];
  for (const listen of options.listen ?? [false, true]) {
    for (const calls of options.calls ?? [300, 600, 1_000]) {
      let floor = Number.NaN;
      for (const sender of ['bare dgram', 'inline', 'worker'] as const) {
        const cost = await measure(sender, calls, listen, options.duration ?? 10_000);
        if (sender === 'bare dgram') floor = cost.cpu;
        print(cost, floor);
        results.push(cost);
      }
    }
  }
  console.log('Asterisk on this kind of machine: 0.20 % playing, 0.23 % playing and listening;');
  console.log('p50 20.0, p99 20.3, max 21.6 ms at 100 calls, p99 21, max 39 at 400.');
  return results;
}

if (require.main === module) {
  const quick = process.argv.includes('--quick');
  void run(quick ? { duration: 3_000, calls: [300], listen: [true] } : {});
}
