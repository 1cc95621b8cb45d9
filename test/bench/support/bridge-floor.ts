/** The floor: two sockets a call, and whatever comes to one leaves by the other as it is. */
import { createSocket, type Socket } from 'node:dgram';
import { RealClock } from '../../../runtime/core/clock';
import type { StartBridging, ToBridger } from './bridge-protocol';
import { HOST, tell } from './media-protocol';

const clock = new RealClock();
let relayed = 0;
let mark = { cpu: process.cpuUsage(), time: clock.now(), relayed };

async function bound(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, done) => {
      done(null, host, 4);
    },
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, HOST, resolve);
  });
  return socket;
}

async function start({ calls, sink }: StartBridging): Promise<void> {
  const ports: number[] = [];
  const relay = (from: Socket, to: Socket): void => {
    from.on('message', (packet) => {
      // A report for the port beside it, which may be one of these: no part of the media.
      if (packet.length < 12) return;
      relayed += 1;
      to.send(packet, sink.port, sink.host);
    });
    ports.push(from.address().port);
  };
  for (let call = 0; call < calls; call += 1) {
    const first = await bound();
    const second = await bound();
    relay(first, second);
    relay(second, first);
  }
  tell({ type: 'ready', ports });
}

process.on('message', (message: ToBridger) => {
  switch (message.type) {
    case 'start':
      void start(message);
      return;
    case 'mark':
      mark = { cpu: process.cpuUsage(), time: clock.now(), relayed };
      return;
    case 'report': {
      const { user, system } = process.cpuUsage(mark.cpu);
      const elapsed = (clock.now() - mark.time) * 1_000;
      tell({ type: 'report', cpu: user + system, elapsed, heard: relayed - mark.relayed });
    }
  }
});
