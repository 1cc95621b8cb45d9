import { VirtualClock } from '../../runtime/core/virtual-clock';

describe('VirtualClock', () => {
  it('fires timers in the order of their time', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 30);
    clock.setTimeout(() => fired.push('early'), 10);
    clock.setTimeout(() => fired.push('middle'), 20);
    clock.advance(25);
    expect(fired).toEqual(['early', 'middle']);
    expect(clock.pending).toBe(1);
  });

  it('fires timers of one time in the order of their creation', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (let i = 0; i < 100; i += 1) clock.setTimeout(() => fired.push(i), 5);
    clock.advance(5);
    expect(fired).toEqual([...Array(100).keys()]);
  });

  it('shows a timer the time it was set for', () => {
    const clock = new VirtualClock(1_000);
    let seen = 0;
    clock.setTimeout(() => {
      seen = clock.now();
    }, 40);
    clock.advance(1_000);
    expect(seen).toBe(1_040);
    expect(clock.now()).toBe(2_000);
  });

  it('does not fire a timer that was cleared, and counts it as gone', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const handle = clock.setTimeout(() => fired.push('cleared'), 10);
    clock.clearTimeout(handle);
    clock.clearTimeout(handle);
    clock.clearTimeout(undefined);
    clock.advance(100);
    expect(fired).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('fires a timer that a timer sets within the same span', () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      clock.setTimeout(tick, 20);
    };
    clock.setTimeout(tick, 20);
    clock.advance(1_000);
    expect(ticks).toBe(50);
  });

  it('lets promises settle between timers when it runs', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimeout(() => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => seen.push('promise of the first'));
    }, 10);
    clock.setTimeout(() => seen.push('second'), 20);
    await clock.run(20);
    expect(seen).toEqual(['promise of the first', 'second']);
  });

  it('says so when a condition can never come true', async () => {
    const clock = new VirtualClock();
    await expect(clock.runUntil(() => false)).rejects.toThrow('0 timers left');
  });
});
