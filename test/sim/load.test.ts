import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import { RawCaller } from './support/raw-caller';
import type { World } from './support/world';

const open = oneWorld();

async function answered(world: World): Promise<SimulatedPhone> {
  const phone = await SimulatedPhone.open(world, { flow: 'echo' });
  await world.until(phone.dial().answered());
  return phone;
}

test('calls beyond maxCalls get 503 with Retry-After and no record; when one ends there is room again', async () => {
  const world = await open({ config: { sip: { maxCalls: 2 } } });
  const phones = [await answered(world), await answered(world)];
  const third = await RawCaller.open(world, world.random(9));
  await world.until(third.call());
  expect(third.final?.status).toBe(503);
  expect(third.final?.retryAfter).toBeGreaterThan(0);
  phones[0]?.hangUp();
  await world.run(100);
  const fourth = await answered(world);
  expect(world.server.open).toMatchObject({ calls: 2, flows: 2, sessions: 2, mediaSessions: 2 });
  for (const phone of [...phones, fourth]) phone.hangUp();
  await world.run(100);
  expect(world.records).toHaveLength(3);
});

test('while it drains new calls get 503, OPTIONS too, and those in progress finish', async () => {
  const world = await open();
  const phone = await answered(world);
  const drained = world.server.drain(60_000);
  const late = await RawCaller.open(world, world.random(9));
  await world.until(late.call());
  expect(late.final?.status).toBe(503);
  expect(late.final?.retryAfter).toBeGreaterThan(0);
  const options = await world.until(late.ask('OPTIONS', { cseq: 2, to: '<sip:10.0.0.1>' }));
  expect(options?.status).toBe(503);
  await world.run(20_000);
  expect(phone.end).toBeUndefined();
  phone.hangUp();
  await world.until(drained, 1_000);
  expect(world.records).toMatchObject([{ end: { by: 'caller', cause: 'bye' } }]);
});

test('calls that outlast the drain time-out are ended with that reason, their recordings whole', async () => {
  const world = await open();
  const phone = await SimulatedPhone.open(world, { flow: 'voicemail' });
  await world.until(phone.dial().answered());
  await world.run(8_000);
  phone.speak(60_000);
  const begun = world.clock.now();
  await world.until(world.server.drain(5_000));
  expect(world.clock.now() - begun).toBeGreaterThanOrEqual(5_000);
  expect(world.clock.now() - begun).toBeLessThan(5_500);
  await world.run(10);
  expect(phone.end).toMatchObject({ by: 'remote', cause: 'bye', reason: 'Server shutting down' });
  const record = world.record(phone.callId);
  expect(record.end).toMatchObject({ by: 'system', cause: 'shutdown', status: 503 });
  expect(record.recordings).toMatchObject([{ endedBy: 'stopped' }]);
});

test('a caller that is gone does not hold the drain up for long', async () => {
  const world = await open();
  const phone = await answered(world);
  world.cut(phone.host);
  await world.until(world.server.drain(1_000), 4_000);
  expect(world.record(phone.callId).end).toMatchObject({ by: 'system', cause: 'shutdown' });
  phone.hangUp();
});

test('closing at once ends what is left', async () => {
  const world = await open();
  const phones = [await answered(world), await answered(world)];
  await world.until(world.server.close());
  for (const phone of phones) expect(phone.end).toMatchObject({ by: 'remote', cause: 'bye' });
  expect(world.records).toHaveLength(2);
  expect(world.server.open).toEqual({
    ...{ calls: 0, flows: 0, sessions: 0, transactions: 0, mediaSessions: 0, mediaPorts: 0 },
    ...{
      forwarded: 0,
      outboundCalls: 0,
      mediaWorkers: 0,
      streams: 0,
      recognitions: 0,
      webRequests: 0,
      replacedFlows: 0,
    },
  });
});
