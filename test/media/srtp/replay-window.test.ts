import fc from 'fast-check';
import { REPLAY_WINDOW, ReplayWindow } from '../../../runtime/media/srtp/replay-window';

describe('the replay window', () => {
  it('is at least as wide as RFC 3711 §3.3.2 demands', () => {
    expect(REPLAY_WINDOW).toBeGreaterThanOrEqual(64);
    const window = new ReplayWindow();
    window.take(1_000);
    expect(window.seen(1_000 - 63)).toBe(false);
  });

  it('takes what is too old to know for taken', () => {
    const window = new ReplayWindow();
    window.take(REPLAY_WINDOW);
    expect(window.seen(1)).toBe(false);
    expect(window.seen(0)).toBe(true);
  });

  it('agrees with a list of everything that was taken', () => {
    const steps = fc.array(
      fc.oneof(fc.integer({ min: -200, max: 200 }), fc.integer({ min: -3, max: 3 })),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, fc.nat(2 ** 40), (offsets, start) => {
        const window = new ReplayWindow();
        const taken = new Set<number>();
        let highest = -1;
        for (const offset of [0, ...offsets]) {
          const index = Math.max(0, (highest < 0 ? start : highest) + offset);
          const expected = taken.has(index) || (highest >= 0 && index <= highest - REPLAY_WINDOW);
          expect(window.seen(index)).toBe(expected);
          if (expected) continue;
          window.take(index);
          taken.add(index);
          highest = Math.max(highest, index);
          expect(window.highest).toBe(highest);
        }
      }),
    );
  });
});
