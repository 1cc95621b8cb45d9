import { join } from 'node:path';
import { below } from '../../runtime/core/random';
import { audioPacket, strangerSocket } from '../sim/support/stray-media';
import { serverAddress, World } from '../sim/support/world';
import { Attacker } from './support/attacker';
import { GoodCall } from './support/good-call';
import { newDialog, offer, request } from './support/messages';
import { mutate, mutateHeaders, tortureMessages } from './support/mutate';
import { expectPeace, memory } from './support/peace';
import { understood, watchServer, type Watch } from './support/watch';

const messages = 10_000;
const seed = 20_260_105;

let world: World;
let watch: Watch;

beforeEach(async () => {
  watch = watchServer([serverAddress.host]);
  const files = [
    join(__dirname, '..', '..', 'flows', 'echo.flow.ts'),
    join(__dirname, '..', 'peers', 'flows', 'wait.flow.ts'),
  ];
  const sip = { maxCalls: 500, maxCallDuration: 300_000 };
  // What is to be seen is what the server bears, not how soon a source is shut out.
  const security = { maxRequestsPerSecond: 0, maxFailures: 0 };
  world = await World.open({ seed, config: { flows: { files }, sip, security } });
});

afterEach(async () => {
  watch.stop();
  await world.close();
  expect(world.clock.pending).toBe(0);
  expect(world.network.open).toBe(0);
});

test(`${messages} spoilt messages: each is answered or counted, and good calls notice nothing (seed ${seed})`, async () => {
  const random = world.random(40);
  const torture = tortureMessages();
  const good = await GoodCall.begin(world);
  const attackers = [await Attacker.open(world, random), await Attacker.open(world, random)];
  const before = await memory(world);
  const ignored: string[] = [];
  for (let i = 0; i < messages; i += 1) {
    const attacker = attackers[i % attackers.length] as Attacker;
    if (i % 50 < attackers.length) await attacker.call();
    const right =
      i % 10 === 9 ? (torture[below(random, torture.length)] as Buffer) : attacker.anyMessage();
    const spoilt = below(random, 3) === 0 ? mutate(right, random) : mutateHeaders(right, random);
    const { reactions } = watch;
    attacker.send(spoilt);
    const message = understood(spoilt);
    if (message !== undefined) watch.expectAnswer(message);
    await world.run(2);
    const keepAlive = /^[\r\n\0]{0,4}$/.test(spoilt.toString('latin1'));
    if (message === undefined && !keepAlive && watch.reactions === reactions) {
      ignored.push(spoilt.toString('latin1'));
    }
    if (i % 1_000 === 999) good.expectHeard();
  }
  await good.expectNormalEnd();
  await expectPeace(world);
  // A few hundred of them began calls.
  expect(world.records.length).toBeGreaterThan(300);
  expect(ignored).toEqual([]);
  expect(watch.unanswered()).toEqual([]);
  // Both ways were taken often, and many answers were given, or the mutations are no good.
  expect(watch.dropped.get('parse-error')).toBeGreaterThan(messages / 4);
  for (const status of [200, 400, 404, 405, 415, 416, 420, 481, 482, 488, 491, 501, 505, 603]) {
    expect([status, watch.answered.get(status) ?? 0]).not.toEqual([status, 0]);
  }
  watch.stop();
  expect((await memory(world)) - before).toBeLessThan(10);
}, 120_000);

test('datagrams without sense, and larger than any message may be, are refused or counted', async () => {
  const random = world.random(41);
  const good = await GoodCall.begin(world);
  const socket = await strangerSocket(world);
  const send = (bytes: Uint8Array): void => {
    socket.send(bytes, serverAddress.host, serverAddress.port, () => undefined);
  };
  const ends = { protocol: 'UDP', ...socket.local, server: '10.0.0.1:5060' } as const;
  const rightRequest = (headers: readonly string[], body = ''): Buffer =>
    request(ends, newDialog(ends, 'wait', random), 'OPTIONS', random, { headers, body });

  // RFC 3261 §21.5.7: 513. More than a datagram can hold, and a head beyond what is read.
  send(rightRequest([], 'x'.repeat(70_000)));
  send(rightRequest([`X-Long: ${'x'.repeat(70_000)}`]));
  send(rightRequest(Array.from({ length: 3_000 }, (_, i) => `X-${i}: many`)));
  await world.run(10);
  expect(watch.answered.get(513)).toBe(2);
  const refused = watch.reactions;
  for (let i = 0; i < 500; i += 1) {
    send(Uint8Array.from({ length: 5 + below(random, 1_500) }, () => below(random, 256)));
    send(Buffer.alloc(5 + below(random, 1_500)));
    await world.run(2);
  }
  expect(watch.reactions - refused).toBe(1_000);

  // RFC 3261 §18.3: what lies beyond Content-Length is thrown away, what is missing is an error.
  const parts = { type: 'application/sdp', body: offer(socket.local.host) };
  const invite = request(ends, newDialog(ends, 'wait', random), 'INVITE', random, parts);
  const text = invite.toString('latin1');
  const before400 = watch.answered.get(400) ?? 0;
  send(Buffer.from(text.replace(/Content-Length: \d+/, 'Content-Length: 9999'), 'latin1'));
  await world.run(20);
  expect((watch.answered.get(400) ?? 0) - before400).toBe(1);
  send(Buffer.concat([invite, Buffer.from('BYE sip:rest SIP/2.0')]));
  await world.run(20);
  expect(world.server.open.sessions).toBe(2);

  good.expectHeard();
  await good.expectNormalEnd();
  await expectPeace(world);
});

test('ten thousand RTP packets at once, from strangers and in the name of the caller, spoil nothing', async () => {
  const random = world.random(42);
  const good = await GoodCall.begin(world);
  const { phone } = good;
  const { host, port } = phone.serverMedia;
  const stranger = await strangerSocket(world);
  for (let i = 0; i < 10_000; i += 1) {
    const packet = audioPacket(below(random, 65_536), random.uint32(), i % 128);
    const to = { host, port: port + (i % 5 === 0 ? 1 : 0) };
    if (i % 3 > 0) {
      stranger.send(
        i % 2 === 0 ? packet : mutate(packet, random),
        to.host,
        to.port,
        () => undefined,
      );
    } else if (packet[1] !== 101) {
      // From the caller's own address nothing but the source tells it from his. (A key he could press.)
      const spoilt = i % 2 === 0 ? packet : packet.subarray(0, below(random, 12));
      world.network.transmit(phone.media.local, spoilt, to);
    }
  }
  await world.run(3_000);
  good.expectHeard();
  await good.expectNormalEnd();
  const { media } = world.record(phone.callId);
  expect(media?.packetsDiscarded).toBeGreaterThan(7_000);
  expect(media?.digits).toBe(0);
  expect(watch.dropped.get('stranger')).toBeGreaterThan(1_000);
  await expectPeace(world);
});
