import { settle, VirtualClock } from '../../../runtime/core/virtual-clock';
import { AnswerCache } from '../../../runtime/sip/resolve/answer-cache';

const limits = {
  timeout: 5_000,
  keep: 30_000,
  keepFailure: 5_000,
  maxAnswers: 3,
  maxOpen: 2,
  maxRecords: 4,
};

function setup(question: (name: string) => Promise<readonly string[]>) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const cache = new AnswerCache(
    clock,
    (name) => {
      asked.push(name);
      return question(name);
    },
    limits,
  );
  return { clock, cache, asked };
}

const never = (): Promise<readonly string[]> => new Promise(() => undefined);

describe('the cache of DNS answers', () => {
  it('keeps a failure for 5 s and records for 30 s', async () => {
    let working = false;
    const { cache, clock, asked } = setup(async () => {
      await settle();
      if (!working) throw new Error('SERVFAIL');
      return ['192.0.2.1'];
    });
    expect((await cache.ask('a')).failure?.message).toBe('SERVFAIL');
    working = true;
    clock.advance(4_999);
    expect((await cache.ask('a')).failure?.message).toBe('SERVFAIL');
    clock.advance(1);
    expect(await cache.ask('a')).toEqual({ records: ['192.0.2.1'] });
    clock.advance(29_999);
    expect(cache.ask('a')).toEqual({ records: ['192.0.2.1'] });
    expect(asked).toEqual(['a', 'a']);
    expect(clock.pending).toBe(0);
  });

  it('keeps a bounded number, the newest', async () => {
    const { cache, asked } = setup((name) => Promise.resolve([name]));
    for (const name of ['a', 'b', 'c', 'd']) await cache.ask(name);
    expect(cache.size).toBe(3);
    await cache.ask('d');
    expect(asked).toHaveLength(4);
    await cache.ask('a');
    expect(asked).toHaveLength(5);
    expect(cache.size).toBe(3);
  });

  it('asks a bounded number of questions at once, and recovers when they end', async () => {
    const { cache, clock, asked } = setup(never);
    const waiting = ['a', 'b'].map(async (name) => cache.ask(name));
    expect(await cache.ask('c')).toMatchObject({
      records: [],
      failure: expect.anything() as Error,
    });
    expect(asked).toEqual(['a', 'b']);
    await clock.run(5_000);
    for (const answer of await Promise.all(waiting)) {
      expect(answer.failure?.message).toContain('5000 ms');
    }
    void cache.ask('c');
    expect(asked).toEqual(['a', 'b', 'c']);
    cache.close();
    expect(clock.pending).toBe(0);
  });

  it('cuts off what is too long, and ignores what comes too late', async () => {
    let late: (records: readonly string[]) => void = () => undefined;
    const { cache, clock } = setup((name) =>
      name === 'late'
        ? new Promise((resolve) => {
            late = resolve;
          })
        : Promise.resolve(['1', '2', '3', '4', '5', '6']),
    );
    expect((await cache.ask('long')).records).toHaveLength(4);
    const answer = cache.ask('late');
    await clock.run(5_000);
    late(['192.0.2.1']);
    await settle();
    expect((await answer).records).toEqual([]);
    expect((await cache.ask('late')).records).toEqual([]);
  });
});
