/**
 * What a whole menu call costs: answer, a prompt playing, one RFC 4733 digit after half a second, the
 * branch, half a second of another prompt, BYE from us. sipp is the caller; a sink takes the packets.
 */
import { createSocket, type Socket } from 'node:dgram';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, writeWav } from '../../runtime/prompt/wav';
import { drive } from './support/load';
import { stop } from './support/process';
import { startCallchart } from './support/servers';

const quick = process.argv.includes('--quick');
const rate = 250;

/** The two prompts: the shipped menu, and half a second of it. */
function prompts(): string {
  const directory = mkdtempSync(join(tmpdir(), 'callchart-menu-'));
  const menu = join(__dirname, '..', '..', 'prompts', 'en', 'menu.wav');
  copyFileSync(menu, join(directory, 'menu.wav'));
  const { sampleRate, samples } = readWav(readFileSync(menu));
  writeFileSync(
    join(directory, 'branch.wav'),
    writeWav({ sampleRate, samples: samples.subarray(0, sampleRate / 2) }),
  );
  return directory;
}

/** Takes what is sent before the caller's first packet latches the stream to sipp's own port. */
function sink(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  return new Promise((resolve) => socket.bind(6_700, '127.0.0.1', () => resolve(socket)));
}

/** The floor: what it costs to hand a packet to the kernel, in milliseconds. */
async function sendCost(target: number): Promise<number> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (_host, _options, done) => done(null, '127.0.0.1', 4),
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const packet = Buffer.alloc(172);
  const count = 50_000;
  const before = process.cpuUsage();
  for (let sent = 0; sent < count; sent += 50) {
    for (let i = 0; i < 50; i += 1) socket.send(packet, target, '127.0.0.1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  socket.close();
  return (user + system) / 1_000 / count;
}

async function main(): Promise<void> {
  const taker = await sink();
  const directory = prompts();
  const server = await startCallchart(15_070, 'menu', { prompts: directory });
  try {
    const load = { scenario: 'menu.xml', service: 'menu', port: server.port };
    await drive(server.process, { ...load, rate, calls: quick ? 500 : 4_000 });
    const result = await drive(server.process, { ...load, rate, calls: rate * (quick ? 5 : 20) });
    const floor = 58 * (await sendCost(6_701));
    console.log(
      `menu call at ${rate} calls/s: ${result.cpuPerCall.toFixed(3)} ms CPU a call, ${result.calls} calls, ${result.failed} failed, ${result.retransmissions} retransmissions`,
    );
    console.log(`floor, 58 packets by bare dgram: ${floor.toFixed(3)} ms CPU`);
  } finally {
    await stop(server.process);
    taker.close();
    rmSync(directory, { recursive: true });
  }
}

void main();
