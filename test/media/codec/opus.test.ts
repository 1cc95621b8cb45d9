import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpusDecoder } from '../../../runtime/media/codec/opus-decoder';
import { OpusEncoder } from '../../../runtime/media/codec/opus-encoder';
import { OpusLibrary } from '../../../runtime/media/codec/opus-library';
import { opusDuration, opusHasCopy } from '../../../runtime/media/codec/opus-packet';
import type { CodecFormat, OpusParameters } from '../../../runtime/media/codec/port';
import { readWav } from '../../../runtime/prompt/wav';
import { resample } from '../../../runtime/prompt/resample';

const vectors = join(__dirname, '..', '..', 'vectors', 'codec');
const prompt = readWav(
  readFileSync(join(__dirname, '..', '..', '..', 'prompts', 'en', 'survey-welcome.wav')),
);
const speech = new Map(
  [8_000, 16_000, 24_000, 48_000].map((rate) => [
    rate,
    resample(prompt.samples, prompt.sampleRate, rate),
  ]),
);

let library: OpusLibrary;
beforeEach(() => {
  library = OpusLibrary.load();
});

function encoder(opus: OpusParameters = {}, rate = 16_000): OpusEncoder {
  const format: CodecFormat = { name: 'opus', clockRate: 48_000, channels: 2, opus };
  return new OpusEncoder(library, format, rate);
}

/** Each packet of 20 ms of a sound; empty where none is to be sent. */
function packetsOf(from: OpusEncoder, sound: Int16Array, ptime = 20): Uint8Array[] {
  const frame = (from.sampleRate * ptime) / 1_000;
  const bytes = new Uint8Array(from.maxBytes(frame));
  const packets: Uint8Array[] = [];
  for (let at = 0; at + frame <= sound.length; at += frame) {
    packets.push(bytes.slice(0, from.encode(sound, at, frame, bytes, 0)));
  }
  return packets;
}

function bitrate(packets: readonly Uint8Array[]): number {
  return (packets.reduce((sum, { length }) => sum + length, 0) * 8 * 50) / packets.length;
}

function energy(samples: Int16Array): number {
  return samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length;
}

/** RFC 6716 §3.1: the bandwidths of the configurations. */
function bandwidth(packet: Uint8Array): string {
  const config = packet[0]! >> 3;
  if (config < 12) return ['NB', 'MB', 'WB'][config >> 2]!;
  if (config < 16) return config < 14 ? 'SWB' : 'FB';
  return ['NB', 'WB', 'SWB', 'FB'][(config - 16) >> 2]!;
}

describe('Opus encoder', () => {
  it.each([8_000, 16_000, 24_000, 48_000])('takes speech at %i Hz, mono', (rate) => {
    const packets = packetsOf(encoder({}, rate), speech.get(rate)!);
    expect(packets.every((packet) => opusDuration(packet, 0, packet.length) === 960)).toBe(true);
    expect(packets.every((packet) => (packet[0]! & 4) === 0)).toBe(true);
  });

  it.each([
    [8_000, ['NB']],
    [12_000, ['NB', 'MB']],
    [16_000, ['NB', 'MB', 'WB']],
    [24_000, ['NB', 'MB', 'WB', 'SWB']],
  ])('sends no more bandwidth than a peer that plays %i Hz needs', (maxPlaybackRate, allowed) => {
    const packets = packetsOf(encoder({ maxPlaybackRate }, 48_000), speech.get(48_000)!);
    expect(packets.filter((packet) => !allowed.includes(bandwidth(packet)))).toEqual([]);
    expect(packets.some((packet) => bandwidth(packet) === allowed.at(-1))).toBe(true);
  });

  it('stays within the average bit rate that the peer names', () => {
    const free = bitrate(packetsOf(encoder({}, 48_000), speech.get(48_000)!));
    for (const maxAverageBitrate of [8_000, 16_000]) {
      const packets = packetsOf(encoder({ maxAverageBitrate }, 48_000), speech.get(48_000)!);
      expect(bitrate(packets)).toBeLessThanOrEqual(maxAverageBitrate * 1.05);
      expect(bitrate(packets)).toBeLessThan(free);
    }
  });

  it.each([5_999, 510_001])('ignores an average bit rate of %i', (maxAverageBitrate) => {
    const sound = speech.get(16_000)!;
    expect(packetsOf(encoder({ maxAverageBitrate }), sound)).toEqual(packetsOf(encoder(), sound));
  });

  it('sends packets of one size to a peer that asked for that', () => {
    const sizes = new Set(
      packetsOf(encoder({ cbr: true }), speech.get(16_000)!).map((p) => p.length),
    );
    expect(sizes.size).toBe(1);
    expect(
      new Set(packetsOf(encoder(), speech.get(16_000)!).map((p) => p.length)).size,
    ).toBeGreaterThan(5);
  });

  it('sends next to nothing in silence where the peer likes that, and all of it where not', () => {
    const silence = new Int16Array(16_000 * 3);
    const quiet = packetsOf(encoder({ useDtx: true }), silence);
    expect(quiet.filter(({ length }) => length > 0).length).toBeLessThan(40);
    expect(quiet.slice(30).some(({ length }) => length > 0)).toBe(true);
    expect(packetsOf(encoder(), silence).every(({ length }) => length > 0)).toBe(true);
  });

  it('adds copies only where the peer can use them, and as losses are expected', () => {
    const sound = speech.get(16_000)!;
    const copies = (from: OpusEncoder): number =>
      packetsOf(from, sound).filter((p) => opusHasCopy(p, 0, p.length)).length;
    const without = encoder();
    without.expectLoss(0.2);
    expect(copies(without)).toBe(0);
    const lossy = encoder({ useInbandFec: true });
    lossy.expectLoss(0.2);
    expect(copies(lossy)).toBeGreaterThan(50);
    const whole = encoder({ useInbandFec: true });
    whole.expectLoss(0);
    expect(copies(whole)).toBe(0);
    // Nobody has reported yet.
    expect(copies(encoder({ useInbandFec: true }))).toBeGreaterThan(20);
  });

  it.each([10, 20, 30, 40, 50, 60])('makes packets of %i ms', (ptime) => {
    for (const rate of [8_000, 48_000]) {
      const packets = packetsOf(encoder({}, rate), speech.get(rate)!, ptime);
      const other = packets.filter((p) => opusDuration(p, 0, p.length) !== 48 * ptime);
      expect(other).toEqual([]);
    }
  });

  it.each([30, 50])('says the same in packets of %i ms as in those of 10', (ptime) => {
    const sound = speech.get(16_000)!;
    const heard = (packets: readonly Uint8Array[]): Int16Array => {
      const decoder = new OpusDecoder(library, 16_000);
      const out = new Int16Array(packets.length * ptime * 16);
      let at = 0;
      for (const packet of packets) at += decoder.decode(packet, 0, packet.length, out, at);
      return out;
    };
    const joined = heard(packetsOf(encoder(), sound, ptime));
    const [best] = Array.from({ length: 400 }, (_, delay) => {
      let product = 0;
      for (let i = 0; i + delay < 32_000; i += 1) product += sound[i]! * joined[i + delay]!;
      return product / Math.sqrt(energy(sound.subarray(0, 32_000)) * energy(joined)) / 32_000;
    }).sort((a, b) => b - a);
    expect(best).toBeGreaterThan(0.85);
    // And goes back to whole frames.
    const from = encoder();
    packetsOf(from, sound.subarray(0, 16_000), ptime);
    expect(packetsOf(from, sound).every((p) => (p[0]! & 3) === 0)).toBe(true);
  });

  it('writes nothing for what is no packet, or has no room', () => {
    const from = encoder();
    const pcm = new Int16Array(320);
    const out = new Uint8Array(2_000);
    expect(from.encode(pcm, 0, 0, out, 0)).toBe(0);
    expect(from.encode(pcm, 0, 123, out, 0)).toBe(0);
    expect(from.encode(pcm, 1, 320, out, 0)).toBe(0);
    expect(from.encode(pcm, -1, 320, out, 0)).toBe(0);
    expect(from.encode(new Int16Array(20_000), 0, 20_000, out, 0)).toBe(0);
    expect(from.encode(pcm, 0, 320, out, 2_000)).toBe(0);
    expect(from.encode(pcm, 0, 320, out, 0)).toBeGreaterThan(0);
  });

  it('is new after a reset, with its settings', () => {
    const sound = speech.get(16_000)!.subarray(0, 16_000);
    const from = encoder({ cbr: true, maxPlaybackRate: 8_000 });
    const first = packetsOf(from, sound);
    from.reset();
    expect(packetsOf(from, sound)).toEqual(first);
  });
});

describe('Opus decoder', () => {
  it.each([8_000, 16_000, 24_000, 48_000])('gives sound at %i Hz, whatever was sent', (rate) => {
    for (const sent of [8_000, 48_000]) {
      const decoder = new OpusDecoder(library, rate);
      const out = new Int16Array(rate / 50);
      let loudest = 0;
      for (const packet of packetsOf(encoder({}, sent), speech.get(sent)!)) {
        expect(decoder.decode(packet, 0, packet.length, out, 0)).toBe(rate / 50);
        loudest = Math.max(loudest, energy(out));
      }
      expect(loudest).toBeGreaterThan(1_000_000);
    }
  });

  it.each([8_000, 48_000])('hears both channels of stereo packets as one at %i Hz', (rate) => {
    const bytes = readFileSync(join(vectors, 'stereo.opus-packets'));
    const decoder = new OpusDecoder(library, rate);
    const heard: number[] = [];
    const out = new Int16Array(rate / 50);
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUInt16BE(at);
      expect(bytes[at + 2]! & 4).toBe(4);
      expect(decoder.decode(bytes, at + 2, length, out, 0)).toBe(rate / 50);
      heard.push(...out);
      at += 2 + length;
    }
    const level = (frequency: number): number => {
      let sine = 0;
      let cosine = 0;
      const from = rate / 10;
      const count = rate / 5;
      for (let i = from; i < from + count; i += 1) {
        sine += (2 * heard[i]! * Math.sin((2 * Math.PI * frequency * i) / rate)) / count;
        cosine += (2 * heard[i]! * Math.cos((2 * Math.PI * frequency * i) / rate)) / count;
      }
      return Math.hypot(sine, cosine);
    };
    // Half of each channel's 8 000.
    expect(Math.abs(level(500) - 4_000)).toBeLessThan(400);
    expect(Math.abs(level(1_200) - 4_000)).toBeLessThan(400);
    expect(level(850)).toBeLessThan(100);
  });

  it('brings a lost packet back from the one after it', () => {
    const sound = speech.get(16_000)!;
    const from = encoder({ useInbandFec: true });
    from.expectLoss(0.2);
    const packets = packetsOf(from, sound);
    const whole = new OpusDecoder(library, 16_000);
    const mended = new OpusDecoder(library, 16_000);
    const concealed = new OpusDecoder(library, 16_000);
    const expected = new Int16Array(320);
    const copy = new Int16Array(322);
    const guess = new Int16Array(320);
    let recovered = 0;
    let mendedError = 0;
    let guessError = 0;
    for (let i = 0; i < packets.length; i += 1) {
      const packet = packets[i]!;
      whole.decode(packet, 0, packet.length, expected, 0);
      const next = packets[i + 1];
      if (i % 5 === 4 && next !== undefined && mended.recover(next, 0, next.length, copy, 1, 320)) {
        recovered += 1;
        concealed.conceal(guess, 0, 320);
        for (let k = 0; k < 320; k += 1) {
          mendedError += (copy[k + 1]! - expected[k]!) ** 2;
          guessError += (guess[k]! - expected[k]!) ** 2;
        }
      } else {
        mended.decode(packet, 0, packet.length, copy, 1);
        concealed.decode(packet, 0, packet.length, guess, 0);
      }
    }
    expect(recovered).toBeGreaterThan(10);
    expect(mendedError).toBeLessThan(guessError / 2);
    expect([copy[0], copy[321]]).toEqual([0, 0]);
  });

  it('has nothing to bring back from a packet without a copy, or too short a gap', () => {
    const decoder = new OpusDecoder(library, 16_000);
    const out = new Int16Array(960);
    const plain = packetsOf(encoder(), speech.get(16_000)!)[20]!;
    expect(decoder.recover(plain, 0, plain.length, out, 0, 320)).toBe(false);
    const from = encoder({ useInbandFec: true });
    from.expectLoss(0.3);
    const copy = packetsOf(from, speech.get(16_000)!).find((p) => opusHasCopy(p, 0, p.length))!;
    expect(decoder.recover(copy, 0, copy.length, out, 0, 160)).toBe(false);
    expect(decoder.recover(copy, 0, copy.length, out, 0, 321)).toBe(false);
    expect(decoder.recover(copy, 0, copy.length, out, 700, 320)).toBe(false);
    expect(decoder.recover(copy, 0, copy.length + 9, out, 0, 320)).toBe(false);
    expect(decoder.recover(copy, 0, copy.length, out, 0, 320)).toBe(true);
  });

  it('conceals any number of samples, and only those', () => {
    const decoder = new OpusDecoder(library, 16_000);
    const out = new Int16Array(8_000);
    for (const packet of packetsOf(encoder(), speech.get(16_000)!).slice(0, 40)) {
      decoder.decode(packet, 0, packet.length, out, 0);
    }
    for (const count of [1, 39, 40, 41, 320, 333, 1_920, 3_000]) {
      out.fill(77);
      decoder.conceal(out, 5, count);
      expect(out.subarray(5 + count).every((sample) => sample === 77)).toBe(true);
      expect(out.subarray(0, 5).every((sample) => sample === 77)).toBe(true);
    }
  });

  it('gives a verdict on any bytes, and goes on', () => {
    const decoder = new OpusDecoder(library, 16_000);
    const packets = packetsOf(encoder({ useInbandFec: true }), speech.get(16_000)!).slice(0, 40);
    const out = new Int16Array(1_920);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 0, max: 39 }),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 5 }),
        (garbage, index, flips) => {
          const spoiled = packets[index]!.slice();
          for (const [at, value] of flips) if (at < spoiled.length) spoiled[at] = value;
          for (const bytes of [garbage, spoiled]) {
            const duration = opusDuration(bytes, 0, bytes.length);
            decoder.recover(bytes, 0, bytes.length, out, 0, 320);
            const samples = decoder.decode(bytes, 0, bytes.length, out, 0);
            expect(samples === -1 || samples === duration / 3).toBe(true);
          }
        },
      ),
      { numRuns: 3_000 },
    );
    expect(library.traps).toBe(0);
    for (const packet of packets) {
      expect(decoder.decode(packet, 0, packet.length, out, 0)).toBe(320);
    }
  });

  it('takes no packet that is longer than it has room for', () => {
    const decoder = new OpusDecoder(library, 48_000);
    const bytes = new Uint8Array(40_000).fill(1);
    bytes[0] = (28 << 3) | 3;
    bytes[1] = 48;
    const length = 2 + 48 * 800;
    expect(opusDuration(bytes, 0, length)).toBe(5_760);
    expect(decoder.decode(bytes, 0, length, new Int16Array(5_760), 0)).toBe(-1);
  });
});

describe('Opus library', () => {
  it('uses the plain build where the one with vectors does not load', () => {
    const asked: string[] = [];
    const plain = OpusLibrary.load((name) => {
      asked.push(name);
      if (name === 'simd.wasm') throw new Error('no vectors');
      return readFileSync(require.resolve(`@evan/opus/wasm/${name}`));
    });
    expect(asked).toEqual(['simd.wasm', 'opus.wasm']);
    expect(plain.open('decoder', 8_000)).toBeDefined();
  });

  it('says why nothing loads', () => {
    expect(() => OpusLibrary.load(() => Uint8Array.of(1, 2, 3))).toThrow(/simd\.wasm.*opus\.wasm/s);
    // A module that is none of ours.
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(() => OpusLibrary.load(() => empty)).toThrow(/not the Opus library/);
  });

  it('uses the memory of closed codecs again', () => {
    const open = (): void => {
      const codecs = Array.from({ length: 100 }, () => [
        encoder(),
        new OpusDecoder(library, 8_000),
      ]);
      for (const codec of codecs.flat()) codec.close();
    };
    open();
    const size = library.memorySize;
    for (let i = 0; i < 20; i += 1) open();
    expect(library.memorySize).toBe(size);
  });

  it('goes on when its memory grows under it', () => {
    const size = library.memorySize;
    const from = encoder();
    const decoder = new OpusDecoder(library, 16_000);
    const [packet] = packetsOf(from, speech.get(16_000)!.subarray(0, 320));
    while (library.memorySize === size) encoder();
    const out = new Int16Array(320);
    expect(decoder.decode(packet!, 0, packet!.length, out, 0)).toBe(320);
    const next = packetsOf(from, speech.get(16_000)!.subarray(320, 640))[0]!;
    expect(decoder.decode(next, 0, next.length, out, 0)).toBe(320);
    const other = encoder();
    packetsOf(other, speech.get(16_000)!.subarray(0, 320));
    expect(next).toEqual(packetsOf(other, speech.get(16_000)!.subarray(320, 640))[0]);
  });

  it('replaces an instance that trapped, and every codec goes on with its settings', () => {
    const sound = speech.get(16_000)!.subarray(0, 16_000);
    const from = encoder({ cbr: true });
    const decoder = new OpusDecoder(library, 16_000);
    const before = packetsOf(from, sound);
    const out = new Int16Array(320);
    expect(decoder.decode(before[0]!, 0, before[0]!.length, out, 0)).toBe(320);
    // A state beyond the end of memory: reading it traps.
    const broken = { ...library.open('decoder', 16_000)!, pointer: 0x7fff_fff0 };
    expect(library.decode(broken, before[0]!, 0, before[0]!.length, out, 0, 320, false)).toBe(-1);
    expect([library.traps, library.generation]).toEqual([1, 2]);
    expect(decoder.conceal(out, 0, 320)).toBe(false);
    expect(decoder.decode(before[0]!, 0, before[0]!.length, out, 0)).toBe(320);
    expect(packetsOf(from, sound)).toEqual(before);
    from.close();
    decoder.close();
  });

  it('gives a verdict on codecs that were closed', () => {
    const from = encoder();
    const decoder = new OpusDecoder(library, 16_000);
    const [packet] = packetsOf(from, speech.get(16_000)!.subarray(0, 320));
    from.close();
    decoder.close();
    from.close();
    decoder.close();
    // Another has their places now, and is not disturbed.
    const other = encoder();
    const first = packetsOf(other, speech.get(16_000)!.subarray(0, 3_200));
    from.reset();
    from.expectLoss(0.5);
    decoder.reset();
    const out = new Int16Array(320).fill(5);
    expect(packetsOf(from, new Int16Array(320))).toEqual([new Uint8Array(0)]);
    expect(decoder.decode(packet!, 0, packet!.length, out, 0)).toBe(-1);
    expect(decoder.conceal(out, 0, 320)).toBe(false);
    expect(out.every((sample) => sample === 0)).toBe(true);
    other.reset();
    expect(packetsOf(other, speech.get(16_000)!.subarray(0, 3_200))).toEqual(first);
  });
});
