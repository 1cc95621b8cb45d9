import { setup } from 'xstate';
import { z } from 'zod';
import { explore } from '../../runtime/explore/explorer';
import type { Samples } from '../../runtime/explore/samples';
import { callActors, webhookOf } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';

const flow = setup({
  actors: { ...callActors, order: webhookOf(z.object({ lines: z.array(z.string()) })) },
}).createMachine({
  id: 'shop',
  initial: 'asking',
  states: {
    asking: {
      invoke: {
        src: 'order',
        input: { url: 'https://shop.example/' },
        onDone: choices({
          rejected: 'none',
          invalid: 'odd',
          timeout: 'slow',
          unreachable: 'alone',
        }),
        onError: 'broken',
      },
    },
    none: { type: 'final' },
    odd: { type: 'final' },
    slow: { type: 'final' },
    alone: { type: 'final' },
    broken: { type: 'final' },
  },
});

function happenings(samples: Partial<Samples>) {
  const found = explore(flow, {
    calls: [{ input: {}, time: 0, words: '' }],
    samples: { outcomes: {}, events: [], calls: [], ...samples },
    maxPerState: 10,
    maxTotal: 100,
    outOfTime: () => false,
  });
  const steps = found.rests[0]?.steps ?? [];
  return steps.map(({ happening }) => happening).filter(({ kind }) => kind === 'outcome');
}

describe('what may come of a webhook', () => {
  it('is each outcome of the contract; what a web app answers is a guess', () => {
    expect(happenings({}).map(({ words, guessed }) => [words, guessed])).toEqual([
      ['the web app answers', true],
      ['the web app refuses', false],
      ['the web app answers something odd', false],
      ['the web app is too slow', false],
      ['the web app cannot be reached', false],
    ]);
  });

  it('is what the samples say in place of the guess', () => {
    const order = [{ type: 'ok', status: 200, data: { lines: ['one'] } }];
    const found = happenings({ outcomes: { order } });
    expect(found.map(({ guessed }) => guessed)).not.toContain(true);
    expect(found.map(({ words }) => words)).toContain(`'order' gives ${JSON.stringify(order[0])}`);
  });
});
