/** The far end of all calls: takes their packets, measures their spacing, and sends streams of its own. */
import { createSocket, type Socket } from 'node:dgram';
import { RealClock } from '../../../runtime/core/clock';
import { HOST, tell, type ToSink } from './media-protocol';
import { SinkStream } from './sink-streams';

/** Of spacings, in hundredths of a millisecond. */
const BINS = 50_000;
const SLOTS = 4;
const PORTS = { first: 45_000, last: 45_998 };

const clock = new RealClock();
let socket: Socket;
let control: Socket;

const lastArrival = new Map<number, number>();
const spacings = new Uint32Array(BINS);
const targets: SinkStream[] = [];
const answered = new Set<number>();
let answering = false;
let packets = 0;
let max = 0;

function onPacket(packet: Buffer, port: number): void {
  const now = clock.now();
  if (answering && !answered.has(port)) {
    answered.add(port);
    targets.push(new SinkStream(port, targets.length, {}));
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
}

function percentile(part: number): number {
  const total = spacings.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    seen += spacings[bin] as number;
    if (seen >= total * part) return bin / 100;
  }
  return Number.NaN;
}

/** 50 packets a second to each target, spread over the 20 ms; now and then a receiver report. */
function stream(host: string): void {
  let next = clock.now() + 5;
  let slot = 0;
  const tick = (): void => {
    for (let index = slot; index < targets.length; index += SLOTS) {
      const target = targets[index] as SinkStream;
      socket.send(target.next(), target.port, host);
      if (target.sequence % 250 === 0) control.send(target.report(), target.port + 1, host);
    }
    slot = (slot + 1) % SLOTS;
    next += 20 / SLOTS;
    clock.setTimeout(tick, Math.max(0, next - clock.now()));
  };
  tick();
}

process.on('message', (message: ToSink) => {
  switch (message.type) {
    case 'stream': {
      const { ports, host } = message;
      for (const port of ports) targets.push(new SinkStream(port, targets.length, message));
      stream(host);
      return;
    }
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

/** Undefined when the port is taken. */
function bound(port: number): Promise<Socket | undefined> {
  const made = createSocket({
    type: 'udp4',
    recvBufferSize: 4 * 1024 * 1024,
    lookup: (host, _options, done) => {
      done(null, host, 4);
    },
  });
  return new Promise((resolve) => {
    made.once('error', () => {
      made.close();
      resolve(undefined);
    });
    made.bind({ address: HOST, port, exclusive: true }, () => {
      made.removeAllListeners('error');
      resolve(made);
    });
  });
}

/** An even port whose successor is free too. */
async function bind(): Promise<void> {
  for (let port = PORTS.first; port <= PORTS.last; port += 2) {
    const rtp = await bound(port);
    const rtcp = rtp === undefined ? undefined : await bound(port + 1);
    if (rtp !== undefined && rtcp !== undefined) {
      socket = rtp;
      control = rtcp;
      socket.on('message', (packet, source) => onPacket(packet, source.port));
      // The calls of a process that has ended answer no more.
      for (const each of [socket, control]) each.on('error', () => undefined);
      control.on('message', () => undefined);
      tell({ type: 'ready', port });
      return;
    }
    rtp?.close();
  }
  throw new Error(`no port of ${PORTS.first} to ${PORTS.last} is free`);
}

void bind();
