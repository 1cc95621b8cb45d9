import fc from 'fast-check';
import { type Expiring, ExpiryHeap } from '../../../runtime/sip/server/expiry-heap';

class Item implements Expiring {
  due = Infinity;
  place = -1;
}

const change = fc.record({ item: fc.nat(19), due: fc.option(fc.nat(50), { nil: undefined }) });

describe('the queue of what expires', () => {
  it('has the earliest first, whatever is put in, moved and removed in whatever order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
        const heap = new ExpiryHeap<Item>();
        const items = Array.from({ length: 20 }, () => new Item());
        const within = new Set<Item>();
        for (const { item: index, due } of changes) {
          const item = items[index]!;
          if (due === undefined) {
            heap.remove(item);
            within.delete(item);
            expect(item.place).toBe(-1);
          } else {
            heap.set(item, due);
            within.add(item);
          }
          expect(heap.size).toBe(within.size);
          expect(heap.first?.due).toBe(
            within.size === 0 ? undefined : Math.min(...[...within].map((each) => each.due)),
          );
        }
        const order: number[] = [];
        for (let { first } = heap; first !== undefined; { first } = heap) {
          order.push(first.due);
          heap.remove(first);
        }
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(order).toHaveLength(within.size);
      }),
      { numRuns: 500 },
    );
  });
});
