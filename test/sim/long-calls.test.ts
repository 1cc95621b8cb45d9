import { performance } from 'node:perf_hooks';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import { RawCaller } from './support/raw-caller';

const open = oneWorld();

function count(messages: readonly string[], pattern: RegExp): number {
  return messages.filter((message) => pattern.test(message)).length;
}

test('five minutes cost seconds at most: the session is refreshed, RTCP measures, maxDuration ends it', async () => {
  const world = await open({ keepMessages: true });
  world.network.conditions = {
    ...{ loss: 0, duplication: 0, reordering: 0, reorderDelay: 0 },
    delay: { min: 20, max: 20 },
  };
  const phone = await SimulatedPhone.open(world, { flow: 'echo', sessionExpires: 90 });
  phone.dial();
  const begun = performance.now();
  await world.until(phone.over(), 400_000);
  expect(performance.now() - begun).toBeLessThan(15_000);
  const record = world.record(phone.callId);
  expect(record.talked).toBeGreaterThan(300_000);
  expect(record.end).toMatchObject({ by: 'flow', cause: 'bye' });
  // RFC 4028 §10: at half of ninety seconds, by the one who called.
  expect(count(world.messages, / in \S+ UPDATE /)).toBe(6);
  expect(record.media).toMatchObject({ codec: 'PCMU', packetsLost: 0, packetsDiscarded: 0 });
  expect(record.media?.roundTrip).toBeGreaterThanOrEqual(39);
  expect(record.media?.roundTrip).toBeLessThanOrEqual(42);
  // Fifty a second, both ways.
  expect(record.media?.packetsReceived).toBeGreaterThan(14_500);
  expect(record.media?.packetsSent).toBeGreaterThan(14_500);
});

test('a caller who does not refresh is refreshed by us', async () => {
  const world = await open({ config: { sip: { sessionExpires: 90_000 } }, keepMessages: true });
  const caller = await RawCaller.open(world, world.random(9), 'echo');
  await world.until(caller.call());
  void caller.murmur(120_000);
  await world.run(120_000);
  // It knows neither the session timer nor UPDATE: re-INVITEs it is.
  expect(caller.requests('INVITE').length).toBeGreaterThan(0);
  await world.until(caller.ask('BYE'));
  expect(world.record(caller.callId).end).toMatchObject({ by: 'caller', cause: 'bye' });
});

test('a session that nobody refreshes any more expires with that reason', async () => {
  const world = await open({ config: { media: { timeout: 0 } } });
  const phone = await SimulatedPhone.open(world, { flow: 'echo', sessionExpires: 90 });
  await world.until(phone.dial().answered());
  world.cut(phone.host);
  await world.run(90_000);
  expect(world.record(phone.callId).end).toMatchObject({
    ...{ by: 'system', cause: 'session-timer', status: 408 },
  });
  phone.hangUp();
});

test('a call without audio from the caller ends by media time-out, and the BYE says so', async () => {
  const world = await open({ keepMessages: true });
  const phone = await SimulatedPhone.open(world, { flow: 'echo', speaks: false });
  await world.until(phone.dial().answered());
  await world.run(14_000);
  expect(phone.end).toBeUndefined();
  await world.run(3_000);
  expect(phone.end).toMatchObject({ by: 'remote', cause: 'bye', reason: 'Media timeout' });
  expect(world.record(phone.callId)).toMatchObject({
    end: { by: 'system', cause: 'media-timeout', status: 408 },
    media: { packetsReceived: 0 },
  });
  expect(count(world.messages, /out \S+ BYE [^]*Reason: SIP;cause=408/)).toBe(1);
});

test('audio that stops in the middle of a call ends it after the time-out', async () => {
  const world = await open();
  const phone = await SimulatedPhone.open(world, { flow: 'echo' });
  await world.until(phone.dial().answered());
  await world.run(30_000);
  world.link(phone.host, {
    ...{ delay: { min: 1, max: 1 }, loss: 1, duplication: 0, reordering: 0, reorderDelay: 0 },
  });
  await world.run(17_000);
  expect(world.record(phone.callId)).toMatchObject({ end: { cause: 'media-timeout' } });
  expect(world.record(phone.callId).talked).toBeGreaterThan(44_000);
  phone.hangUp();
});

test.each(['sendonly', 'inactive', 'blackhole'] as const)(
  'a hold (%s) may last longer than the media time-out; the call goes on after it',
  async (style) => {
    const world = await open();
    const phone = await SimulatedPhone.open(world, { flow: 'echo' });
    await world.until(phone.dial().answered());
    await world.run(6_000);
    const held = await world.until(phone.hold(style));
    expect(held).toMatchObject({ type: 'response', response: { status: 200 } });
    // Nothing at all comes from a phone that holds, not even music.
    phone.media.play([]);
    await world.run(60_000);
    expect(phone.end).toBeUndefined();
    await world.until(phone.resume());
    await world.run(3_000);
    expect(phone.end).toBeUndefined();
    phone.hear();
    phone.speak(2_000);
    await world.run(2_500);
    // The echo is back.
    expect(phone.loudFrames).toBeGreaterThan(70);
    phone.hangUp();
    await world.run(100);
    expect(world.record(phone.callId).end).toMatchObject({ by: 'caller', cause: 'bye' });
  },
);

test('a call that lasts for maxCallDuration is hung up with that reason', async () => {
  const world = await open({ config: { sip: { maxCallDuration: 60_000 } } });
  const phone = await SimulatedPhone.open(world, { flow: 'echo' });
  phone.dial();
  await world.until(phone.over(), 70_000);
  expect(phone.end).toMatchObject({ by: 'remote', cause: 'bye', reason: 'Call too long' });
  const record = world.record(phone.callId);
  expect(record.end).toMatchObject({ by: 'system', cause: 'max-duration' });
  expect(record.duration).toBe(60_000);
});
