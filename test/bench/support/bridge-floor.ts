/** The floor: two sockets a call, and whatever comes to one leaves by the other as it is. */
import type { Socket } from 'node:dgram';
import { bareSocket } from './bare-socket';
import { beMeasured } from './measured';
import type { StartBridging } from './media-protocol';

const sockets: Socket[] = [];
let relayed = 0;

beMeasured<StartBridging>({
  async start({ calls, sink }) {
    const relay = (from: Socket, to: Socket): void => {
      from.on('message', (packet) => {
        // A report for the port beside it, which may be one of these: no part of the media.
        if (packet.length < 12) return;
        relayed += 1;
        to.send(packet, sink.port, sink.host);
      });
    };
    for (let call = 0; call < calls; call += 1) {
      const first = await bareSocket();
      const second = await bareSocket();
      relay(first, second);
      relay(second, first);
      sockets.push(first, second);
    }
    return sockets.map((socket) => socket.address().port);
  },
  counted: () => relayed,
  stop() {
    for (const socket of sockets) socket.close();
    return Promise.resolve(0);
  },
});
