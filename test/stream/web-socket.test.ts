import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { settle } from '../../runtime/core/virtual-clock';
import { webSockets } from '../../runtime/stream/web-socket';
import { hear, heardBy, indexOfSamples, noiseClip, throughCodec } from '../support/media-pair';
import { streamedCall, type StreamedCall, type Streaming } from './support/streamed-call';

let world: StreamedCall;
let app: WebSocketServer;

beforeEach(async () => {
  world = await streamedCall({ openSocket: webSockets() });
  app = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(app, 'listening');
});

afterEach(async () => {
  for (const client of app.clients) client.terminate();
  await until(() => world.streams.count === 0);
  await new Promise((resolve) => app.close(resolve));
  await world.close();
});

function urlOfApp(): string {
  return `ws://127.0.0.1:${(app.address() as AddressInfo).port}/call`;
}

/** Lets the real sockets do what they have to, while the call's time stands still. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await settle();
}

async function ended(streaming: Streaming): Promise<Streaming['end']> {
  await until(() => streaming.end !== undefined);
  return streaming.end;
}

it('lets an echo bot behind a real WebSocket hear the caller and answer him', async () => {
  const { pair, started } = world;
  let media = 0;
  app.on('connection', (socket: WebSocket) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { event: string; media?: object };
      if (message.event !== 'media') return;
      media += 1;
      socket.send(JSON.stringify(message));
    });
  });
  hear(pair.a);
  const streaming = world.stream({ url: urlOfApp() });
  await until(() => started.length > 0);
  const said = noiseClip(600, 3);
  pair.a.session.play([{ type: 'clip', clip: said }]);
  for (let frame = 1; frame <= 60; frame += 1) {
    const before = media;
    await pair.clock.run(20);
    // The bot is as quick as the network: its answer is there before the next packet.
    await until(() => media > before || frame < 5);
    for (let turn = 0; turn < 20; turn += 1) await settle();
  }
  const echoed = throughCodec(throughCodec(said.samples));
  expect(indexOfSamples(heardBy(pair.a), echoed)).toBeGreaterThanOrEqual(0);
  for (const client of app.clients) client.close(1000);
  expect(await ended(streaming)).toMatchObject({ type: 'ended', endedBy: 'app' });
});
