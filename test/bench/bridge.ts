/**
 * What a bridged call costs: packets of two phones that hear each other, relayed by the media engine in a
 * process of its own, with the phones in another. Beside it, in the same run, the floor: bare sockets that
 * pass the same packets on as they are. `--quick` for a look.
 */
import type { StartBridging, ToBridger } from './support/bridge-protocol';
import { next, startChild, stopChild } from './support/children';
import { HOST, type FromSender, type FromSink, type ToSink } from './support/media-protocol';
import { sleep } from './support/process';

export interface BridgeBenchOptions {
  /** How many calls at once; 50 and 200. */
  readonly calls?: readonly number[];
  /** Milliseconds of each measurement; 10 000. */
  readonly duration?: number;
}

export type BridgeRelay = 'bare dgram' | 'PCMU-PCMU' | 'PCMU-PCMA';

export interface BridgeCost {
  readonly relay: BridgeRelay;
  readonly calls: number;
  /** Microseconds of CPU for each packet that was passed on. */
  readonly packet: number;
  /** Percent of a core for each call, of two legs. */
  readonly cpu: number;
  /** Packets passed on, of those that should have been. */
  readonly delivered: number;
  /** Milliseconds between two packets of a stream, at the phone that gets it. */
  readonly p50: number;
  readonly p99: number;
}

const WARM_UP = 2_000;
/** Of both directions. */
const PACKETS_A_SECOND = 100;

async function measure(relay: BridgeRelay, calls: number, duration: number): Promise<BridgeCost> {
  const sink = startChild('media-sink');
  const child = startChild(relay === 'bare dgram' ? 'bridge-floor' : 'bridge-engine');
  const toSink = (message: ToSink): boolean => sink.send(message);
  const toChild = (message: ToBridger): boolean => child.send(message);
  try {
    const { port } = await next<FromSink, 'ready'>(sink, 'ready');
    const ready = next<FromSender, 'ready'>(child, 'ready');
    const start: StartBridging = {
      type: 'start',
      calls,
      recode: relay === 'PCMU-PCMA',
      sink: { host: HOST, port },
    };
    toChild(start);
    const { ports } = await ready;
    toSink({ type: 'stream', host: HOST, ports });
    await sleep(WARM_UP);
    toSink({ type: 'mark' });
    toChild({ type: 'mark' });
    await sleep(duration);
    const reported = next<FromSender, 'report'>(child, 'report');
    const arrived = next<FromSink, 'report'>(sink, 'report');
    toChild({ type: 'report' });
    toSink({ type: 'report' });
    const { cpu, elapsed, heard } = await reported;
    const { p50, p99 } = await arrived;
    return {
      relay,
      calls,
      packet: cpu / heard,
      cpu: (100 * cpu) / elapsed / calls,
      delivered: heard / (calls * PACKETS_A_SECOND * (elapsed / 1_000_000)),
      p50,
      p99,
    };
  } finally {
    await stopChild(child);
    await stopChild(sink);
  }
}

function print(cost: BridgeCost, floor: BridgeCost): void {
  console.log(
    [
      cost.relay.padEnd(12),
      `${cost.calls} calls`.padStart(10),
      `${cost.packet.toFixed(2)} µs`.padStart(11),
      `${cost.cpu.toFixed(3)} %`.padStart(10),
      (cost.packet / floor.packet).toFixed(2).padStart(8),
      `${(100 * cost.delivered).toFixed(1)} %`.padStart(11),
      cost.p50.toFixed(1).padStart(7),
      cost.p99.toFixed(1).padStart(7),
    ].join(''),
  );
}

/** Measures all cases and prints them as they come. */
export async function run(options: BridgeBenchOptions = {}): Promise<BridgeCost[]> {
  console.log('CPU for each packet passed on, and in % of a core for each call (100 packets/s);');
  console.log('the cost beside bare sockets; spacing of a stream’s packets as they arrive, in ms');
  console.log(`${''.padEnd(22)}     packet      call   ratio  delivered    p50    p99`);
  const results: BridgeCost[] = [];
  const duration = options.duration ?? 10_000;
  for (const calls of options.calls ?? [50, 200]) {
    const floor = await measure('bare dgram', calls, duration);
    print(floor, floor);
    results.push(floor);
    for (const relay of ['PCMU-PCMU', 'PCMU-PCMA'] as const) {
      const cost = await measure(relay, calls, duration);
      print(cost, floor);
      results.push(cost);
    }
  }
  return results;
}

if (require.main === module) {
  void run({ duration: process.argv.includes('--quick') ? 3_000 : 10_000 });
}
