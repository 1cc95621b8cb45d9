import { VirtualClock } from '../../runtime/core/virtual-clock';
import { Breaker } from '../../runtime/core/breaker';

const clock = new VirtualClock();

describe('a breaker', () => {
  it('rests after failures in a row, not after as many with a success between', () => {
    const breaker = new Breaker(clock);
    expect([breaker.fail(), breaker.fail()]).toEqual([false, false]);
    breaker.succeed();
    expect([breaker.fail(), breaker.fail()]).toEqual([false, false]);
    expect(breaker.ready).toBe(true);
    expect(breaker.fail()).toBe(true);
    expect(breaker.ready).toBe(false);
  });

  it('lets one try it when its time is over, and no other until that ends', () => {
    const breaker = new Breaker(clock, { failures: 1, rest: 1_000 });
    breaker.fail();
    clock.advance(999);
    expect(breaker.ready).toBe(false);
    clock.advance(1);
    expect(breaker.ready).toBe(true);
    breaker.begin();
    expect(breaker.ready).toBe(false);
    breaker.release();
    expect(breaker.ready).toBe(true);
    breaker.begin();
    // It rested before: that is no news.
    expect(breaker.fail()).toBe(false);
    clock.advance(999);
    expect(breaker.ready).toBe(false);
    clock.advance(1);
    breaker.begin();
    expect(breaker.succeed()).toBe(true);
    expect([breaker.ready, breaker.resting]).toEqual([true, false]);
  });
});
