/** The far end of all calls: takes their packets, measures their spacing, and sends streams of its own. */
import { createSocket } from 'node:dgram';
import { RealClock } from '../../../runtime/core/clock';
import { HOST, tell, type ToSink } from './media-protocol';

/** Of spacings, in hundredths of a millisecond. */
const BINS = 50_000;
const SLOTS = 4;

const clock = new RealClock();
const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 4 * 1024 * 1024,
  lookup: (host, _options, done) => {
    done(null, host, 4);
  },
});
const control = createSocket('udp4');
control.on('message', () => undefined);

const lastArrival = new Map<number, number>();
const spacings = new Uint32Array(BINS);
const targets: { readonly port: number; readonly packet: Buffer; sequence: number }[] = [];
const answered = new Set<number>();
let answering = false;
let packets = 0;
let max = 0;

socket.on('message', (packet, { port }) => {
  const now = clock.now();
  if (answering && !answered.has(port)) {
    answered.add(port);
    addTarget(port);
  }
  const ssrc = packet.readUInt32BE(8);
  const last = lastArrival.get(ssrc);
  lastArrival.set(ssrc, now);
  packets += 1;
  if (last === undefined) return;
  const spacing = now - last;
  if (spacing > max) max = spacing;
  const bin = Math.min(BINS - 1, Math.round(spacing * 100));
  spacings[bin] = (spacings[bin] as number) + 1;
});

function percentile(part: number): number {
  const total = spacings.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    seen += spacings[bin] as number;
    if (seen >= total * part) return bin / 100;
  }
  return Number.NaN;
}

function addTarget(port: number): void {
  const packet = Buffer.alloc(172, 0x2a);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt32BE(0x1000_0000 + targets.length, 8);
  targets.push({ port, packet, sequence: targets.length });
}

/** 50 packets a second to each target, spread over the 20 ms; now and then a receiver report. */
function stream(host: string): void {
  let next = clock.now() + 5;
  let slot = 0;
  const tick = (): void => {
    for (let index = slot; index < targets.length; index += SLOTS) {
      const target = targets[index] as (typeof targets)[number];
      target.sequence += 1;
      target.packet.writeUInt16BE(target.sequence & 0xffff, 2);
      target.packet.writeUInt32BE((target.sequence * 160) >>> 0, 4);
      socket.send(target.packet, 0, 172, target.port, host);
      if (target.sequence % 250 === 0) {
        const report = Buffer.from([0x80, 201, 0, 1, ...target.packet.subarray(8, 12)]);
        control.send(report, target.port + 1, host);
      }
    }
    slot = (slot + 1) % SLOTS;
    next += 20 / SLOTS;
    clock.setTimeout(tick, Math.max(0, next - clock.now()));
  };
  tick();
}

process.on('message', (message: ToSink) => {
  switch (message.type) {
    case 'stream':
      for (const port of message.ports) addTarget(port);
      stream(message.host);
      return;
    case 'answer':
      answering = true;
      stream(HOST);
      return;
    case 'mark':
      spacings.fill(0);
      packets = 0;
      max = 0;
      return;
    case 'report':
      tell({ type: 'report', packets, p50: percentile(0.5), p99: percentile(0.99), max });
  }
});

/** An even port whose successor is free too. */
function bind(port: number): void {
  socket.bind(port, HOST, () => {
    control.bind(port + 1, HOST, () => {
      tell({ type: 'ready', port });
    });
  });
}

bind(45_000);
