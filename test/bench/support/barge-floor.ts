/** The floor: bare sockets that send on a timer to whoever has sent first, and are silent when he sends again. */
import type { Socket } from 'node:dgram';
import { RealClock, type TimerHandle } from '../../../runtime/core/clock';
import { bareSocket } from './bare-socket';
import { beMeasured } from './measured';

/** Milliseconds; as the flow that it stands beside. */
const SILENCE = 600;

const clock = new RealClock();
const sockets: Socket[] = [];
let timer: TimerHandle | undefined;

beMeasured<{ readonly type: 'start'; readonly calls: number }>({
  async start({ calls }) {
    const streams: (() => void)[] = [];
    const packet = Buffer.alloc(172, 0x55);
    for (let call = 0; call < calls; call += 1) {
      const socket = await bareSocket();
      sockets.push(socket);
      let peer: number | undefined;
      let silentUntil = 0;
      socket.on('message', (_packet, { port, address }) => {
        if (peer !== undefined) silentUntil = clock.now() + SILENCE;
        else {
          peer = port;
          streams.push(() => {
            if (clock.now() >= silentUntil) socket.send(packet, port, address);
          });
        }
      });
    }
    let next = clock.now() + 20;
    const tick = (): void => {
      for (const send of streams) send();
      next += 20;
      timer = clock.setTimeout(tick, Math.max(0, next - clock.now()));
    };
    tick();
    return sockets.map((socket) => socket.address().port);
  },
  counted: () => 0,
  stop() {
    clock.clearTimeout(timer);
    for (const socket of sockets) socket.close();
    return Promise.resolve(0);
  },
});
