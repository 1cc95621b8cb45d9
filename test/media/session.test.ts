import { below, SeededRandom } from '../../runtime/core/random';
import { trace, type DropTrace } from '../../runtime/core/trace';
import { writeTelephoneEvent } from '../../runtime/media/dtmf/telephone-event';
import { writeRtpHeader } from '../../runtime/media/rtp/packet';
import {
  EVENT_TYPE,
  hear,
  heardBy,
  indexOfSamples,
  mediaPair,
  noiseClip,
  parametersTo,
  throughCodec,
  type MediaPair,
  type MediaPairOptions,
} from '../support/media-pair';
import type { PlayItem } from '../../runtime/core/audio';
import type { CodecName } from '../../runtime/media/port';

let pair: MediaPair;

async function connect(options: MediaPairOptions = {}): Promise<MediaPair> {
  pair = await mediaPair(options);
  return pair;
}

/** Every test ends with nothing left open. */
afterEach(async () => {
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.engine.openSessions).toBe(0);
  expect(pair.clock.pending).toBe(0);
});

function clip(duration: number, seed = 7): PlayItem & { type: 'clip' } {
  return { type: 'clip', clip: noiseClip(duration, seed) };
}

const STRANGER = { host: '10.9.9.9', port: 4_000 };

/** A G.711 packet as anybody could send it. */
function audioPacket(sequence: number, ssrc: number, payloadType = 0, byte = 0x10): Buffer {
  const packet = Buffer.alloc(172, byte);
  writeRtpHeader(packet, false, payloadType, sequence, sequence * 160, ssrc);
  return packet;
}

function eventPacket(sequence: number, timestamp: number, ssrc: number, event: number): Buffer {
  const packet = Buffer.alloc(16);
  writeRtpHeader(packet, true, EVENT_TYPE, sequence, timestamp, ssrc);
  writeTelephoneEvent(packet, 12, event, false, 10, 160);
  return packet;
}

describe('playing', () => {
  it.each<CodecName>(['PCMU', 'PCMA'])(
    'is heard by the peer sample for sample as %s',
    async (codec) => {
      const { a, b, clock } = await connect({ codec });
      hear(b);
      const sound = clip(1_000);
      const playback = a.session.play([sound]);
      await clock.run(1_300);
      await expect(playback.done).resolves.toEqual({ type: 'completed', position: 1_000 });
      const expected = throughCodec(sound.clip.samples, codec);
      expect(indexOfSamples(heardBy(b), expected)).toBeGreaterThanOrEqual(0);
    },
  );

  it('sends a packet every 20 ms with the marker on the first only', async () => {
    const { a, clock } = await connect();
    a.session.play([clip(400)]);
    await clock.run(1_000);
    const packets = pair.rtpOf(a);
    expect(packets.length).toBe(20);
    expect(packets.map((packet) => packet.marker)).toEqual([
      true,
      ...Array<boolean>(19).fill(false),
    ]);
    for (let i = 1; i < packets.length; i += 1) {
      expect(packets[i]!.time - packets[i - 1]!.time).toBe(20);
      expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) >>> 0).toBe(160);
      expect((packets[i]!.sequence - packets[i - 1]!.sequence) & 0xffff).toBe(1);
    }
  });

  it('ends when the last packet has been heard out, not when it leaves', async () => {
    const { a, clock } = await connect();
    const ended: number[] = [];
    void a.session.play([clip(400)]).done.then(() => ended.push(clock.now()));
    await clock.run(1_000);
    expect(ended[0]! - pair.rtpOf(a)[0]!.time).toBe(400);
  });

  it('leaves no gap before what is started as soon as it has ended', async () => {
    const { a, clock } = await connect();
    const second = clip(200, 2);
    void a.session.play([clip(200, 1)]).done.then(() => a.session.play([second]));
    await clock.run(1_000);
    const packets = pair.rtpOf(a);
    expect(packets.length).toBe(20);
    for (let i = 1; i < packets.length; i += 1) {
      expect(packets[i]!.time - packets[i - 1]!.time).toBe(20);
      expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) >>> 0).toBe(160);
      expect(packets[i]!.marker).toBe(false);
    }
  });

  it('resumes after a pause with a marker and the timestamp of real time', async () => {
    const { a, clock } = await connect();
    a.session.play([clip(100)]);
    await clock.run(3_007);
    a.session.play([clip(100)]);
    await clock.run(1_000);
    const [first, ...rest] = pair.rtpOf(a);
    const resumed = rest.filter((packet) => packet.marker);
    expect(resumed.length).toBe(1);
    expect((resumed[0]!.timestamp - first!.timestamp) >>> 0).toBe(
      (resumed[0]!.time - first!.time) * 8,
    );
    expect(new Set(rest.map((packet) => packet.ssrc))).toEqual(new Set([first!.ssrc]));
  });

  it('is silent from the next packet on when stopped', async () => {
    const { a, clock } = await connect();
    const playback = a.session.play([clip(1_000)]);
    await clock.run(205);
    playback.stop();
    const sent = pair.rtpOf(a).length;
    await clock.run(500);
    expect(pair.rtpOf(a).length).toBe(sent);
    await expect(playback.done).resolves.toEqual({ type: 'stopped', position: sent * 20 });
  });

  it('ends a playback in progress when another starts', async () => {
    const { a, clock } = await connect();
    const first = a.session.play([clip(1_000)]);
    await clock.run(100);
    const second = a.session.play([clip(100)]);
    await clock.run(500);
    await expect(first.done).resolves.toMatchObject({ type: 'stopped' });
    await expect(second.done).resolves.toMatchObject({ type: 'completed' });
  });

  it('waits for the first offer and answer', async () => {
    const { a, b, clock } = await connect({ configured: false });
    const playback = a.session.play([clip(100)]);
    await clock.run(500);
    expect(pair.rtpOf(a).length).toBe(0);
    a.session.configure(parametersTo(b));
    await clock.run(500);
    expect(pair.rtpOf(a).length).toBe(5);
    await expect(playback.done).resolves.toMatchObject({ type: 'completed' });
  });

  it.each([10, 30, 40, 60])('fills packets of %i ms when the peer wants those', async (ptime) => {
    const { a, b, clock } = await connect();
    a.session.configure(parametersTo(b, { ptime }));
    hear(b);
    const sound = clip(600);
    a.session.play([sound]);
    await clock.run(1_000);
    const packets = pair.rtpOf(a);
    expect(packets.length).toBe(600 / ptime);
    for (let i = 1; i < packets.length; i += 1) {
      expect(packets[i]!.payload.length).toBe(ptime * 8);
      expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) >>> 0).toBe(ptime * 8);
      expect(packets[i]!.marker).toBe(false);
    }
    expect(indexOfSamples(heardBy(b), throughCodec(sound.clip.samples))).toBeGreaterThanOrEqual(0);
  });

  it('costs no timer but the housekeeping while a session is idle', async () => {
    const { a, clock } = await connect();
    a.session.play([clip(100)]);
    await clock.run(1_000);
    const before = clock.pending;
    expect(before).toBe(1);
    a.session.play([clip(100)]);
    expect(clock.pending).toBe(2);
    await clock.run(1_000);
    expect(clock.pending).toBe(1);
  });

  it('keeps the way open with a packet of silence when nothing was sent for 15 s', async () => {
    const { a, clock } = await connect();
    a.session.play([clip(20)]);
    await clock.run(40_000);
    const packets = pair.rtpOf(a);
    expect(packets.length).toBe(3);
    expect(packets[1]!.time - packets[0]!.time).toBeGreaterThanOrEqual(15_000);
    expect(packets[1]!.time - packets[0]!.time).toBeLessThan(16_500);
    expect(packets[1]!.payload.every((byte) => byte === 0xff)).toBe(true);
  });
});

describe('barge-in', () => {
  it('lets the last prompt packet leave no later than 20 ms after the first event packet', async () => {
    const { a, b, clock } = await connect();
    const playback = a.session.play([clip(5_000)]);
    await clock.run(803);
    const heardAt: number[] = [];
    void b.session.sendDigits('5', 100, 60);
    while (a.digits.length === 0) {
      await clock.run(1);
      if (a.digits.length > 0) {
        heardAt.push(clock.now());
        playback.stop();
      }
    }
    await clock.run(1_000);
    expect(a.digits).toEqual(['5']);
    const firstEvent = pair.rtpOf(b).find((packet) => packet.payloadType === EVENT_TYPE)!;
    const lastPrompt = pair.rtpOf(a).at(-1)!;
    expect(lastPrompt.time - firstEvent.time).toBeLessThanOrEqual(20);
    expect(heardAt[0]! - firstEvent.time).toBeLessThanOrEqual(1);
  });
});

describe('digits', () => {
  it('arrive once each, in order', async () => {
    const { a, b, clock } = await connect();
    const sent = a.session.sendDigits('0123456789*#ABCD1122', 80, 60);
    await clock.run(5_000);
    await sent;
    expect(b.digits.join('')).toBe('0123456789*#ABCD1122');
    expect(b.session.statistics().digits).toBe(20);
  });

  it('arrive once each though a fifth of the packets is lost and some come twice', async () => {
    const random = new SeededRandom(42);
    const fate = (): number[] => {
      const dice = below(random, 100);
      return dice < 20 ? [] : dice < 30 ? [5, 9] : [5];
    };
    const { a, b, clock } = await connect({ fate });
    void a.session.sendDigits('31415926535', 100, 100);
    await clock.run(10_000);
    expect(b.digits.join('')).toBe('31415926535');
  });

  it('take the place of a prompt, which goes on where it was', async () => {
    const { a, b, clock } = await connect();
    hear(b);
    const sound = clip(400);
    a.session.play([sound]);
    await clock.run(200);
    void a.session.sendDigits('7', 100, 40);
    await clock.run(2_000);
    const types = pair.rtpOf(a).map((packet) => packet.payloadType);
    const first = types.indexOf(EVENT_TYPE);
    const last = types.lastIndexOf(EVENT_TYPE);
    expect(types.slice(first, last).every((type) => type === EVENT_TYPE)).toBe(true);
    expect(types.filter((type) => type === 0).length).toBe(20);
    const decoded = throughCodec(sound.clip.samples);
    expect(indexOfSamples(heardBy(b), decoded.subarray(first * 160))).toBeGreaterThanOrEqual(0);
  });

  it('asked for while others are sent follow them', async () => {
    const { a, b, clock } = await connect();
    const order: string[] = [];
    void a.session.sendDigits('12', 80, 60).then(() => order.push('first'));
    void a.session.sendDigits('34', 80, 60).then(() => order.push('second'));
    await clock.run(300);
    expect(order).toEqual(['first']);
    await clock.run(2_000);
    expect(order).toEqual(['first', 'second']);
    expect(b.digits.join('')).toBe('1234');
  });

  it('are refused when the peer takes no events', async () => {
    const { a, b } = await connect();
    a.session.configure(parametersTo(b, { events: false }));
    await expect(a.session.sendDigits('1', 80, 60, 'event')).rejects.toMatchObject({
      code: 'CALLCHART_MEDIA_NO_EVENTS',
    });
  });

  it('are refused when the session ends before they are sent', async () => {
    const { a, clock } = await connect();
    const sent = a.session.sendDigits('123', 80, 60);
    const refused = expect(sent).rejects.toMatchObject({ code: 'CALLCHART_MEDIA_CLOSED' });
    await clock.run(100);
    void a.session.close();
    await refused;
    await expect(a.session.sendDigits('1', 80, 60)).rejects.toMatchObject({
      code: 'CALLCHART_MEDIA_CLOSED',
    });
  });

  it('are one digit when SIP INFO reports a press that RTP has reported', async () => {
    const { a, b, clock } = await connect();
    void a.session.sendDigits('9', 160, 60);
    await clock.run(250);
    b.session.reportDigit('9', 160);
    expect(b.digits).toEqual(['9']);
    await clock.run(3_000);
    b.session.reportDigit('9', 160);
    expect(b.digits).toEqual(['9', '9']);
  });

  it('are taken from a source of their own beside the audio', async () => {
    const { a, b, clock, network } = await connect();
    hear(b);
    a.session.play([clip(400)]);
    for (let i = 0; i < 5; i += 1) {
      await clock.run(40);
      network.send('rtp', a.session.local, b.session.local, eventPacket(i, 999, 0xabc, 4));
    }
    await clock.run(500);
    expect(b.digits).toEqual(['4']);
    expect(b.session.statistics().packetsLost).toBe(0);
    expect(b.session.statistics().packetsReceived).toBe(20);
  });

  it('are not lost because a handler throws', async () => {
    const { b, a, clock, engine } = await connect();
    const broken = await engine.createSession({
      localHost: '10.0.0.3',
      handler: {
        onDigit: () => {
          throw new Error('broken');
        },
        onTimeout: () => undefined,
      },
    });
    broken.configure(parametersTo(a));
    a.session.configure({ ...parametersTo(b), remote: { rtp: broken.local } });
    void a.session.sendDigits('12', 80, 60);
    await clock.run(1_000);
    expect((await broken.close()).digits).toBe(2);
  });
});

describe('who is heard', () => {
  it('does not change because a stranger sends to the port', async () => {
    const { a, b, clock, network } = await connect();
    hear(b);
    const sound = clip(1_000);
    a.session.play([sound]);
    await clock.run(100);
    const drops: DropTrace[] = [];
    const stop = trace.drop.subscribe((drop) => drops.push(drop));
    for (let i = 0; i < 40; i += 1) {
      network.send('rtp', STRANGER, b.session.local, audioPacket(i, 0xbad));
      await clock.run(20);
    }
    stop();
    await clock.run(500);
    expect(indexOfSamples(heardBy(b), throughCodec(sound.clip.samples))).toBeGreaterThanOrEqual(0);
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 50, packetsDiscarded: 40 });
    expect(drops.length).toBe(40);
    expect(drops[0]).toMatchObject({ layer: 'media', reason: 'stranger', remote: STRANGER });
    b.session.play([clip(20)]);
    await clock.run(100);
    expect(network.sent.at(-1)!.to).toEqual(a.session.local);
  });

  it('is not the stranger who was there first, once the negotiated host speaks', async () => {
    const { a, b, clock, network } = await connect();
    for (let i = 0; i < 10; i += 1) {
      network.send('rtp', STRANGER, b.session.local, audioPacket(i, 0xbad));
      await clock.run(20);
    }
    b.session.play([clip(20)]);
    await clock.run(100);
    expect(pair.network.sent.at(-1)!.to).toEqual(STRANGER);
    a.session.play([clip(100)]);
    await clock.run(200);
    b.session.play([clip(20)]);
    await clock.run(100);
    expect(pair.network.sent.at(-1)!.to).toEqual(a.session.local);
  });

  it('may be behind NAT: a steady source at another host is believed, a single packet is not', async () => {
    const { b, clock, network } = await connect();
    network.send('rtp', STRANGER, b.session.local, audioPacket(1, 0xbad));
    const nat = { host: '192.0.2.7', port: 30_000 };
    for (let i = 0; i < 10; i += 1) {
      network.send('rtp', nat, b.session.local, audioPacket(i, 0x900d));
      await clock.run(20);
    }
    expect(b.session.statistics().packetsReceived).toBe(7);
    b.session.play([clip(20)]);
    await clock.run(100);
    expect(network.sent.at(-1)!.to).toEqual(nat);
  });

  it('is only the negotiated host when no other is allowed', async () => {
    const { b, clock, network } = await connect({ anyHost: false });
    for (let i = 0; i < 10; i += 1) {
      network.send('rtp', STRANGER, b.session.local, audioPacket(i, 0xbad));
      await clock.run(20);
    }
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 0, packetsDiscarded: 10 });
  });

  it('is answered at the port that packets come from, not the one that was promised', async () => {
    const { a, b, clock, network } = await connect();
    const real = { host: a.session.local.host, port: 31_313 };
    network.send('rtp', real, b.session.local, audioPacket(1, 5));
    await clock.run(20);
    b.session.play([clip(20)]);
    await clock.run(100);
    expect(network.sent.at(-1)!.to).toEqual(real);
  });

  it('may move when it has been silent and its SSRC goes on elsewhere', async () => {
    const { a, b, clock, network } = await connect();
    const { host } = a.session.local;
    network.send('rtp', { host, port: 4_000 }, b.session.local, audioPacket(1, 5));
    await clock.run(500);
    // Out of all order, so that it may be anybody who has seen the SSRC.
    network.send('rtp', { host, port: 4_002 }, b.session.local, audioPacket(900, 5));
    await clock.run(100);
    expect(b.session.statistics().packetsReceived).toBe(1);
    await clock.run(2_000);
    network.send('rtp', { host, port: 4_004 }, b.session.local, audioPacket(3, 6));
    network.send('rtp', { host, port: 4_002 }, b.session.local, audioPacket(3, 5));
    await clock.run(100);
    expect(b.session.statistics().packetsReceived).toBe(2);
    b.session.play([clip(20)]);
    await clock.run(100);
    expect(network.sent.at(-1)!.to.port).toBe(4_002);
  });

  it('may have a new SSRC; one odd packet is none', async () => {
    const { a, b, clock, network } = await connect();
    for (let i = 0; i < 5; i += 1) {
      network.send('rtp', a.session.local, b.session.local, audioPacket(i, 1));
    }
    network.send('rtp', a.session.local, b.session.local, audioPacket(77, 2));
    network.send('rtp', a.session.local, b.session.local, audioPacket(5, 1));
    await clock.run(10);
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 6, packetsDiscarded: 1 });
    for (let i = 100; i < 110; i += 1) {
      network.send('rtp', a.session.local, b.session.local, audioPacket(i, 3));
    }
    await clock.run(10);
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 15, packetsDiscarded: 2 });
  });

  it('is known by any spelling of an IPv6 address', async () => {
    const { a, b, clock, network } = await connect();
    const rtp = { host: '2001:DB8:0:0:0:0:0:1', port: 4_000 };
    b.session.configure({ ...parametersTo(a), remote: { rtp } });
    const real = { host: '2001:db8::1', port: 4_000 };
    network.send('rtp', real, b.session.local, audioPacket(1, 5));
    await clock.run(10);
    expect(b.session.statistics().packetsReceived).toBe(1);
  });
});

describe('bad packets', () => {
  it('are dropped and counted, and the call keeps its audio', async () => {
    const { a, b, clock, network } = await connect();
    hear(b);
    const sound = clip(1_000);
    a.session.play([sound]);
    const random = new SeededRandom(3);
    for (let i = 0; i < 300; i += 1) {
      const good = audioPacket(i, 1);
      const kinds = [
        good.subarray(0, below(random, 12)),
        audioPacket(i, 1, 77),
        Buffer.from(good).fill(0x40, 0, 1),
        Buffer.from(good).fill(0xbf, 0, 1).subarray(0, 40),
        Buffer.alloc(0),
      ];
      network.send('rtp', a.session.local, b.session.local, kinds[i % kinds.length]!);
      await clock.run(3);
    }
    await clock.run(600);
    expect(indexOfSamples(heardBy(b), throughCodec(sound.clip.samples))).toBeGreaterThanOrEqual(0);
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 50, packetsDiscarded: 300 });
  });

  it('may hold anything at all', async () => {
    const { a, b, clock, network } = await connect();
    hear(b);
    const random = new SeededRandom(11);
    for (let i = 0; i < 3_000; i += 1) {
      const bytes = Buffer.from(
        Array.from({ length: below(random, 60) }, () => below(random, 256)),
      );
      if (i % 2 === 0 && bytes.length > 1) {
        bytes[0] = 0x80;
        bytes[1] = [0, 8, 13, EVENT_TYPE, 0x80 | EVENT_TYPE][i % 5]!;
      }
      network.send(i % 3 === 0 ? 'rtcp' : 'rtp', a.session.local, b.session.local, bytes);
      const control = { host: b.session.local.host, port: b.session.local.port + 1 };
      network.send('rtcp', a.session.local, control, bytes);
      if (i % 50 === 0) await clock.run(20);
    }
    await clock.run(100);
    expect(b.session.statistics().packetsDiscarded).toBeGreaterThan(1_000);
  });

  it('do no harm when they are comfort noise', async () => {
    const { a, b, clock, network } = await connect();
    hear(b);
    a.session.play([clip(200)]);
    await clock.run(250);
    const { sequence, timestamp, ssrc } = pair.rtpOf(a).at(-1)!;
    const packet = Buffer.alloc(13, 60);
    writeRtpHeader(packet, false, 13, sequence + 1, timestamp + 160, ssrc);
    network.send('rtp', a.session.local, b.session.local, packet);
    await clock.run(1_000);
    expect(b.session.statistics()).toMatchObject({ packetsReceived: 11, packetsDiscarded: 0 });
    // -60 dBov of noise: not nothing, and not loud.
    const last = b.heard.at(-1)!;
    expect(last.some((sample) => sample !== 0)).toBe(true);
    expect(Math.max(...last.map(Math.abs))).toBeLessThan(200);
  });
});

describe('direction', () => {
  it.each(['recvonly', 'inactive'] as const)(
    '%s sends nothing, and the prompt goes on',
    async (direction) => {
      const { a, b, clock } = await connect();
      a.session.configure(parametersTo(b, { direction }));
      const sound = clip(400);
      a.session.play([sound]);
      await clock.run(200);
      expect(pair.rtpOf(a).length).toBe(0);
      a.session.configure(parametersTo(b));
      await clock.run(1_000);
      const sent = pair.rtpOf(a).length;
      expect(sent).toBeGreaterThanOrEqual(9);
      expect(sent).toBeLessThanOrEqual(11);
      expect(pair.rtpOf(a)[0]!.marker).toBe(true);
    },
  );

  it.each(['sendonly', 'inactive'] as const)('%s hears nothing', async (direction) => {
    const { a, b, clock } = await connect();
    b.session.configure(parametersTo(a, { direction }));
    hear(b);
    a.session.play([clip(200)]);
    void a.session.sendDigits('5', 80, 60);
    await clock.run(1_000);
    expect(b.digits).toEqual([]);
    expect(heardBy(b).every((sample) => sample === 0)).toBe(true);
  });

  it.each(['0.0.0.0', '::'])(
    'sends neither RTP nor RTCP to %s, which is how old phones hold',
    async (host) => {
      const { a, b, clock, network } = await connect();
      a.session.play([clip(200)]);
      await clock.run(500);
      const remote = { rtp: { host, port: b.session.local.port } };
      a.session.configure({ ...parametersTo(b), remote });
      a.session.play([clip(20_000)]);
      await clock.run(30_000);
      void a.session.close();
      expect(network.sent.filter(({ to }) => to.host === host)).toEqual([]);
    },
  );

  it('keeps sending digits when the hold is over', async () => {
    const { a, b, clock } = await connect();
    a.session.configure(parametersTo(b, { direction: 'inactive' }));
    const sent = a.session.sendDigits('12', 80, 60);
    await clock.run(1_000);
    expect(b.digits).toEqual([]);
    a.session.configure(parametersTo(b));
    await clock.run(1_000);
    await sent;
    expect(b.digits).toEqual(['1', '2']);
  });
});

describe('a change of offer and answer', () => {
  it('changes the codec without a gap, and packets that were on their way are still heard', async () => {
    const { a, b, clock } = await connect({ fate: () => [5] });
    hear(b);
    const sound = clip(1_000);
    a.session.play([sound]);
    await clock.run(503);
    b.session.configure(parametersTo(a, { codec: 'PCMA' }));
    a.session.configure(parametersTo(b, { codec: 'PCMA' }));
    await clock.run(1_000);
    const packets = pair.rtpOf(a);
    const change = packets.findIndex((packet) => packet.payloadType === 8);
    expect(change).toBeGreaterThan(20);
    const samples = change * 160;
    const heard = heardBy(b);
    const start = indexOfSamples(heard, throughCodec(sound.clip.samples.subarray(0, samples)));
    expect(start).toBeGreaterThanOrEqual(0);
    expect(indexOfSamples(heard, throughCodec(sound.clip.samples.subarray(samples), 'PCMA'))).toBe(
      start + samples,
    );
    expect(b.session.statistics()).toMatchObject({ codec: 'PCMA', packetsDiscarded: 0 });
  });

  it('moves the stream to the new address, and the old one is a stranger', async () => {
    const { a, b, clock, network } = await connect();
    a.session.play([clip(100)]);
    await clock.run(200);
    const rtp = { host: '10.0.0.77', port: 5_000 };
    b.session.configure({ ...parametersTo(a), remote: { rtp } });
    network.send('rtp', rtp, b.session.local, audioPacket(1, 9));
    await clock.run(10);
    const before = b.session.statistics().packetsReceived;
    a.session.play([clip(100)]);
    await clock.run(200);
    expect(b.session.statistics().packetsReceived).toBe(before);
    b.session.play([clip(20)]);
    await clock.run(100);
    expect(network.sent.at(-1)!.to).toEqual(rtp);
  });
});

describe('media time-out', () => {
  it('is reported once when nothing has come for that long', async () => {
    const { a, b, clock } = await connect({ mediaTimeout: 10_000 });
    a.session.play([clip(1_000)]);
    await clock.run(1_500);
    a.session.configure(parametersTo(b, { direction: 'inactive' }));
    await clock.run(9_000);
    expect(b.timeouts).toBe(0);
    await clock.run(2_000);
    expect(b.timeouts).toBe(1);
    await clock.run(60_000);
    expect(b.timeouts).toBe(1);
  });

  it('is reported when nothing ever comes', async () => {
    const { b, clock } = await connect({ mediaTimeout: 10_000, fate: () => [] });
    await clock.run(9_000);
    expect(b.timeouts).toBe(0);
    await clock.run(2_500);
    expect(b.timeouts).toBe(1);
  });

  it('does not run while the direction forbids the peer to send, and starts anew afterwards', async () => {
    const { a, b, clock } = await connect({ mediaTimeout: 10_000, fate: () => [] });
    b.session.configure(parametersTo(a, { direction: 'sendonly' }));
    await clock.run(60_000);
    expect(b.timeouts).toBe(0);
    b.session.configure(parametersTo(a));
    await clock.run(9_000);
    expect(b.timeouts).toBe(0);
    await clock.run(2_500);
    expect(b.timeouts).toBe(1);
  });

  it('starts anew after a hold in which the peer might have sent music and sent nothing', async () => {
    const { a, b, clock } = await connect({ mediaTimeout: 10_000 });
    a.session.play([clip(200)]);
    await clock.run(500);
    a.session.configure(parametersTo(b, { direction: 'inactive' }));
    b.session.configure(parametersTo(a, { direction: 'recvonly' }));
    await clock.run(30_000);
    expect(b.timeouts).toBe(1);
    b.session.configure(parametersTo(a));
    await clock.run(9_000);
    expect(b.timeouts).toBe(1);
    await clock.run(2_500);
    expect(b.timeouts).toBe(2);
  });

  it('never comes when it is switched off', async () => {
    const { b, clock } = await connect({ mediaTimeout: 0, fate: () => [] });
    await clock.run(600_000);
    expect(b.timeouts).toBe(0);
  });
});

describe('echo', () => {
  it('sends back what is heard, sample for sample, until it is stopped', async () => {
    const { a, b, clock } = await connect();
    hear(a);
    const stop = b.session.echo();
    const sound = clip(500);
    a.session.play([sound]);
    await clock.run(900);
    expect(indexOfSamples(heardBy(a), throughCodec(sound.clip.samples))).toBeGreaterThanOrEqual(0);
    stop();
    stop();
    const sent = pair.rtpOf(b).length;
    a.session.play([sound]);
    await clock.run(900);
    expect(pair.rtpOf(b).length).toBe(sent);
  });
});

describe('RTCP', () => {
  it('tells both ends of round trip and loss', async () => {
    let count = 0;
    const fate = ({ kind }: { kind: string }): number[] => {
      if (kind === 'rtcp') return [30];
      count += 1;
      return count % 10 === 0 ? [] : [30];
    };
    const { a, clock } = await connect({ fate });
    a.session.play([clip(1_000)], { loop: Infinity });
    await clock.run(30_000);
    const { roundTrip, remoteLoss } = a.session.statistics();
    expect(roundTrip).toBeGreaterThan(59);
    expect(roundTrip).toBeLessThan(62);
    expect(remoteLoss).toBeGreaterThan(0.08);
    expect(remoteLoss).toBeLessThan(0.12);
  });

  it('goes to the odd port, from the odd port, every few seconds', async () => {
    const { a, b, clock, network } = await connect();
    a.session.play([clip(1_000)], { loop: Infinity });
    await clock.run(60_000);
    const reports = network.sent.filter(
      (sent) => sent.kind === 'rtcp' && sent.from.host === a.session.local.host,
    );
    expect(reports.length).toBeGreaterThanOrEqual(8);
    expect(reports.length).toBeLessThanOrEqual(30);
    for (const report of reports) {
      expect(report.from.port).toBe(a.session.local.port + 1);
      expect(report.to).toEqual({ host: b.session.local.host, port: b.session.local.port + 1 });
    }
  });

  it('is understood on the RTP port too', async () => {
    const { a, b, clock, network } = await connect();
    a.session.play([clip(1_000)], { loop: Infinity });
    await clock.run(20_000);
    const report = network.sent.find(
      (sent) => sent.kind === 'rtcp' && sent.from.host === a.session.local.host,
    )!;
    const before = b.session.statistics().packetsDiscarded;
    network.send('rtp', a.session.local, b.session.local, report.bytes);
    await clock.run(10);
    expect(b.session.statistics().packetsDiscarded).toBe(before);
  });

  it('says BYE when a session that has sent closes', async () => {
    const { a, clock, network } = await connect();
    a.session.play([clip(100)]);
    await clock.run(200);
    void a.session.close();
    const last = network.sent.at(-1)!;
    expect(last.kind).toBe('rtcp');
    // RFC 3550 §6.6: packet type 203.
    let at = 0;
    const types: number[] = [];
    while (at < last.bytes.length) {
      types.push(last.bytes[at + 1]!);
      at += 4 * (last.bytes.readUInt16BE(at + 2) + 1);
    }
    expect(types.at(-1)).toBe(203);
  });
});

describe('closing', () => {
  it('stops everything, gives the ports back, and may be repeated', async () => {
    const { a, clock, network } = await connect();
    const playback = a.session.play([clip(1_000)]);
    hear(a);
    await clock.run(100);
    const statistics = await a.session.close();
    expect(statistics.packetsSent).toBe(5);
    expect(await a.session.close()).toBe(statistics);
    expect(a.session.statistics()).toBe(statistics);
    await expect(playback.done).resolves.toMatchObject({ type: 'stopped' });
    expect(network.open).toBe(1);
    const sent = network.sent.length;
    await clock.run(1_000);
    expect(network.sent.filter((datagram) => datagram.from.host === '10.0.0.1').length).toBe(sent);
  });

  it('makes every method a harmless one', async () => {
    const { a, b, clock } = await connect();
    void a.session.close();
    a.session.configure(parametersTo(b));
    await expect(a.session.play([clip(100)]).done).resolves.toMatchObject({ type: 'stopped' });
    a.session.echo()();
    a.session.listen(() => undefined)();
    a.session.reportDigit('1', 100);
    expect(a.digits).toEqual([]);
    await clock.run(1_000);
    expect(pair.rtpOf(a).length).toBe(0);
  });

  it('lets no new session be made once the engine is closed', async () => {
    const { engine } = await connect();
    await engine.close();
    const handler = { onDigit: () => undefined, onTimeout: () => undefined };
    await expect(engine.createSession({ localHost: '10.0.0.5', handler })).rejects.toMatchObject({
      code: 'CALLCHART_MEDIA_CLOSED',
      status: 503,
    });
  });
});
