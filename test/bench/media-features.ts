/**
 * What calls cost that do more than play and listen: encryption, recording, conferences; and what memory a call takes.
 * All of them in one media worker, PCMU, 50 packets a second each way. Beside each, in the same run, the floor: bare
 * sockets that send and receive as many packets; and the same calls without the feature. `--quick` for a look.
 */
import type { Feature, StartFeature, StartSending } from './support/media-protocol';
import { measureCalls, type Measurement } from './support/measurement';

export interface FeatureBenchOptions {
  /** Milliseconds of each measurement; 10 000. */
  readonly duration?: number;
  /** Calls, or parties of conferences, at once; 300. */
  readonly calls?: number;
  /** Of recordings, of which some encode; 100. */
  readonly recordings?: number;
}

export interface FeatureCost {
  readonly name: string;
  readonly calls: number;
  /** Percent of a core for each call. */
  readonly cpu: number;
  /** Microseconds of CPU a packet, of those that came and those that left. */
  readonly packet: number;
  /** Packets that arrived at the sink, of those that should have. */
  readonly delivered: number;
  readonly p99: number;
  readonly rss: number;
}

/** Microseconds that encryption may cost a packet, and KB that a call may take. */
const SDES_BUDGET = 4;
const MEMORY_BUDGET = 60;

function costOf(
  name: string,
  calls: number,
  { cpu, elapsed, arrived, p99, rss }: Measurement,
): FeatureCost {
  return {
    ...{ name, calls, p99, rss },
    cpu: (100 * cpu) / elapsed / calls,
    packet: cpu / (2 * arrived),
    delivered: arrived / (calls * 50 * (elapsed / 1_000_000)),
  };
}

async function floor(calls: number, duration: number): Promise<FeatureCost> {
  const start = (sink: StartSending['sink']): StartSending => {
    return { type: 'start', calls, listen: true, worker: false, sink };
  };
  const measured = await measureCalls({ program: 'media-floor', start, streams: {} }, duration);
  return costOf('bare dgram', calls, measured);
}

async function measure(
  name: string,
  feature: Feature,
  calls: number,
  duration: number,
): Promise<FeatureCost> {
  const start = (sink: StartFeature['sink']): StartFeature => {
    return { type: 'start', calls, feature, sink };
  };
  const secure = feature.name === 'listen' && feature.secure;
  const subject = { program: 'feature-engine', start, streams: { secure } };
  return costOf(name, calls, await measureCalls(subject, duration));
}

function print(cost: FeatureCost, beside: FeatureCost, without?: FeatureCost): void {
  const more = without === undefined ? undefined : cost.packet - without.packet;
  console.log(
    [
      cost.name.padEnd(26),
      `${cost.calls} calls`.padStart(10),
      `${cost.cpu.toFixed(3)} %`.padStart(10),
      `${cost.packet.toFixed(2)} µs`.padStart(11),
      (cost.packet / beside.packet).toFixed(2).padStart(8),
      `${(100 * cost.delivered).toFixed(1)} %`.padStart(11),
      cost.p99.toFixed(1).padStart(8),
      without === undefined ? '' : `${(cost.cpu - without.cpu).toFixed(3)} %`.padStart(10),
      more === undefined ? '' : `${more.toFixed(2)} µs`.padStart(11),
    ].join(''),
  );
}

function aim(what: string, value: number, most: number, unit: string): void {
  const missed = value > most ? ': MISSED' : '';
  console.log(`${what}: ${value.toFixed(1)} ${unit}, at most ${most}${missed}\n`);
}

/** KB that each call takes: of many more calls, so that nothing counts that is there once. */
async function memory(
  measured: (calls: number) => Promise<FeatureCost>,
  calls: readonly [number, number],
): Promise<number> {
  const [few, many] = calls;
  const before = await measured(few);
  const after = await measured(many);
  return (after.rss - before.rss) / 1_024 / (many - few);
}

/** Measures all cases and prints them as they come. */
export async function run(options: FeatureBenchOptions = {}): Promise<FeatureCost[]> {
  const { duration = 10_000, calls = 300, recordings = 100 } = options;
  const results: FeatureCost[] = [];
  const keep = (cost: FeatureCost, beside: FeatureCost, without?: FeatureCost): FeatureCost => {
    print(cost, beside, without);
    results.push(cost);
    return cost;
  };
  console.log('% of a core for each call; µs a packet in or out; that beside bare sockets;');
  console.log('spacing of packets as they arrive, in ms; and more than without, of either');
  console.log(`${''.padEnd(41)}CPU     packet   ratio  delivered     p99   more than without`);

  const bare = await floor(calls, duration);
  keep(bare, bare);
  const of = (name: string, feature: Feature, number = calls): Promise<FeatureCost> =>
    measure(name, feature, number, duration);
  const plain = keep(await of('play + listen', { name: 'listen', secure: false }), bare);
  const secure = keep(await of('the same, SDES', { name: 'listen', secure: true }), bare, plain);
  aim('SDES, a packet', secure.packet - plain.packet, SDES_BUDGET, 'µs');

  for (const size of [3, 10, 50]) {
    const feature = { name: 'conference', size } as const;
    keep(await of(`conferences of ${size}`, feature), bare, plain);
  }
  console.log('');

  const few = await floor(recordings, duration);
  keep(few, few);
  const unheard = keep(await of('play, unheard', { name: 'play' }, recordings), few);
  for (const format of ['wav', 'wav-mulaw', 'ogg-opus'] as const) {
    for (const channels of ['peer', 'stereo'] as const) {
      const feature = { name: 'record', format, channels } as const;
      keep(await of(`recorded, ${format} ${channels}`, feature, recordings), few, unheard);
    }
  }
  console.log('');

  const settled = Math.min(duration, 5_000);
  const range = [calls, 4 * calls] as const;
  const bareMemory = await memory((number) => floor(number, settled), range);
  const listen = { name: 'listen', secure: false } as const;
  const each = await memory((number) => measure('memory', listen, number, settled), range);
  console.log(`memory of a call by bare dgram: ${bareMemory.toFixed(1)} KB`);
  aim('memory of a call that plays and listens, in a worker', each, MEMORY_BUDGET, 'KB');
  return results;
}

if (require.main === module) {
  const quick = process.argv.includes('--quick');
  void run(quick ? { duration: 2_000, calls: 100, recordings: 30 } : {});
}
