import fc from 'fast-check';
import { DefectError } from '../../runtime/core/errors';
import { StreamResampler } from '../../runtime/media/resampler';

const RATES = [8_000, 16_000, 24_000, 48_000] as const;
const PAIRS = RATES.flatMap((from) => RATES.map((to) => [from, to] as const)).filter(
  ([from, to]) => from !== to,
);
const AMPLITUDE = 16_000;
/** Frames of 20 ms that are heard, and those of them that are measured: the first ones fill the filter. */
const FRAMES = 15;
const SETTLED = 5;

function sine(frequency: number, sampleRate: number, frames = FRAMES): Int16Array {
  return Int16Array.from({ length: (frames * sampleRate) / 50 }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * frequency * i) / sampleRate)),
  );
}

/** Frame by frame, as in a call: each gives as much as it lasts. */
function convert(resampler: StreamResampler, input: Int16Array): Int16Array {
  const { from, to } = resampler;
  const output = new Int16Array((input.length * to) / from);
  for (let at = 0, out = 0; at < input.length; at += from / 50, out += to / 50) {
    expect(resampler.process(input, at, from / 50, output, out)).toBe(to / 50);
  }
  return output;
}

/** The part of the settled sound at a frequency: its level, and that of everything else, in dB of the input's. */
function analyse(
  output: Int16Array,
  frequency: number,
  sampleRate: number,
): { level: number; rest: number; phase: number } {
  const start = (SETTLED * sampleRate) / 50;
  const count = output.length - start;
  let inPhase = 0;
  let quadrature = 0;
  let energy = 0;
  for (let i = start; i < output.length; i += 1) {
    const angle = (2 * Math.PI * frequency * i) / sampleRate;
    inPhase += (2 * output[i]! * Math.sin(angle)) / count;
    quadrature += (2 * output[i]! * Math.cos(angle)) / count;
    energy += output[i]! ** 2 / count;
  }
  const size = Math.hypot(inPhase, quadrature);
  return {
    level: 20 * Math.log10(size / AMPLITUDE + 1e-9),
    rest: 10 * Math.log10(Math.max(1e-9, (2 * energy - size ** 2) / AMPLITUDE ** 2)),
    phase: Math.atan2(quadrature, inPhase),
  };
}

/** Whole periods in the measured frames, near a fraction of a rate. */
function frequencies(lowest: number, highest: number, step: number): number[] {
  const list: number[] = [];
  for (let f = Math.ceil(lowest / 50) * 50; f <= highest; f += step) list.push(f);
  return list;
}

describe.each(PAIRS)('resampling of a stream, %i to %i Hz', (from, to) => {
  const lower = Math.min(from, to);
  const resampler = new StreamResampler(from, to);
  beforeEach(() => resampler.reset());

  it('keeps all levels up to 0.42 of the lower rate within 0.05 dB', () => {
    for (const frequency of frequencies(100, 0.42 * lower, lower / 20)) {
      resampler.reset();
      const { level } = analyse(convert(resampler, sine(frequency, from)), frequency, to);
      expect([frequency, Math.abs(level) < 0.05]).toEqual([frequency, true]);
    }
  });

  it('adds no frequency of its own above -60 dB', () => {
    for (const frequency of frequencies(100, 0.42 * lower, lower / 20)) {
      resampler.reset();
      const { rest } = analyse(convert(resampler, sine(frequency, from)), frequency, to);
      expect([frequency, rest < -60]).toEqual([frequency, true]);
    }
  });

  if (from > to) {
    it('lets nothing of what the lower rate cannot hold through, to -60 dB', () => {
      for (const frequency of frequencies(to / 2, from / 2 - 50, to / 16)) {
        resampler.reset();
        const { level, rest } = analyse(convert(resampler, sine(frequency, from)), frequency, to);
        expect([frequency, level < -60, rest < -60]).toEqual([frequency, true, true]);
      }
    });
  }

  it('delays by what it says, at every frequency', () => {
    expect(resampler.delay).toBeCloseTo(24_000 / lower, 6);
    for (const frequency of [50, 350, 1_000]) {
      resampler.reset();
      const { phase } = analyse(convert(resampler, sine(frequency, from)), frequency, to);
      const late = (-phase * 1_000) / (2 * Math.PI * frequency);
      const period = 1_000 / frequency;
      const off = (late - resampler.delay) / period;
      expect(Math.abs(off - Math.round(off)) * period).toBeLessThan(0.005);
    }
  });

  it('gives the same whatever the pieces that it is fed with', () => {
    const input = sine(440, from, 5);
    const whole = convert(resampler, input);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_500 }), { maxLength: 30 }), (sizes) => {
        const other = new StreamResampler(from, to);
        const output = new Int16Array(whole.length);
        let at = 0;
        let out = 0;
        for (const size of [...sizes, input.length]) {
          const count = Math.min(size, input.length - at);
          out += other.process(input, at, count, output, out);
          at += count;
        }
        expect(out).toBe(whole.length);
        expect(output).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('saturates instead of turning over', () => {
    const square = Int16Array.from({ length: from / 10 }, (_, i) =>
      Math.floor((i * 400) / from) % 2 === 0 ? 32_767 : -32_768,
    );
    const output = convert(resampler, square);
    let jumps = 0;
    for (let i = 1; i < output.length; i += 1) {
      // A wrapped sample goes from one end to the other at once, and is back with the next.
      if (Math.abs(output[i]! - output[i - 1]!) > 50_000) jumps += 1;
    }
    expect(jumps).toBeLessThanOrEqual((0.1 * 400 * to) / lower);
    expect(Math.max(...output)).toBe(32_767);
  });
});

describe('resampling of a stream', () => {
  it('copies where nothing changes, without delay', () => {
    const resampler = new StreamResampler(16_000, 16_000);
    const input = sine(440, 16_000, 1);
    const output = new Int16Array(322);
    expect(resampler.process(input, 20, 300, output, 2)).toBe(300);
    expect(output.subarray(2, 302)).toEqual(input.subarray(20));
    expect([...output.subarray(0, 2), ...output.subarray(302)]).toEqual(new Array(22).fill(0));
    expect(resampler.delay).toBe(0);
  });

  it('goes there and back through 8, 16 and 48 kHz with speech frequencies whole', () => {
    const chain = [16_000, 48_000, 8_000, 16_000, 48_000];
    let sound = sine(1_000, chain[0]!);
    for (let i = 1; i < chain.length; i += 1) {
      sound = convert(new StreamResampler(chain[i - 1]!, chain[i]!), sound);
    }
    const { level, rest } = analyse(sound, 1_000, 48_000);
    expect(Math.abs(level)).toBeLessThan(0.05);
    expect(rest).toBeLessThan(-60);
  });

  it('serves the rates of L16 that have little in common with the others', () => {
    for (const [from, to] of [
      [44_100, 8_000],
      [8_000, 44_100],
      [11_025, 48_000],
    ] as const) {
      const resampler = new StreamResampler(from, to);
      const input = sine(1_000, from, 50);
      const output = new Int16Array(to);
      let written = 0;
      for (let at = 0; at < from; at += 441) {
        const count = Math.min(441, from - at);
        written += resampler.process(input, at, count, output, written);
      }
      expect(written).toBe(to);
      expect(analyse(output, 1_000, to).rest).toBeLessThan(-60);
    }
  });

  it('takes no rate that audio does not have', () => {
    for (const [from, to] of [
      [0, 8_000],
      [8_000, 96_000],
      [8_000.5, 16_000],
      [47_981, 8_009],
    ] as const) {
      expect(() => new StreamResampler(from, to)).toThrow(DefectError);
    }
  });

  it('is new after a reset', () => {
    const resampler = new StreamResampler(8_000, 48_000);
    const first = convert(resampler, sine(300, 8_000, 2));
    resampler.process(sine(300, 8_000, 1), 0, 77, new Int16Array(1_000), 0);
    resampler.reset();
    expect(convert(resampler, sine(300, 8_000, 2))).toEqual(first);
  });
});
