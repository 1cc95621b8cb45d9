/**
 * What a bridged call costs: packets of two phones that hear each other, relayed by the media engine in a worker of a
 * process of its own, with the phones in another. Beside it, in the same run, the floor: bare sockets that
 * pass the same packets on as they are; and where Opus is spoken on one side, what its encoding and decoding alone
 * cost. `--quick` for a look.
 */
import { codecCost } from './support/codec-cost';
import type { StartBridging } from './support/media-protocol';
import { measureCalls } from './support/measurement';

export interface BridgeBenchOptions {
  /** How many calls at once; 50 and 200. */
  readonly calls?: readonly number[];
  /** Milliseconds of each measurement; 10 000. */
  readonly duration?: number;
}

export type BridgeRelay = 'bare dgram' | 'PCMU-PCMU' | 'PCMU-PCMA' | 'PCMU-opus';

export interface BridgeCost {
  readonly relay: BridgeRelay;
  readonly calls: number;
  /** Microseconds of CPU for each packet that was passed on. */
  readonly packet: number;
  /** Of these, those of encoders and decoders alone: of as many, on the same speech, in the same run. */
  readonly codecs: number;
  /** Percent of a core for each call, of two legs. */
  readonly cpu: number;
  /** Packets passed on, of those that should have been. */
  readonly delivered: number;
  /** Milliseconds between two packets of a stream, at the phone that gets it. */
  readonly p50: number;
  readonly p99: number;
}

/** Of both directions. */
const PACKETS_A_SECOND = 100;

async function measure(relay: BridgeRelay, calls: number, duration: number): Promise<BridgeCost> {
  const [, second = 'PCMU'] = relay.split('-') as ['PCMU', StartBridging['second']?];
  const bare = relay === 'bare dgram';
  const { cpu, elapsed, arrived, p50, p99 } = await measureCalls(
    {
      program: bare ? 'bridge-floor' : 'bridge-engine',
      start: (sink): StartBridging => {
        return { type: 'start', calls, second: bare ? 'PCMU' : second, worker: true, sink };
      },
      // Those who have agreed on PCMA take PCMU for it.
      streams: { codecs: ['PCMU', second === 'opus' ? 'opus' : 'PCMU'] },
    },
    duration,
  );
  return {
    relay,
    calls,
    packet: cpu / arrived,
    codecs: relay === 'PCMU-opus' ? codecCost('PCMU', 'opus', calls) : 0,
    cpu: (100 * cpu) / elapsed / calls,
    delivered: arrived / (calls * PACKETS_A_SECOND * (elapsed / 1_000_000)),
    p50,
    p99,
  };
}

function print(cost: BridgeCost, floor: BridgeCost): void {
  console.log(
    [
      cost.relay.padEnd(12),
      `${cost.calls} calls`.padStart(10),
      `${cost.packet.toFixed(2)} µs`.padStart(11),
      `${cost.cpu.toFixed(3)} %`.padStart(10),
      `${cost.codecs.toFixed(2)} µs`.padStart(11),
      ((cost.packet - cost.codecs) / floor.packet).toFixed(2).padStart(8),
      `${(100 * cost.delivered).toFixed(1)} %`.padStart(11),
      cost.p50.toFixed(1).padStart(7),
      cost.p99.toFixed(1).padStart(7),
    ].join(''),
  );
}

/** Measures all cases and prints them as they come. */
export async function run(options: BridgeBenchOptions = {}): Promise<BridgeCost[]> {
  console.log('CPU for each packet passed on, and in % of a core for each call (100 packets/s);');
  console.log(
    'what is not the codecs’ beside bare sockets; spacing of packets as they arrive, in ms',
  );
  console.log(`${''.padEnd(22)}     packet      call     codecs   ratio  delivered    p50    p99`);
  const results: BridgeCost[] = [];
  const duration = options.duration ?? 10_000;
  for (const calls of options.calls ?? [50, 200]) {
    const floor = await measure('bare dgram', calls, duration);
    print(floor, floor);
    results.push(floor);
    for (const relay of ['PCMU-PCMU', 'PCMU-PCMA', 'PCMU-opus'] as const) {
      const cost = await measure(relay, calls, duration);
      print(cost, floor);
      results.push(cost);
    }
  }
  return results;
}

if (require.main === module) {
  void run(process.argv.includes('--quick') ? { duration: 3_000, calls: [50] } : {});
}
