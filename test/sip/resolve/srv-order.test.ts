import fc from 'fast-check';
import { SeededRandom } from '../../../runtime/core/random';
import type { SrvRecord } from '../../../runtime/sip/resolve/port';
import { orderServers } from '../../../runtime/sip/resolve/srv-order';

const record = (name: string, priority: number, weight: number): SrvRecord => ({
  name,
  priority,
  weight,
  port: 5060,
});

describe('the order of SRV records (RFC 2782)', () => {
  it('holds each record once, by priority, whatever the weights', () => {
    const records = fc.array(
      fc.record({
        name: fc.string(),
        priority: fc.integer({ min: 0, max: 3 }),
        weight: fc.integer({ min: 0, max: 65_535 }),
        port: fc.integer({ min: 1, max: 65_535 }),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(records, fc.integer(), (list, seed) => {
        const ordered = orderServers(list, new SeededRandom(seed));
        expect(new Set(ordered)).toEqual(new Set(list));
        expect(ordered).toHaveLength(list.length);
        const priorities = ordered.map(({ priority }) => priority);
        expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
      }),
    );
  });

  it('draws the first by weight, and the second by weight among the rest', () => {
    const random = new SeededRandom(3);
    const list = [record('a', 0, 60), record('b', 0, 30), record('c', 0, 10)];
    const firsts = { a: 0, b: 0, c: 0 };
    let secondB = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const [first, second] = orderServers(list, random).map(({ name }) => name);
      if (first === 'a' || first === 'b' || first === 'c') firsts[first] += 1;
      if (first === 'a' && second === 'b') secondB += 1;
    }
    expect(firsts.a / 10_000).toBeCloseTo(0.6, 1);
    expect(firsts.b / 10_000).toBeCloseTo(0.3, 1);
    expect(firsts.c / 10_000).toBeCloseTo(0.1, 1);
    expect(secondB / firsts.a).toBeCloseTo(0.75, 1);
  });

  it('gives a weight of 0 a very small chance beside others', () => {
    const random = new SeededRandom(4);
    const list = [record('zero', 0, 0), record('one', 0, 100)];
    let first = 0;
    for (let i = 0; i < 10_000; i += 1) {
      if (orderServers(list, random)[0]?.name === 'zero') first += 1;
    }
    expect(first).toBeGreaterThan(30);
    expect(first).toBeLessThan(250);
  });
});
