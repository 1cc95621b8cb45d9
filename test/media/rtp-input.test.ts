import { below, SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { codecKind } from '../../runtime/media/codec/registry';
import type { CodecFormat } from '../../runtime/media/codec/port';
import { writeTelephoneEvent } from '../../runtime/media/dtmf/telephone-event';
import type { MediaParameters } from '../../runtime/media/port';
import { RtpInput } from '../../runtime/media/rtp-input';
import { writeRtpHeader } from '../../runtime/media/rtp/packet';
import { SourceLatch } from '../../runtime/media/source-latch';
import { FORMATS, streamOf, type Stream } from '../support/sound-network';
import { voice } from '../support/voice';

const PEER = { host: '10.0.0.1', port: 4_000 };

interface Scene {
  readonly clock: VirtualClock;
  readonly input: RtpInput;
  readonly digits: [digit: string, duration: number][];
  readonly releases: [digit: string, duration: number][];
  readonly send: (bytes: Uint8Array, from?: { host: string; port: number }) => string;
}

function scene(parameters: Partial<MediaParameters> = {}): Scene {
  const clock = new VirtualClock();
  const latch = new SourceLatch(true);
  latch.expect(PEER);
  const digits: [string, number][] = [];
  const releases: [string, number][] = [];
  const input = new RtpInput(clock, latch, {
    onDigit: (digit, duration) => digits.push([digit, duration]),
    onRelease: (digit, duration) => releases.push([digit, duration]),
  });
  input.configure(
    {
      remote: { rtp: PEER },
      codec: { name: 'PCMU', clockRate: 8_000, payloadType: 0 },
      telephoneEvent: { payloadType: 101, clockRate: 8_000 },
      direction: 'sendrecv',
      ptime: 20,
      ...parameters,
    },
    true,
  );
  return {
    clock,
    input,
    digits,
    releases,
    send: (bytes, from = PEER) => input.receive(bytes, from.host, from.port),
  };
}

function packet(
  sequence: number,
  payload: Uint8Array,
  options: { type?: number; timestamp?: number; ssrc?: number } = {},
): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  const { type = 0, timestamp = sequence * 160, ssrc = 9 } = options;
  writeRtpHeader(bytes, false, type, sequence & 0xffff, timestamp >>> 0, ssrc);
  bytes.set(payload, 12);
  return bytes;
}

function event(
  sequence: number,
  timestamp: number,
  type: number,
  duration: number,
  end = false,
): Uint8Array {
  const payload = new Uint8Array(4);
  writeTelephoneEvent(payload, 0, 5, end, 10, duration);
  return packet(sequence, payload, { type, timestamp });
}

function retyped(stream: Stream, type: number): Uint8Array[] {
  return stream.packets.map(({ bytes }) => {
    const copy = Uint8Array.from(bytes);
    copy[1] = ((copy[1] as number) & 0x80) | type;
    return copy;
  });
}

const LOUD = new Uint8Array(160).fill(0x10);

/** Sends a packet each 20 ms, and pulls; returns the kinds that were heard. */
async function talk(
  { clock, input, send }: Scene,
  packets: readonly Uint8Array[],
): Promise<string[]> {
  const kinds: string[] = [];
  for (const bytes of packets) {
    expect(send(bytes)).toBe('taken');
    kinds.push(input.pull(clock.now()));
    await clock.run(20);
  }
  return kinds;
}

describe('what may be sent besides', () => {
  const formats: readonly (CodecFormat & { payloadType: number })[] = [
    { ...FORMATS.G722, payloadType: 9 },
    { ...FORMATS.opus, payloadType: 111 },
    { ...FORMATS.L16, payloadType: 97 },
    { ...FORMATS.PCMA, payloadType: 8 },
  ];

  it.each(formats)('is understood under its payload type: $name', async (format) => {
    const talking = scene({ alternatives: formats });
    talking.input.listen(16_000);
    const sound = voice(codecKind(format.name).sampleRate(format), 800);
    const stream = streamOf(format, sound, { timestamp: 0, sequence: 0, sampleRate: 16_000 });
    const kinds = await talk(talking, retyped(stream, format.payloadType));
    expect(kinds.filter((kind) => kind === 'audio').length).toBeGreaterThanOrEqual(37);
    expect(talking.input.sampleRate).toBe(format.name === 'PCMA' ? 8_000 : 16_000);
    expect(talking.input.discarded).toBe(0);
    // RFC 3550 §6.4.1: an even stream has no jitter, by whichever clock.
    expect(talking.input.statistics.jitter).toBeLessThan(0.01);
    expect(talking.input.quality(undefined)).toMatchObject({ drops: {} });
    expect(talking.input.quality(undefined).mos).toBeGreaterThan(4.3);
  });

  it('may change from packet to packet, with every payload type known', () => {
    const { input, send } = scene({ alternatives: formats });
    input.listen(8_000);
    const payloads = [LOUD, LOUD, Uint8Array.of(0xfc, 1, 2), new Uint8Array(640), LOUD];
    [0, 9, 111, 97, 8, 0, 8, 9].forEach((type, i) => {
      const payload = payloads[[0, 9, 111, 97, 8].indexOf(type)] as Uint8Array;
      expect(send(packet(i, payload, { type }))).toBe('taken');
    });
    expect(input.statistics).toMatchObject({ received: 8, lost: 0 });
  });

  it('stays what it was for packets that left before a new answer', () => {
    const { input, send } = scene();
    send(packet(0, LOUD));
    const codec = { name: 'PCMA', clockRate: 8_000, payloadType: 8 } as const;
    input.configure({ remote: { rtp: PEER }, codec, direction: 'sendrecv', ptime: 20 }, false);
    expect(send(packet(1, LOUD))).toBe('taken');
    expect(send(packet(2, LOUD, { type: 8 }))).toBe('taken');
  });

  it('is comfort noise, of the agreed number or 13', async () => {
    for (const type of [13, 98]) {
      const talking = scene({ comfortNoise: 98 });
      talking.input.listen(8_000);
      await talk(
        talking,
        Array.from({ length: 10 }, (_, i) => packet(i, LOUD)),
      );
      talking.send(packet(10, Uint8Array.of(40), { type }));
      const kinds: string[] = [];
      for (let i = 0; i < 10; i += 1) {
        kinds.push(talking.input.pull(talking.clock.now()));
        await talking.clock.run(20);
      }
      expect(kinds.at(-1)).toBe('comfort-noise');
    }
  });
});

describe('telephone events', () => {
  it.each([
    [8_000, 101],
    [16_000, 99],
    [48_000, 126],
  ])('at a clock of %i Hz have their true duration', (clockRate, payloadType) => {
    const { send, digits, releases } = scene({ telephoneEvent: { clockRate, payloadType } });
    const unit = clockRate / 1_000;
    send(event(1, 77, payloadType, 40 * unit));
    send(event(2, 77, payloadType, 60 * unit));
    send(event(3, 77, payloadType, 80 * unit, true));
    expect(digits).toEqual([['5', 40]]);
    expect(releases).toEqual([['5', 80]]);
  });

  it('silence the key for those who ask, as long as its tone may be heard', async () => {
    const talking = scene();
    const { input, clock, send } = talking;
    input.listen(8_000);
    const audio = Array.from({ length: 10 }, (_, i) => packet(i, LOUD));
    await talk(talking, audio);
    expect(input.keyDown).toBe(false);
    const down: boolean[] = [];
    for (let i = 0; i < 12; i += 1) {
      if (i < 5) send(event(10 + i, 1_600, 101, 160 * (i + 1), i === 4));
      input.pull(clock.now());
      down.push(input.keyDown);
      await clock.run(20);
    }
    expect(down.slice(0, 6)).toEqual(Array(6).fill(true));
    expect(down.slice(8)).toEqual(Array(4).fill(false));
  });
});

describe('a relay', () => {
  it('gets the format and the duration of each packet by the clock of that', () => {
    const { input, send } = scene({
      alternatives: [
        { ...FORMATS.G722, payloadType: 9 },
        { ...FORMATS.opus, payloadType: 111 },
        { ...FORMATS.L16, payloadType: 97 },
      ],
    });
    const relayed: [string, string, number][] = [];
    input.relay = {
      onAudio: (_packet, kind, _verdict, _now, format, units) =>
        relayed.push([kind, format.name, units]),
      onOther: () => undefined,
    };
    send(packet(0, LOUD));
    send(packet(1, LOUD, { type: 9 }));
    // RFC 6716 §3.1: CELT of 20 ms, one frame.
    send(packet(2, Uint8Array.of(0xf8, 1, 2, 3), { type: 111 }));
    send(packet(3, new Uint8Array(640), { type: 97 }));
    send(packet(4, Uint8Array.of(60), { type: 13 }));
    expect(relayed).toEqual([
      ['PCMU', 'PCMU', 160],
      ['G722', 'G722', 160],
      ['opus', 'opus', 960],
      ['L16', 'L16', 320],
      ['comfort-noise', 'L16', 0],
    ]);
  });

  it('gets nothing that is no payload of its codec', () => {
    const { input, send } = scene({
      alternatives: [
        { ...FORMATS.opus, payloadType: 111 },
        { ...FORMATS.L16, payloadType: 97 },
      ],
    });
    const relayed: string[] = [];
    const others: string[] = [];
    input.relay = {
      onAudio: (_packet, kind) => relayed.push(kind),
      onOther: (_packet, verdict) => others.push(verdict),
    };
    send(packet(0, LOUD));
    // A count of no frames (RFC 6716 §3.4, R5), half a sample, nothing, half a second.
    expect(send(packet(1, Uint8Array.of(0xff, 0), { type: 111 }))).toBe('dropped');
    expect(send(packet(2, new Uint8Array(3), { type: 97 }))).toBe('dropped');
    expect(send(packet(3, new Uint8Array(0)))).toBe('dropped');
    expect(send(packet(4, new Uint8Array(4_000)))).toBe('dropped');
    expect(relayed).toEqual(['PCMU']);
    // They have their place in the stream, so that no gap is made of it.
    expect(others).toEqual(['in-order', 'in-order', 'in-order', 'in-order']);
    expect(input.drops).toEqual({ 'audio-malformed': 4 });
  });
});

describe('the port', () => {
  it('looks at no more of a burst than a stall explains, and the sound goes on', async () => {
    const talking = scene();
    const { input, clock, send } = talking;
    input.listen(8_000);
    await talk(
      talking,
      Array.from({ length: 50 }, (_, i) => packet(i, LOUD)),
    );
    for (let i = 50; i < 10_050; i += 1) send(packet(i, LOUD));
    expect(input.drops['flood']).toBeGreaterThanOrEqual(9_400);
    expect(input.statistics.received).toBeLessThanOrEqual(560);
    await clock.run(1_000);
    const kinds = await talk(
      talking,
      Array.from({ length: 50 }, (_, i) => packet(600 + i, LOUD)),
    );
    expect(kinds.slice(-40)).toEqual(Array(40).fill('audio'));
    expect(input.line.wait).toBeLessThanOrEqual(200);
  });

  it('hears its peer in a flood from elsewhere', async () => {
    const talking = scene();
    const { input, clock, send } = talking;
    const random = new SeededRandom(4);
    input.listen(8_000);
    const kinds: string[] = [];
    for (let i = 0; i < 200; i += 1) {
      for (let n = 0; n < 50; n += 1) {
        const from = { host: `192.0.2.${below(random, 250)}`, port: 1_024 + below(random, 60_000) };
        send(packet(below(random, 65_536), LOUD, { ssrc: random.uint32() }), from);
      }
      expect(send(packet(i, LOUD))).toBe('taken');
      kinds.push(input.pull(clock.now()));
      await clock.run(20);
    }
    expect(kinds.slice(3)).toEqual(Array(197).fill('audio'));
    expect(input.statistics).toMatchObject({ received: 200, lost: 0 });
    expect((input.drops['flood'] ?? 0) + (input.drops['stranger'] ?? 0)).toBe(10_000);
    // Most of it is not even looked at.
    expect(input.drops['flood']).toBeGreaterThan(8_500);
  });

  it('drops what nobody agreed on, and counts it', () => {
    const { input, send } = scene();
    expect(send(packet(0, LOUD, { type: 96 }))).toBe('dropped');
    expect(send(packet(1, LOUD, { type: 34 }))).toBe('dropped');
    expect(send(Uint8Array.of(0x80, 0))).toBe('dropped');
    expect(input.drops).toEqual({ 'payload-type-unknown': 2, 'rtp-too-short': 1 });
    expect(input.discarded).toBe(3);
  });

  it('tells RTCP from RTP by its type', () => {
    const { send } = scene();
    const report = Uint8Array.of(0x80, 200, 0, 6, ...new Array<number>(24).fill(0));
    expect(send(report)).toBe('rtcp');
    // RFC 5761 §4: with the marker set, types 64 to 95 would look like it; ours are none of those.
    const marked = packet(1, LOUD);
    marked[1] = 0x80;
    expect(send(marked)).toBe('taken');
  });

  it('goes on after the clock was set back', async () => {
    const { input, send } = scene();
    const now = { value: 10_000 };
    jest.spyOn(VirtualClock.prototype, 'now').mockImplementation(() => now.value);
    try {
      input.listen(8_000);
      for (let i = 0; i < 400; i += 1) {
        if (i === 200) now.value -= 3_600_000;
        if (i === 300) now.value += 7_200_000;
        expect(send(packet(i, LOUD))).toBe('taken');
        input.pull(now.value);
        now.value += 20;
      }
      expect(input.pull(now.value)).toBe('audio');
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('counts Opus that cannot be decoded, and hears what comes behind it', async () => {
    const talking = scene({ alternatives: [{ ...FORMATS.opus, payloadType: 111 }] });
    const { input } = talking;
    input.listen(16_000);
    const stream = streamOf(FORMATS.opus, voice(48_000, 1_000), { sequence: 0, timestamp: 0 });
    const random = new SeededRandom(12);
    const packets = retyped(stream, 111).map((bytes, i) => {
      if (i < 10 || i >= 30) return bytes;
      // A valid outside of 20 ms, and anything inside.
      const junk = Uint8Array.from({ length: 40 }, () => random.uint32());
      junk[0] = (below(random, 2) === 0 ? 0x48 : 0xf8) & 0xfc;
      return packet(i, junk, { type: 111, timestamp: i * 960, ssrc: 7 });
    });
    const kinds = await talk(talking, packets);
    expect(kinds.slice(-15)).toEqual(Array(15).fill('audio'));
    for (const sample of input.frame) expect(Math.abs(sample)).toBeLessThanOrEqual(32_768);
  });

  it('survives whatever comes, with bounded memory of it', () => {
    const random = new SeededRandom(77);
    const alternatives = [9, 111, 97, 8].map((payloadType, i) => ({
      ...([FORMATS.G722, FORMATS.opus, FORMATS.L16, FORMATS.PCMA][i] as CodecFormat),
      payloadType,
    }));
    const { input, send, clock } = scene({ alternatives, comfortNoise: 98 });
    input.listen(48_000);
    const types = [0, 8, 9, 97, 111, 13, 98, 101, 96];
    for (let i = 0; i < 3_000; i += 1) {
      const payload = Uint8Array.from({ length: below(random, 400) }, () => random.uint32());
      const type = types[below(random, types.length)] as number;
      const jump = below(random, 50) === 0 ? random.uint32() : i * 160;
      send(packet(i, payload, { type, timestamp: jump, ssrc: 9 + below(random, 2) }));
      if (i % 2 === 0) {
        input.pull(clock.now() + i * 10);
        expect(input.frame.length).toBe(input.sampleRate / 50);
      }
      expect(input.buffered).toBeLessThanOrEqual(1_200);
    }
    expect(Object.keys(input.drops).length).toBeLessThan(12);
    input.listen(0);
    expect(input.buffered).toBe(0);
  });
});
