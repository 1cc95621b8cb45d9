import { writeRtpHeader } from '../../runtime/media/rtp/packet';
import {
  hear,
  mediaPair,
  noiseClip,
  parametersTo,
  type MediaPair,
  type Party,
} from '../support/media-pair';

let pair: MediaPair;

afterEach(async () => {
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.clock.pending).toBe(0);
});

function rtp(sequence: number, ssrc: number): Buffer {
  const packet = Buffer.alloc(172, 0x20);
  writeRtpHeader(packet, false, 0, sequence & 0xffff, (sequence * 160) >>> 0, ssrc);
  return packet;
}

function loud({ heard }: Party): number {
  return heard.filter((frame) => frame.some((sample) => sample !== 0)).length;
}

/** Where our packets of the last 100 ms went. */
function ports(from: Party): number[] {
  const { network, clock } = pair;
  const recent = network.sent.filter(
    (sent) => sent.from.host === from.session.local.host && sent.time > clock.now() - 100,
  );
  return [...new Set(recent.filter(({ kind }) => kind === 'rtp').map(({ to }) => to.port))];
}

describe('a peer that a re-INVITE moves to another port', () => {
  it('is heard and spoken to there at once, though packets of the old one come late', async () => {
    pair = await mediaPair();
    const { a, b, clock, network } = pair;
    hear(b);
    b.session.play([{ type: 'clip', clip: noiseClip(8_000, 3) }]);
    const { host } = a.session.local;
    for (let i = 0; i < 20; i += 1) {
      network.send('rtp', { host, port: 30_000 }, b.session.local, rtp(i, 1));
      await clock.run(20);
    }
    expect(ports(b)).toEqual([30_000]);
    const parameters = parametersTo(a);
    b.session.configure({ ...parameters, remote: { rtp: { host, port: 31_000 } } });
    for (let i = 20; i < 25; i += 1) {
      network.send('rtp', { host, port: 30_000 }, b.session.local, rtp(i, 1));
      await clock.run(20);
    }
    expect(ports(b)).toEqual([31_000]);
    for (let i = 0; i < 50; i += 1) {
      network.send('rtp', { host, port: 31_000 }, b.session.local, rtp(700 + i, 2));
      // What was in a queue of the network for long.
      if (i < 10) network.send('rtp', { host, port: 30_000 }, b.session.local, rtp(25 + i, 1));
      await clock.run(20);
    }
    expect(ports(b)).toEqual([31_000]);
    expect(loud(b)).toBeGreaterThanOrEqual(20 + 50 - 4);
    expect(b.session.statistics().drops).toMatchObject({ stranger: 10 });
  });

  it('and that stays where it was all the same is followed there', async () => {
    pair = await mediaPair();
    const { a, b, clock, network } = pair;
    hear(b);
    b.session.play([{ type: 'clip', clip: noiseClip(8_000, 3) }]);
    const { host } = a.session.local;
    for (let i = 0; i < 170; i += 1) {
      network.send('rtp', { host, port: 30_000 }, b.session.local, rtp(i, 1));
      await clock.run(20);
      if (i !== 20) continue;
      const parameters = parametersTo(a);
      b.session.configure({ ...parameters, remote: { rtp: { host, port: 31_000 } } });
    }
    expect(ports(b)).toEqual([30_000]);
    expect(loud(b)).toBeGreaterThanOrEqual(165);
    expect(b.session.statistics().packetsDiscarded).toBe(0);
  });
});
