import { trace } from '../../runtime/core/trace';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import { audioPacket, eventPacket, sendGarbage, strangerSocket } from './support/stray-media';
import { serverAddress, type World } from './support/world';

const open = oneWorld();
const ignore = (): void => undefined;

/** Calls the echo and gets past its welcome. */
async function echoed(world: World): Promise<SimulatedPhone> {
  const phone = await SimulatedPhone.open(world, { flow: 'echo' });
  await world.until(phone.dial().answered());
  await world.run(5_000);
  return phone;
}

/** Says something, and expects to hear it. */
async function expectEcho(world: World, phone: SimulatedPhone): Promise<void> {
  const before = phone.loudFrames;
  phone.hear();
  phone.speak(1_000);
  await world.run(1_500);
  expect(phone.loudFrames - before).toBeGreaterThan(40);
}

async function hangUp(world: World, phone: SimulatedPhone): Promise<void> {
  phone.hangUp();
  await world.run(100);
  expect(world.record(phone.callId).end).toMatchObject({ by: 'caller', cause: 'bye' });
}

test('whatever strangers send, the call keeps its own audio and its own keys', async () => {
  const world = await open();
  const phone = await echoed(world);
  const drops = new Map<string, number>();
  const stop = trace.drop.subscribe(({ layer, reason }) => {
    if (layer === 'media') drops.set(reason, (drops.get(reason) ?? 0) + 1);
  });
  for (let round = 0; round < 5; round += 1) {
    await sendGarbage(world, phone, world.random(20 + round));
    await world.run(200);
  }
  stop();
  await expectEcho(world, phone);
  expect(drops.get('stranger')).toBeGreaterThan(50);
  expect(drops.get('payload-type-unknown')).toBeGreaterThan(50);
  await hangUp(world, phone);
  const record = world.record(phone.callId);
  expect(record.media?.packetsDiscarded).toBeGreaterThan(300);
  // No key of the strangers', who pressed 0, 1 and 2.
  expect(record.media?.digits).toBe(0);
});

test('a stranger who calls loudest does not get the audio sent to him', async () => {
  const world = await open();
  const phone = await echoed(world);
  const stranger = world.newHost();
  let stolen = 0;
  const socket = await world.network.bind(
    { host: stranger, port: 33_000 },
    {
      onDatagram: () => {
        stolen += 1;
      },
      onSocketError: ignore,
    },
  );
  world.onClose(() => socket.close());
  const { host, port } = phone.serverMedia;
  for (let sent = 0; sent < 100; sent += 1) {
    socket.send(audioPacket(sent, 4_711), host, port, ignore);
    socket.send(eventPacket(sent + 100, 4_711, 1), host, port, ignore);
    await world.run(10);
  }
  await expectEcho(world, phone);
  expect(stolen).toBe(0);
  await hangUp(world, phone);
});

test('the wrong SSRC from the right address does not break the stream', async () => {
  const world = await open();
  const phone = await echoed(world);
  const { host, port } = phone.serverMedia;
  // Sent as if by the phone's own socket.
  for (let sent = 0; sent < 20; sent += 1) {
    world.network.transmit(phone.media.local, audioPacket(sent * 9, 1_000 + sent), { host, port });
    await world.run(60);
  }
  await expectEcho(world, phone);
  await hangUp(world, phone);
  expect(world.record(phone.callId).media?.packetsDiscarded).toBeGreaterThan(10);
});

test('nothing but garbage is no audio: the call ends by media time-out', async () => {
  const world = await open();
  const phone = await SimulatedPhone.open(world, { flow: 'echo', speaks: false });
  await world.until(phone.dial().answered());
  const { host, port } = phone.serverMedia;
  for (let second = 0; second < 17; second += 1) {
    const noise = audioPacket(second, 5, 99);
    world.network.transmit(phone.media.local, noise, { host, port });
    world.network.transmit(phone.media.local, noise.subarray(0, 7), { host, port });
    await world.run(1_000);
  }
  expect(world.record(phone.callId).end).toMatchObject({ by: 'system', cause: 'media-timeout' });
  expect(phone.end).toMatchObject({ by: 'remote', cause: 'bye' });
});

test('RTP at the SIP port, and SIP at an RTP port, are dropped', async () => {
  const world = await open();
  const phone = await echoed(world);
  const socket = await strangerSocket(world);
  const { host, port } = phone.serverMedia;
  for (let sent = 0; sent < 20; sent += 1) {
    socket.send(audioPacket(sent, 9), serverAddress.host, serverAddress.port, ignore);
    socket.send(Buffer.from('OPTIONS sip:x SIP/2.0\r\n\r\n'), host, port, ignore);
  }
  await world.run(100);
  await expectEcho(world, phone);
  await hangUp(world, phone);
});
