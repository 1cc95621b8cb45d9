/** An app that sends back what it hears: bare `ws`, which looks at no message longer than it must. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { beMeasured } from './measured';

const app = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
let echoed = 0;

app.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    if (!data.subarray(0, 16).includes('media')) return;
    echoed += 1;
    socket.send(data, { binary: false });
  });
});

beMeasured({
  async start() {
    if (app.address() === null) await once(app, 'listening');
    return [(app.address() as AddressInfo).port];
  },
  counted: () => echoed,
  async stop() {
    for (const client of app.clients) client.terminate();
    await new Promise((resolve) => app.close(resolve));
    return 0;
  },
});
