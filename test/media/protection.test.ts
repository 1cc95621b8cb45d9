import { below, SeededRandom } from '../../runtime/core/random';
import { writeRtpHeader } from '../../runtime/media/rtp/packet';
import {
  hear,
  heardBy,
  indexOfSamples,
  mediaPair,
  noiseClip,
  throughCodec,
  type MediaPair,
} from '../support/media-pair';

let pair: MediaPair;

afterEach(async () => {
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.clock.pending).toBe(0);
});

function rtp(sequence: number, ssrc: number, size = 160): Buffer {
  const packet = Buffer.alloc(12 + size, 0x20);
  writeRtpHeader(packet, false, 0, sequence & 0xffff, (sequence * 160) >>> 0, ssrc);
  return packet;
}

/** Packets that went anywhere but to the other party. */
function astray(): number {
  const { a, b, network } = pair;
  const known = [a.session.local.host, b.session.local.host];
  return network.sent.filter(
    ({ from, to }) => known.includes(from.host) && !known.includes(to.host),
  ).length;
}

describe('an attacker who sprays RTP at the port', () => {
  it('gets no packet and is not heard, before the peer speaks, while it does, and in its pauses', async () => {
    pair = await mediaPair();
    const { a, b, clock, network } = pair;
    const random = new SeededRandom(8);
    hear(b);
    const spray = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i += 1) {
        // Up to three numbers in a row from each place, as a scan of all ports does.
        const from = { host: `192.0.2.${below(random, 200)}`, port: 1_024 + below(random, 60_000) };
        const first = below(random, 65_536);
        for (let n = 0; n < 3; n += 1) {
          network.send('rtp', from, b.session.local, rtp(first + n, random.uint32()));
        }
        await clock.run(20);
      }
    };
    b.session.play([{ type: 'clip', clip: noiseClip(8_000, 3) }]);
    await spray(20);
    const sound = noiseClip(1_000, 4);
    a.session.play([{ type: 'clip', clip: sound }]);
    await spray(55);
    // A pause that is shorter than what makes a source lost.
    await spray(60);
    a.session.play([{ type: 'clip', clip: noiseClip(500, 5) }]);
    await spray(40);
    expect(astray()).toBe(0);
    const heard = heardBy(b);
    expect(indexOfSamples(heard, throughCodec(sound.samples))).toBeGreaterThanOrEqual(0);
    // Nothing but what the peer said: 1.5 s, and what fades out behind it.
    const loud = b.heard.filter((frame) => frame.some((sample) => sample !== 0)).length;
    expect(loud).toBeLessThanOrEqual(75 + 10);
    expect(b.session.statistics().drops['stranger']).toBeGreaterThan(400);
  });

  it('gets nothing for RTCP, for what looks like a request, or for garbage', async () => {
    pair = await mediaPair();
    const { a, b, clock, network } = pair;
    const from = { host: '192.0.2.9', port: 7_000 };
    b.session.play([{ type: 'clip', clip: noiseClip(2_000) }]);
    a.session.play([{ type: 'clip', clip: noiseClip(2_000) }]);
    await clock.run(100);
    const report = Buffer.from('80c9000100000009', 'hex');
    const stun = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
    for (let i = 0; i < 50; i += 1) {
      const { port } = b.session.local;
      for (const bytes of [report, stun, Buffer.alloc(0), Buffer.from('hello')]) {
        network.send('rtp', from, b.session.local, bytes);
        network.send('rtcp', from, { ...b.session.local, port: port + 1 }, bytes);
      }
      await clock.run(20);
    }
    await clock.run(10_000);
    expect(astray()).toBe(0);
  });
});

describe('amplification', () => {
  it('is none: an address that SDP did not name gets nothing until it has sent more than it could get', async () => {
    pair = await mediaPair();
    const { b, clock, network } = pair;
    const nat = { host: '198.51.100.4', port: 30_000 };
    b.session.play([{ type: 'clip', clip: noiseClip(2_000) }]);
    await clock.run(100);
    for (let i = 0; i < 3; i += 1) {
      network.send('rtp', nat, b.session.local, rtp(i, 0x900d));
      await clock.run(20);
    }
    expect(astray()).toBe(0);
    for (let i = 3; i < 50; i += 1) {
      network.send('rtp', nat, b.session.local, rtp(i, 0x900d));
      await clock.run(20);
      const sent = network.sent.filter(({ to }) => to.host === nat.host);
      const bytes = sent.reduce((sum, datagram) => sum + datagram.bytes.length, 0);
      // Never more bytes than came from there, but for an RTCP report each five seconds.
      expect(bytes).toBeLessThanOrEqual((i + 1) * 172 + 128);
    }
  });

  it('is none at the address that SDP names: what comes from there is answered by nothing', async () => {
    pair = await mediaPair();
    const { a, b, clock, network } = pair;
    for (let i = 0; i < 100; i += 1) {
      network.send('rtp', a.session.local, b.session.local, rtp(i, 5));
      await clock.run(10);
    }
    expect(pair.rtpOf(b)).toEqual([]);
  });
});

describe('a peer whose packets come from another port each time', () => {
  it('is heard whole', async () => {
    pair = await mediaPair();
    const { a, b, clock, network } = pair;
    hear(b);
    for (let i = 0; i < 50; i += 1) {
      const from = { host: a.session.local.host, port: 20_000 + 2 * i };
      network.send('rtp', from, b.session.local, rtp(65_520 + i, 0x5eed));
      await clock.run(20);
    }
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 50, packetsDiscarded: 0 });
    const loud = b.heard.filter((frame) => frame.some((sample) => sample !== 0)).length;
    expect(loud).toBeGreaterThanOrEqual(47);
  });

  it('is no way in for others at its host', async () => {
    pair = await mediaPair();
    const { a, b, clock, network } = pair;
    hear(b);
    const random = new SeededRandom(2);
    for (let i = 0; i < 50; i += 1) {
      network.send('rtp', a.session.local, b.session.local, rtp(i, 0x5eed));
      const from = { host: a.session.local.host, port: 40_000 };
      network.send('rtp', from, b.session.local, rtp(i + 1, random.uint32()));
      await clock.run(20);
    }
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 50, packetsDiscarded: 50 });
  });
});
