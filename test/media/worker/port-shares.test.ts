import fc from 'fast-check';
import { splitPorts } from '../../../runtime/media/worker/port-shares';

describe('the ports of media threads', () => {
  it('are whole pairs of one range, none of them in two parts, and none left out', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_024, max: 60_000 }),
        fc.integer({ min: 2, max: 400 }),
        fc.integer({ min: 1, max: 16 }),
        (first, length, count) => {
          const range = { first, last: first + length };
          const shares = splitPorts(range, count);
          const pairsOf = ({ first: from, last }: typeof range): number[] => {
            const pairs: number[] = [];
            for (let port = from + (from % 2); port + 1 <= last; port += 2) pairs.push(port);
            return pairs;
          };
          const all = pairsOf(range);
          expect(shares.flatMap(pairsOf)).toEqual(all);
          expect(shares).toHaveLength(Math.min(count, all.length));
          const sizes = shares.map((share) => pairsOf(share).length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
