import { Concealment } from '../../../runtime/media/codec/concealment';

const sine = (count: number, from = 0): Int16Array =>
  Int16Array.from({ length: count }, (_, i) => 10_000 * Math.sin((2 * Math.PI * (from + i)) / 57));

function level(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe('Concealment', () => {
  it('has nothing to offer before it has heard anything', () => {
    const concealment = new Concealment();
    const out = new Int16Array(160).fill(9);
    expect(concealment.audible).toBe(false);
    concealment.conceal(out, 0, 160);
    expect(out.every((sample) => sample === 0)).toBe(true);
  });

  it('goes on with the pitch that it heard', () => {
    const concealment = new Concealment();
    concealment.heardSound(sine(480), 0, 480);
    const out = new Int16Array(80);
    concealment.conceal(out, 0, 80);
    const expected = sine(80, 480);
    out.forEach((sample, i) =>
      expect(Math.abs(sample - (expected[i] as number))).toBeLessThan(1200),
    );
  });

  it('fades out and is silent after 80 ms', () => {
    const concealment = new Concealment();
    concealment.heardSound(sine(480), 0, 480);
    const frames = Array.from({ length: 5 }, () => {
      const out = new Int16Array(160);
      concealment.conceal(out, 0, 160);
      return level(out);
    });
    expect(frames[0]).toBeGreaterThan(5000);
    for (let i = 1; i < 4; i += 1) {
      expect(frames[i] as number).toBeLessThan(frames[i - 1] as number);
    }
    expect(frames[4]).toBe(0);
    expect(concealment.audible).toBe(false);
  });

  it('comes back without a click and without change beyond 4 ms', () => {
    const concealment = new Concealment();
    concealment.heardSound(sine(480), 0, 480);
    const lost = new Int16Array(160);
    concealment.conceal(lost, 0, 160);
    const next = new Int16Array(160).fill(-8000);
    concealment.heardSound(next, 0, 160);
    expect(Math.abs((next[0] as number) - (lost[159] as number))).toBeLessThan(3000);
    expect(next.subarray(32).every((sample) => sample === -8000)).toBe(true);
    expect(concealment.audible).toBe(true);
  });

  it('makes do with a few samples, and forgets them when told', () => {
    const concealment = new Concealment();
    concealment.heardSound(Int16Array.of(500), 0, 1);
    const out = new Int16Array(160);
    concealment.conceal(out, 0, 160);
    expect(out[0]).toBe(500);
    concealment.reset();
    concealment.conceal(out, 0, 160);
    expect(out[0]).toBe(0);
  });
});
