/**
 * What a call costs: INVITE, 100, 200, ACK, BYE, 200 with a flow that answers and waits, and the RTP
 * ports open; beside the npm `sip` package doing the same without a flow. sipp is the caller.
 */
import { drive, type LoadResult } from './support/load';
import { sleep, stop } from './support/process';
import { type Server, startCallchart, startPeer } from './support/servers';

const quick = process.argv.includes('--quick');

/** Calls after which the compiler has done its work, for each server alike. */
const warmUp = quick ? 2_000 : 10_000;

function print(name: string, rate: number, result: LoadResult): void {
  console.log(
    [
      name.padEnd(22),
      `${rate} calls/s`.padStart(13),
      `${result.cpuPerCall.toFixed(3)} ms CPU a call`.padStart(24),
      `${result.calls} calls`.padStart(13),
      `${result.failed} failed`.padStart(10),
      `${result.retransmissions} retransmissions`.padStart(20),
    ].join(''),
  );
}

async function measure(server: Server, rate: number, seconds: number): Promise<LoadResult> {
  const load = { scenario: 'call.xml', service: 'wait', port: server.port, rate };
  const result = await drive(server.process, { ...load, calls: rate * seconds });
  print(server.name, rate, result);
  return result;
}

async function main(): Promise<void> {
  const seconds = quick ? 5 : 20;
  const servers = [
    await startCallchart(15_060, 'wait'),
    await startPeer(15_062, true),
    await startPeer(15_064, false),
  ];
  try {
    for (const server of servers) {
      await drive(server.process, {
        scenario: 'call.xml',
        service: 'wait',
        port: server.port,
        rate: 800,
        calls: warmUp,
      });
    }
    for (const rate of [400, 1_000]) {
      for (const server of servers) await measure(server, rate, seconds);
    }
  } finally {
    for (const server of servers) await stop(server.process);
  }
  await sleep(500);
  console.log(`on one core, sipp on the other, for ${quick ? 10 : 60} s:`);
  const server = await startCallchart(15_066, 'wait', { core: 0 });
  try {
    await drive(server.process, {
      ...{ scenario: 'call.xml', service: 'wait', port: server.port, rate: 800, calls: warmUp },
      core: 1,
    });
    const load = { scenario: 'call.xml', service: 'wait', port: server.port, rate: 1_200, core: 1 };
    print(
      'callchart',
      1_200,
      await drive(server.process, { ...load, calls: quick ? 12_000 : 72_000 }),
    );
  } finally {
    await stop(server.process);
  }
}

void main();
