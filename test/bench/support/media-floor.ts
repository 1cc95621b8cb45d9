/** The floor: a socket a call and one timer, the same packets, and not a thought about them. */
import { createSocket } from 'node:dgram';
import { RealClock } from '../../../runtime/core/clock';
import { HOST, tell, type StartSending, type ToSender } from './media-protocol';

const clock = new RealClock();
let heard = 0;
let mark = { cpu: process.cpuUsage(), time: clock.now(), heard };

async function start({ calls, listen, sink }: StartSending): Promise<void> {
  const ports: number[] = [];
  const streams: { send(): void }[] = [];
  for (let call = 0; call < calls; call += 1) {
    const socket = createSocket({
      type: 'udp4',
      lookup: (host, _options, done) => {
        done(null, host, 4);
      },
    });
    await new Promise<void>((resolve) => {
      socket.bind(0, HOST, resolve);
    });
    if (listen) {
      socket.on('message', () => {
        heard += 1;
      });
    }
    const packet = Buffer.alloc(172, 0x55);
    packet[0] = 0x80;
    packet.writeUInt32BE(call + 1, 8);
    let sequence = 0;
    streams.push({
      send() {
        sequence = (sequence + 1) & 0xffff;
        packet.writeUInt16BE(sequence, 2);
        socket.send(packet, sink.port, sink.host);
      },
    });
    ports.push(socket.address().port);
  }
  let next = clock.now() + 20;
  const tick = (): void => {
    for (const stream of streams) stream.send();
    next += 20;
    clock.setTimeout(tick, Math.max(0, next - clock.now()));
  };
  clock.setTimeout(tick, 20);
  tell({ type: 'ready', ports });
}

process.on('message', (message: ToSender) => {
  switch (message.type) {
    case 'start':
      void start(message);
      return;
    case 'mark':
      mark = { cpu: process.cpuUsage(), time: clock.now(), heard };
      return;
    case 'report': {
      const { user, system } = process.cpuUsage(mark.cpu);
      const elapsed = (clock.now() - mark.time) * 1_000;
      const rss = process.memoryUsage.rss();
      tell({ type: 'report', cpu: user + system, elapsed, heard: heard - mark.heard, rss });
    }
  }
});
