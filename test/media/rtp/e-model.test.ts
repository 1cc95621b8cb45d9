import { meanOpinion, rating } from '../../../runtime/media/rtp/e-model';

describe('rating', () => {
  it('is 93.2 for a perfect call, as G.107 has it with all defaults', () => {
    expect(rating({ codec: 'PCMU', loss: 0, delay: 0 })).toBeCloseTo(93.2, 5);
    expect(rating({ codec: 'PCMU', loss: 0, delay: 100 })).toBeCloseTo(93.2, 5);
  });

  // 95 * p / (p + 25.1), by hand.
  it.each([
    [0.01, 93.2 - 3.64],
    [0.05, 93.2 - 15.781],
    [0.2, 93.2 - 42.129],
  ])('falls with a loss of %d as G.113 says of G.711 with concealment', (loss, expected) => {
    expect(rating({ codec: 'PCMA', loss, delay: 0 })).toBeCloseTo(expected, 2);
  });

  it('falls more when losses come in bursts', () => {
    const even = rating({ codec: 'PCMU', loss: 0.05, delay: 0 });
    expect(rating({ codec: 'PCMU', loss: 0.05, delay: 0, burstiness: 2 })).toBeLessThan(even);
  });

  // G.107 §7.4 for X = 1, log2(3), 2.
  it.each([
    [200, 3.046],
    [300, 14.791],
    [400, 24.073],
  ])('falls with a delay of %d ms as G.107 says', (delay, impairment) => {
    expect(93.2 - rating({ codec: 'PCMU', loss: 0, delay })).toBeCloseTo(impairment, 1);
  });

  it('is never below zero', () => {
    expect(rating({ codec: 'G722', loss: 1, delay: 60_000 })).toBe(0);
  });
});

describe('meanOpinion', () => {
  // G.107 annex B, table B.1.
  it.each([
    [93.2, 4.41],
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
    [0, 1],
    [-5, 1],
    [100, 4.5],
  ])('of %d is %d', (r, mos) => {
    expect(meanOpinion(r)).toBeCloseTo(mos, 1);
  });

  it('grows with the rating', () => {
    for (let r = 7; r < 100; r += 1) {
      expect(meanOpinion(r + 1)).toBeGreaterThan(meanOpinion(r));
    }
  });
});
