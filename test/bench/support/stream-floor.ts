/** The floor: bare WebSockets that send what a stream sends, 50 messages a second each, and take the echo. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { RealClock } from '../../../runtime/core/clock';
import { MessageWriter } from '../../../runtime/stream/messages';
import { silentLogger } from '../../../runtime/core/logger';
import { Pacer } from '../../../runtime/media/pacer';
import { beMeasured } from './measured';

export interface StartFloor {
  readonly type: 'start';
  readonly calls: number;
  readonly app: number;
  readonly encoding: 'mulaw' | 'l16';
}

const sockets: WebSocket[] = [];
const clock = new RealClock();
const pacer = new Pacer({ clock, logger: silentLogger, period: 20, slots: 4, catchUp: 2 });
let echoed = 0;

/** A message as long as those of a stream that has run for a while. */
function textOf(encoding: StartFloor['encoding']): string {
  return new MessageWriter({
    ...{ streamSid: `MZ${'0'.repeat(32)}`, accountSid: '', callSid: '', tracks: [] },
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
    customParameters: {},
  }).media(
    'inbound',
    1_000,
    20_000,
    Buffer.alloc(encoding === 'mulaw' ? 160 : 640, 0x55).toString('base64'),
  );
}

beMeasured<StartFloor>({
  async start({ calls, app, encoding }) {
    const text = textOf(encoding);
    for (let index = 0; index < calls; index += 1) {
      const socket = new WebSocket(`ws://127.0.0.1:${app}`, { perMessageDeflate: false });
      sockets.push(socket);
      socket.on('message', () => {
        echoed += 1;
      });
      await once(socket, 'open');
      pacer.join({ onTick: () => socket.send(text) });
    }
    return [];
  },
  counted: () => echoed,
  stop() {
    pacer.close();
    for (const socket of sockets) socket.terminate();
    return Promise.resolve(0);
  },
});
