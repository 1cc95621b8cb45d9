import fc from 'fast-check';
import { g711DecodeTable } from '../../runtime/media/codec/g711';
import {
  FRAME_SAMPLES,
  JitterBuffer,
  type FrameKind,
  type PushVerdict,
} from '../../runtime/media/jitter-buffer';
import { RtpPacket, writeRtpHeader } from '../../runtime/media/rtp/packet';
import { below, SeededRandom } from '../../runtime/core/random';

/** mu-law bytes that decode to loud values, far enough apart to be told from each other. */
const LOUD = Array.from({ length: 64 }, (_, i) => (i < 32 ? i : 0x80 + i - 32));
const VALUES = g711DecodeTable('PCMU');
const SILENT = 0xff;

interface Arrival {
  readonly at: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly samples?: number;
  readonly byte?: number;
  readonly ssrc?: number;
}

function packetOf(arrival: Arrival): RtpPacket {
  const { samples = 160, byte = 0, ssrc = 1 } = arrival;
  const bytes = new Uint8Array(12 + samples).fill(byte);
  writeRtpHeader(bytes, false, 0, arrival.sequence & 0xffff, arrival.timestamp >>> 0, ssrc);
  const packet = new RtpPacket();
  expect(packet.parse(bytes)).toBe('ok');
  return packet;
}

class Listener {
  readonly kinds: FrameKind[] = [];
  readonly samples: number[] = [];
  readonly verdicts: PushVerdict[] = [];
  private readonly frame = new Int16Array(FRAME_SAMPLES);

  constructor(
    readonly buffer: JitterBuffer,
    private readonly keepSamples = true,
  ) {}

  /** Pulls every 20 ms from 0 on, pushing what has arrived by then. */
  run(arrivals: readonly Arrival[], until: number, from = 0): this {
    const order = [...arrivals].sort((a, b) => a.at - b.at);
    let next = 0;
    for (let now = from; now < until; now += 20) {
      for (; next < order.length && (order[next] as Arrival).at <= now; next += 1) {
        const arrival = order[next] as Arrival;
        this.verdicts.push(this.buffer.push(packetOf(arrival), 'PCMU', arrival.at));
      }
      this.kinds.push(this.buffer.pull(this.frame, now));
      if (this.keepSamples) this.samples.push(...this.frame);
    }
    return this;
  }

  /** Values that were heard for at least `shortest` samples on end, in order. */
  heard(shortest = 100): number[] {
    const runs: number[] = [];
    for (let i = 0; i < this.samples.length;) {
      let end = i + 1;
      while (this.samples[end] === this.samples[i]) end += 1;
      if (end - i >= shortest && this.samples[i] !== 0) runs.push(this.samples[i] as number);
      i = end;
    }
    return runs;
  }
}

/** A stream of packets `ptime` apart, each of one value of its own, that arrive after `delay`. */
function stream(
  count: number,
  delay: (index: number) => number = () => 0,
  ptime = 20,
  start = { sequence: 0, timestamp: 0 },
): Arrival[] {
  return Array.from({ length: count }, (_, i) => ({
    at: i * ptime + delay(i),
    sequence: start.sequence + i,
    timestamp: start.timestamp + i * ptime * 8,
    samples: ptime * 8,
    byte: LOUD[i % LOUD.length] as number,
  }));
}

function valuesOf(arrivals: readonly Arrival[]): number[] {
  return arrivals.map((arrival) => VALUES[arrival.byte as number] as number);
}

describe('JitterBuffer', () => {
  it('gives silence, and allocates nothing, before the first packet', () => {
    const listener = new Listener(new JitterBuffer()).run([], 100);
    expect(listener.kinds).toEqual(Array(5).fill('silence'));
    expect(listener.samples.every((sample) => sample === 0)).toBe(true);
  });

  it('plays an even stream whole, in order, after the least delay', () => {
    const arrivals = stream(50);
    const listener = new Listener(new JitterBuffer()).run(arrivals, 1040);
    expect(listener.kinds.slice(0, 3)).toEqual(['silence', 'silence', 'audio']);
    expect(listener.kinds.slice(2)).toEqual(Array(50).fill('audio'));
    expect(listener.heard(160)).toEqual(valuesOf(arrivals));
  });

  it.each([10, 20, 30, 40, 60, 120])('makes 20 ms frames of %i ms packets', (ptime) => {
    const count = 600 / ptime;
    const arrivals = stream(count, () => 0, ptime);
    const listener = new Listener(new JitterBuffer()).run(arrivals, 640);
    expect(listener.kinds.slice(2)).toEqual(Array(30).fill('audio'));
    expect(listener.heard(ptime * 8)).toEqual(valuesOf(arrivals));
  });

  it('puts packets into order and does not care for wrapping numbers', () => {
    const swap = (i: number): number => (i % 5 === 2 ? 25 : 0);
    const arrivals = stream(60, swap, 20, { sequence: 65_520, timestamp: 0xffff_f000 });
    const listener = new Listener(new JitterBuffer()).run(arrivals, 1300);
    expect(listener.heard(160)).toEqual(valuesOf(arrivals));
    expect(listener.buffer.late).toBe(0);
    expect(listener.buffer.restarts).toBe(0);
  });

  it('drops duplicates and counts them', () => {
    const arrivals = stream(20);
    const doubled = arrivals.flatMap((arrival) => [arrival, { ...arrival, at: arrival.at + 15 }]);
    const listener = new Listener(new JitterBuffer()).run(doubled, 460);
    expect(listener.buffer.duplicates).toBe(20);
    expect(listener.buffer.late).toBe(0);
    expect(listener.heard(160)).toEqual(valuesOf(arrivals));
  });

  it('conceals a lost packet with a fading repetition and goes on in time', () => {
    const arrivals = stream(40).filter((_, i) => i !== 20);
    const listener = new Listener(new JitterBuffer()).run(arrivals, 840);
    expect(listener.kinds.filter((kind) => kind === 'lost')).toHaveLength(1);
    expect(listener.kinds[22]).toBe('lost');
    expect(listener.buffer.concealed).toBe(1);
    const substitute = listener.samples.slice(22 * 160, 23 * 160);
    expect(substitute.every((sample) => sample === 0)).toBe(false);
    const first = Math.abs(substitute[0] as number);
    expect(Math.abs(substitute[159] as number)).toBeLessThan(first);
    expect(listener.kinds.slice(23, 41)).toEqual(Array(18).fill('audio'));
  });

  it('turns to silence when the sender stops, and stays alive for its return', () => {
    const before = stream(10);
    const after = stream(10).map((arrival, i) => ({
      ...arrival,
      at: 3000 + i * 20,
      sequence: 10 + i,
      timestamp: 24_000 + i * 160,
    }));
    const listener = new Listener(new JitterBuffer()).run([...before, ...after], 3240);
    expect(listener.kinds.slice(20, 150)).toEqual(Array(130).fill('silence'));
    expect(listener.kinds.slice(152)).toEqual(Array(10).fill('audio'));
    expect(listener.heard(120)).toEqual([...valuesOf(before), ...valuesOf(after)]);
    expect(listener.buffer.late).toBe(0);
    expect(listener.buffer.restarts).toBe(0);
  });

  it('goes on after ticks that stopped for seconds, with what had come before them and what comes then', () => {
    const arrivals = stream(160);
    const before = arrivals.slice(0, 8);
    const after = arrivals.slice(150);
    const listener = new Listener(new JitterBuffer()).run(before, 100);
    expect(listener.kinds.slice(2)).toEqual(['audio', 'audio', 'audio']);
    listener.run([], 2_040, 2_000);
    expect(listener.kinds.slice(5)).not.toContain('audio');
    listener.run(after, 3_240, 3_000);
    expect(listener.kinds.slice(-9)).toEqual(Array(9).fill('audio'));
    expect(listener.heard(150).slice(-10)).toEqual(valuesOf(after));
  });

  it('plays what a stall of the network held up, later, instead of losing it', () => {
    // From the 20th packet on, everything waits until 560 ms, then the path is as fast as before.
    const arrivals = stream(60).map((arrival) =>
      arrival.at >= 400 && arrival.at < 560 ? { ...arrival, at: 560 } : arrival,
    );
    const listener = new Listener(new JitterBuffer()).run(arrivals, 1600);
    expect(listener.buffer.late).toBe(0);
    expect(listener.heard(120)).toEqual(valuesOf(arrivals));
  });

  it('adapts its delay to the jitter, within bounds, and back when it is over', () => {
    const random = new SeededRandom(7);
    const rough = stream(200, () => below(random, 120));
    const smooth = stream(1200)
      .slice(200)
      .map((arrival) => ({ ...arrival, byte: SILENT }));
    const buffer = new JitterBuffer({ minDelay: 40, maxDelay: 200 });
    const listener = new Listener(buffer).run(rough, 4000);
    expect(buffer.targetDelay).toBeGreaterThan(100);
    expect(buffer.targetDelay).toBeLessThanOrEqual(120);
    listener.run(smooth, 24_000, 4000);
    expect(buffer.targetDelay).toBe(40);
    // The surplus went in quiet frames.
    expect(buffer.skipped).toBeGreaterThan(0);
    expect(buffer.buffered).toBeLessThanOrEqual(60);
  });

  it('plays quiet frames twice to make room for jitter that has grown', () => {
    const arrivals = stream(200, (i) => (i >= 50 && i % 10 === 5 ? 100 : 0));
    const quiet = arrivals.map((arrival) => ({ ...arrival, byte: SILENT }));
    const buffer = new JitterBuffer();
    const listener = new Listener(buffer).run(quiet, 4000);
    expect(buffer.targetDelay).toBe(100);
    expect(buffer.repeated).toBeGreaterThanOrEqual(2);
    // Only the packet that showed the jitter came too late.
    expect(buffer.late).toBe(1);
    expect(listener.kinds.slice(2).filter((kind) => kind !== 'audio')).toHaveLength(1);
  });

  it('jumps ahead, through loud sound too, when it has fallen behind the longest delay', () => {
    // The first second comes over a path that then becomes 400 ms shorter at once.
    const arrivals = stream(200, (i) => (i < 50 ? 400 : 0));
    const buffer = new JitterBuffer();
    const listener = new Listener(buffer).run(arrivals, 4000);
    expect(buffer.buffered).toBeLessThanOrEqual(220);
    expect(listener.kinds.slice(-20)).toEqual(Array(20).fill('audio'));
  });

  it('never waits longer than the longest delay', () => {
    const buffer = new JitterBuffer({ maxDelay: 100 });
    new Listener(buffer).run(
      stream(100, (i) => (i % 10 === 5 ? 300 : 0)),
      2100,
    );
    expect(buffer.targetDelay).toBe(100);
    expect(buffer.late).toBe(9);
  });

  it.each([-300, 300])(
    'follows a sender whose clock is off by %i ppm',
    (ppm) => {
      const count = 15_000;
      const drift = 1 + ppm / 1_000_000;
      const arrivals = stream(count).map((arrival, i) => ({
        ...arrival,
        at: i * 20 * drift,
        byte: i % 10 < 7 ? (LOUD[i % 64] as number) : SILENT,
      }));
      const buffer = new JitterBuffer();
      const listener = new Listener(buffer, false).run(arrivals, count * 20);
      expect(buffer.late).toBe(0);
      // Five minutes at 300 ppm are 90 ms: no more than the 40 ms of delay may be out of place.
      expect(buffer.buffered).toBeLessThanOrEqual(80);
      expect(listener.kinds.filter((kind) => kind === 'lost').length).toBeLessThanOrEqual(10);
    },
    30_000,
  );

  it('takes another SSRC for a new stream at once', () => {
    const first = stream(20);
    const second = stream(20, () => 400, 20, { sequence: 900, timestamp: 123_456_789 });
    const arrivals = [...first, ...second.map((arrival) => ({ ...arrival, ssrc: 2 }))];
    const listener = new Listener(new JitterBuffer()).run(arrivals, 900);
    expect(listener.buffer.restarts).toBe(1);
    expect(listener.kinds.slice(22, 42)).toEqual(Array(20).fill('audio'));
  });

  it.each([5_000_000, -5_000_000])('follows a timestamp jump of %i', (jump) => {
    const first = stream(20);
    const second = stream(20, () => 400, 20, { sequence: 20, timestamp: 3200 + jump });
    const listener = new Listener(new JitterBuffer()).run([...first, ...second], 900);
    expect(listener.buffer.restarts).toBe(1);
    expect(listener.kinds.filter((kind) => kind === 'audio').length).toBeGreaterThanOrEqual(38);
  });

  it('follows a path that has become longer than it is willing to wait', () => {
    const arrivals = stream(100, (i) => (i < 30 ? 0 : 400));
    const listener = new Listener(new JitterBuffer()).run(arrivals, 2500);
    // The few packets that show it are lost, the others are not.
    expect(listener.buffer.late).toBeLessThanOrEqual(8);
    expect(listener.heard(120).length).toBeGreaterThanOrEqual(85);
  });

  it('plays comfort noise, of the level that was asked for, until speech returns', () => {
    const buffer = new JitterBuffer();
    const listener = new Listener(buffer).run(stream(10), 200);
    const noise = packetOf({ at: 200, sequence: 10, timestamp: 1600, samples: 1, byte: 40 });
    buffer.pushComfortNoise(noise);
    listener.run([], 1000, 200);
    expect(listener.kinds.slice(12)).toEqual(Array(38).fill('comfort-noise'));
    const sound = listener.samples.slice(20 * 160);
    const rms = Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);
    expect(20 * Math.log10(rms / 32_768)).toBeCloseTo(-40, 0);
    const speech = { at: 1000, sequence: 11, timestamp: 8000, byte: LOUD[3] as number };
    listener.run([speech], 1080, 1000);
    expect(listener.kinds.slice(50)).toEqual(['comfort-noise', 'comfort-noise', 'audio', 'lost']);
  });

  it('does not conceal what telephone events have taken the place of', () => {
    const buffer = new JitterBuffer();
    const listener = new Listener(buffer).run(stream(10), 200);
    buffer.pushEvent(packetOf({ at: 200, sequence: 10, timestamp: 1600, samples: 4 }));
    listener.run([], 400, 200);
    expect(listener.kinds.slice(12)).toEqual(Array(8).fill('silence'));
    expect(buffer.concealed).toBe(0);
  });

  it('refuses packets of no or absurd length', () => {
    const buffer = new JitterBuffer();
    const push = (samples: number): PushVerdict =>
      buffer.push(packetOf({ at: 0, sequence: 1, timestamp: 0, samples }), 'PCMU', 0);
    expect(push(0)).toBe('malformed');
    expect(push(961)).toBe('malformed');
    expect(push(960)).toBe('stored');
  });

  it('starts again after a reset as if nothing had been', () => {
    const buffer = new JitterBuffer();
    new Listener(buffer).run(stream(10), 200);
    buffer.reset();
    const arrivals = stream(10, () => 0, 20, { sequence: 5, timestamp: 99 });
    const listener = new Listener(buffer).run(arrivals, 240);
    expect(listener.heard(120)).toEqual(valuesOf(arrivals));
  });

  it('plays every packet that it stored once and in order, whatever the network does', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.integer({ min: 0, max: 140 }), (seed, spread) => {
        const random = new SeededRandom(seed);
        const start = { sequence: below(random, 65_536), timestamp: random.uint32() };
        const sent = stream(120, () => below(random, spread + 1), 20, start);
        const arrivals = sent
          .filter((_, i) => i === 0 || below(random, 10) > 0)
          .flatMap((arrival) =>
            below(random, 10) === 0
              ? [arrival, { ...arrival, at: arrival.at + below(random, 60) }]
              : [arrival],
          );
        const buffer = new JitterBuffer();
        const listener = new Listener(buffer).run(arrivals, 2800);
        const order = [...arrivals].sort((a, b) => a.at - b.at);
        const stored = order.filter((_, i) => listener.verdicts[i] === 'stored');
        stored.sort((a, b) => a.sequence - b.sequence);
        expect(listener.heard(100)).toEqual(valuesOf(stored));
        expect(buffer.restarts).toBe(0);
        expect(stored.length + buffer.late + buffer.duplicates).toBe(arrivals.length);
        if (spread <= 40) expect(buffer.late).toBe(0);
      }),
      { numRuns: 300, seed: 20_261 },
    );
  });

  it('gives whole frames and never throws on any sequence of packets', () => {
    const arrival = fc.record({
      sequence: fc.nat(0xffff),
      timestamp: fc.oneof(fc.nat(0xffff_ffff), fc.nat(20_000)),
      samples: fc.integer({ min: 1, max: 960 }),
      ssrc: fc.integer({ min: 1, max: 2 }),
      wait: fc.integer({ min: 0, max: 200 }),
      kind: fc.constantFrom('audio', 'audio', 'audio', 'noise', 'event'),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 80 }), (arrivals) => {
        const buffer = new JitterBuffer();
        const frame = new Int16Array(FRAME_SAMPLES);
        let now = 0;
        for (const { wait, kind, ...rest } of arrivals) {
          for (const end = now + wait; now <= end; now += 20) {
            frame.fill(-32_768);
            buffer.pull(frame, now);
            expect(frame.includes(-32_768)).toBe(false);
          }
          const packet = packetOf({ at: now, ...rest });
          if (kind === 'audio') buffer.push(packet, 'PCMU', now);
          else if (kind === 'noise') buffer.pushComfortNoise(packet);
          else buffer.pushEvent(packet);
        }
        expect(buffer.buffered).toBeLessThanOrEqual(512);
      }),
      { numRuns: 300, seed: 20_262 },
    );
  });
});
