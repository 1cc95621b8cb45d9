/** The floor: a socket a call and one timer, the same packets, and not a thought about them. */
import type { Socket } from 'node:dgram';
import { RealClock, type TimerHandle } from '../../../runtime/core/clock';
import { bareSocket } from './bare-socket';
import { beMeasured } from './measured';
import type { StartSending } from './media-protocol';

const clock = new RealClock();
const sockets: Socket[] = [];
let heard = 0;
let timer: TimerHandle | undefined;

beMeasured<StartSending>({
  async start({ calls, listen, sink }) {
    const streams: { send(): void }[] = [];
    for (let call = 0; call < calls; call += 1) {
      const socket = await bareSocket();
      sockets.push(socket);
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
    }
    let next = clock.now() + 20;
    const tick = (): void => {
      for (const stream of streams) stream.send();
      next += 20;
      timer = clock.setTimeout(tick, Math.max(0, next - clock.now()));
    };
    timer = clock.setTimeout(tick, 20);
    return sockets.map((socket) => socket.address().port);
  },
  counted: () => heard,
  stop() {
    clock.clearTimeout(timer);
    for (const socket of sockets) socket.close();
    return Promise.resolve(0);
  },
});
