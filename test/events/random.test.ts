import fc from 'fast-check';
import { EventsBench, subscriber } from './support/events-bench';

const names = ['app', 'billing'];

/** Something that happens to the server or its calls. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('tell'), call: fc.integer({ min: 0, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('run'), call: fc.integer({ min: 0, max: 30_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('kill'), call: fc.constant(0) }) },
);

it('brings every event to every subscriber, in the order of its call, however they fail and whenever the server is killed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.infiniteStream(fc.constantFrom(200, 200, 200, 500, 'refused' as const, 'slow' as const)),
      async (steps, answers) => {
        const bench = new EventsBench(names.map((name) => subscriber(name)));
        const told = new Map<string, number[]>();
        const taken = new Map<string, number[]>();
        let calm = false;
        bench.web.answer = (url, { call, sequence }) => {
          const key = `${url} ${call}`;
          const before = taken.get(key) ?? [];
          // Whatever is older has been taken.
          const older = (told.get(call) ?? []).filter((number) => number < sequence);
          expect(older.filter((number) => !before.includes(number))).toEqual([]);
          const answer = calm ? 200 : (answers.next().value as number | 'refused' | 'slow');
          if (answer === 'slow' || answer === 200) taken.set(key, [...before, sequence]);
          return answer === 'slow' ? { after: 4_000 } : answer;
        };
        try {
          for (const { type, call } of steps) {
            if (type === 'tell') {
              bench.tell(`call${call}`, { type: 'call.ringing' });
              const numbers = told.get(`call${call}`) ?? [];
              told.set(`call${call}`, [...numbers, bench.journal.latest]);
            } else if (type === 'run') {
              await bench.clock.run(call);
            } else {
              bench.kill();
              bench.start();
            }
          }
          calm = true;
          await bench.clock.run(1_200_000);
          for (const [call, numbers] of told) {
            for (const name of names) {
              const got = taken.get(`https://${name}.example/ ${call}`) ?? [];
              expect([...new Set(got)]).toEqual(numbers);
            }
          }
          expect(bench.store.outbox.counts()).toEqual([]);
        } finally {
          bench.remove();
        }
      },
    ),
    { numRuns: 25, seed: 6 },
  );
});
