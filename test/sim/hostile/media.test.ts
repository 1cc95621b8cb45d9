import type { MediaStatistics } from '../../../runtime/media/port';
import { below } from '../../../runtime/core/random';
import { audioPacket, eventPacket, strangerSocket } from '../support/stray-media';
import { mediaStage, type MediaStage } from './support/media-stage';

const open = mediaStage();
const ignore = (): void => undefined;

/** The call ends as its caller wants, and its record tells what was not taken. */
async function statisticsOf({ world, victim }: MediaStage): Promise<MediaStatistics> {
  victim.hangUp();
  await world.run(500);
  const { end, media } = world.record(victim.callId);
  expect(end).toMatchObject({ by: 'caller', cause: 'bye' });
  if (media === undefined) throw new Error('there is no media');
  return media;
}

function spoilt(packet: Buffer, at: number): Buffer {
  const copy = Buffer.from(packet);
  copy[at] = (copy[at] ?? 0) ^ 0x40;
  return copy;
}

test('SRTP that is not authentic, was there before or is no SRTP at all is counted, presses no key, and the call goes on', async () => {
  const stage = await open({ srtp: 'required' });
  const { world, sent, attack } = stage;
  const known = sent.filter((packet) => packet.length > 100);
  expect(known.length).toBeGreaterThan(40);
  for (const [index, packet] of known.slice(0, 40).entries()) {
    attack(packet);
    attack(spoilt(packet, packet.length - 1));
    // As one of the next packets, with a tag that is not its own.
    attack(spoilt(packet, 2));
    attack(audioPacket(1_000 + index, 7));
    // From the caller's own address and with the right number: what it lacks is the key.
    attack(eventPacket(index, known[0]?.readUInt32BE(8) ?? 0, 5));
    attack(packet.subarray(0, 12 + below(world.random(index), 12)));
    await world.run(20);
  }
  await stage.expectHeard();
  const { digits, drops, security } = await statisticsOf(stage);
  expect(security).toBe('sdes AES_CM_128_HMAC_SHA1_80');
  expect(digits).toBe(0);
  // What was there before needs no other reason.
  expect(drops['srtp-replay']).toBeGreaterThanOrEqual(40);
  expect(drops['srtp-auth']).toBeGreaterThanOrEqual(40);
  expect(Object.values(drops).reduce((sum, count) => sum + count, 0)).toBe(6 * 40);
});

test.each(['off', 'required'] as const)(
  'what looks like a DTLS handshake, STUN or HTTP is dropped and answered by nothing (srtp %s)',
  async (srtp) => {
    const stage = await open({ srtp });
    const { world, victim, attack } = stage;
    const random = world.random(30);
    const stranger = await strangerSocket(world);
    const { host, port } = victim.serverMedia;
    for (let i = 0; i < 100; i += 1) {
      const noise = Buffer.from(
        Uint8Array.from({ length: 40 + below(random, 1_200) }, () => random.uint32()),
      );
      // RFC 7983 §7: DTLS is 20 to 63, STUN 0 to 3.
      noise[0] = i % 2 === 0 ? 20 + below(random, 44) : below(random, 4);
      attack(noise);
      stranger.send(noise, host, port, ignore);
      stranger.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'), host, port, ignore);
      await world.run(10);
    }
    await stage.expectHeard();
    const { digits, packetsDiscarded } = await statisticsOf(stage);
    expect(digits).toBe(0);
    expect(packetsDiscarded).toBe(300);
  },
);

test.each(['PCMU', 'G722', 'opus', 'L16'] as const)(
  'payloads of %s that are garbage, in the stream itself, do no lasting harm',
  async (codec) => {
    const stage = await open({ codecs: [codec] });
    const { world, sent, attack } = stage;
    const random = world.random(31);
    const last = sent.filter((packet) => packet[1] !== 200 && packet.length > 20).at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    for (let i = 0; i < 300; i += 1) {
      const size = below(random, 4) === 0 ? below(random, 4) : below(random, 1_400);
      const garbage = Buffer.alloc(12 + size);
      last.copy(garbage, 0, 0, 12);
      garbage.writeUInt16BE((last.readUInt16BE(2) + i) & 0xffff, 2);
      garbage.writeUInt32BE((last.readUInt32BE(4) + i * 160) >>> 0, 4);
      for (let at = 12; at < garbage.length; at += 1) garbage[at] = random.uint32();
      attack(garbage);
      if (i % 3 === 0) await world.run(10);
    }
    await world.run(2_000);
    await stage.expectHeard();
    const { digits, mos } = await statisticsOf(stage);
    expect(digits).toBe(0);
    expect(mos).toBeGreaterThanOrEqual(1);
  },
);

test('spoilt RTP and RTCP, and packets of types that nobody agreed on, are counted, and the call goes on', async () => {
  const stage = await open();
  const { world, victim, sent, attack } = stage;
  const random = world.random(32);
  const { host, port } = victim.serverMedia;
  const report = Buffer.from('80c9000100000009', 'hex');
  for (let i = 0; i < 400; i += 1) {
    const packet = Buffer.from(sent[i % sent.length] ?? Buffer.alloc(0));
    packet[below(random, 2)] = random.uint32();
    packet[below(random, packet.length)] = random.uint32();
    attack(packet.subarray(0, 1 + below(random, packet.length)));
    attack(audioPacket(i, 9, 35 + below(random, 30)));
    const control = Buffer.from(report);
    control[below(random, control.length)] = random.uint32();
    world.network.transmit(victim.media.local, control, { host, port: port + 1 });
    await world.run(5);
  }
  await world.run(2_000);
  await stage.expectHeard();
  const { digits, drops } = await statisticsOf(stage);
  expect(digits).toBe(0);
  expect(drops['payload-type-unknown']).toBeGreaterThanOrEqual(400);
  expect(Object.keys(drops).length).toBeLessThan(20);
});

test.each(['the peer', 'strangers'] as const)(
  'ten thousand packets of %s in one burst are bounded in what they cost, and over when they are over',
  async (who) => {
    const stage = await open();
    const { world, victim, attack } = stage;
    const { host, port } = victim.serverMedia;
    const strangers = await Promise.all([0, 1, 2].map(() => strangerSocket(world)));
    for (let i = 0; i < 10_000; i += 1) {
      const packet = i % 7 === 0 ? eventPacket(i, 99, i % 10) : audioPacket(i & 0xffff, 99);
      if (who === 'the peer') attack(packet);
      else strangers[i % 3]?.send(packet, host, port, ignore);
    }
    await world.run(3_000);
    await stage.expectHeard();
    const { drops, digits } = await statisticsOf(stage);
    // Five hundred of the peer's are looked at, of all others half as many.
    expect(drops['flood']).toBeGreaterThan(9_000);
    // Whoever is the peer may press keys; nobody else does.
    if (who === 'strangers') expect(digits).toBe(0);
    else expect(digits).toBeLessThan(80);
  },
);

test('two hundred re-INVITEs with other codecs and keys each time, faster than anybody talks: the last one holds', async () => {
  const stage = await open({ srtp: 'allowed' });
  const { world, victim } = stage;
  const lists = [['PCMA'], ['G722'], ['L16', 'PCMU'], ['PCMU']] as const;
  for (let i = 0; i < 200; i += 1) {
    const outcome = await world.until(victim.changeCodecs(lists[i % 4] ?? ['PCMU']));
    expect(outcome).toMatchObject({ type: 'response', response: { status: 200 } });
  }
  expect(victim.audio?.codec.name).toBe('PCMU');
  await stage.expectHeard();
  const { codec, digits } = await statisticsOf(stage);
  expect(codec).toBe('PCMU');
  expect(digits).toBe(0);
});
