import { callActors } from 'callchart';
import { hears, presses, simulate } from 'callchart/testing';
import { fromPromise, setup } from 'xstate';
import voicemail from '../../flows/voicemail.flow';

const asking = setup({
  actors: { ...callActors, look: fromPromise<string>(() => Promise.resolve('real')) },
}).createMachine({
  initial: 'looking',
  states: {
    looking: {
      invoke: { src: 'look', onDone: 'menu', onError: 'menu' },
      after: { 4_000: 'done' },
    },
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: { say: 'Press 1.' }, maxDigits: 1 },
        onDone: [
          {
            guard: ({ event }) => event.output.type === 'digits' && event.output.digits === '9',
            target: 'done',
          },
          'looking',
        ],
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});

describe('outcomes that a test gives', () => {
  it('stand for the run of an actor, one for each time that its state is entered', async () => {
    const call = await simulate(voicemail, {
      outcomes: {
        greeting: [{ gives: { type: 'completed' } }],
        record: [{ fails: 'the disk is full' }],
      },
    });
    expect(call.heard).toContain('message-failed');
    expect(call.path.slice(0, 3)).toEqual(['greeting', 'record', 'failed']);
  });

  it('let an actor run until its turn comes, and behind their end', async () => {
    const call = await simulate(asking, {
      outcomes: {
        menu: ['runs', { gives: { type: 'digits', digits: '7' } }],
        looking: ['runs', { fails: 'down' }],
      },
      caller: [presses('8'), hears(), presses('9')],
    });
    const round = ['looking', 'menu'];
    expect(call.path).toEqual([...round, ...round, ...round, 'done']);
    // Only the one that was given asked nothing.
    expect(call.heard).toEqual(['Press 1.', 'Press 1.']);
  });

  it('may be that an actor does nothing until its state is left', async () => {
    const call = await simulate(asking, { outcomes: { looking: ['waits'] } });
    expect(call.path).toEqual(['looking', 'done']);
    expect(call.duration).toBe(4_000);
  });

  it('of a state that there is not fail the test', async () => {
    await expect(simulate(asking, { outcomes: { loking: ['waits'] } })).rejects.toThrow(
      "outcomes: the flow has no state 'loking' with an actor",
    );
  });
});
