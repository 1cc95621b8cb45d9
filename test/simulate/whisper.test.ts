import { setup } from 'xstate';
import { callActors, choices, type DialInput } from 'callchart';
import { hangsUp, hears, presses, simulate, waits } from 'callchart/testing';

const bob = 'sip:bob@pbx.example';

/** Asks whether the callee takes the call: 1 does. */
const announce = setup({
  actors: callActors,
}).createMachine({
  id: 'announce',
  initial: 'asking',
  output: ({ event }) => ({ connect: event['output'] !== 'no' }),
  states: {
    asking: {
      invoke: {
        src: 'gather',
        input: { prompt: 'question', maxDigits: 1, firstDigitTimeout: 3_000 },
        onDone: choices({ '1': 'yes', '3': 'failing', otherwise: 'no' }),
        onError: 'no',
      },
    },
    failing: { invoke: { src: 'dial', input: { to: 'sip:x@y.example' }, onDone: 'yes' } },
    no: { invoke: { src: 'hangup' } },
    yes: { type: 'final' },
  },
});

const flowOf = (input: Partial<DialInput> = {}) =>
  setup({ actors: callActors }).createMachine({
    id: 'sales',
    initial: 'dialling',
    states: {
      dialling: {
        invoke: {
          src: 'dial',
          input: { to: { to: bob, id: 'desk', whisper: { flow: 'announce' } }, ...input },
          onDone: choices({ answered: 'talked', declinedByScreening: 'declined', otherwise: 'no' }),
          onError: 'broken',
        },
      },
      talked: { type: 'final' },
      declined: { type: 'final' },
      broken: { type: 'final' },
      no: { type: 'final' },
    },
  });

const flows = { announce };
const there = { flows, prompts: false } as const;

describe('a simulated callee with a flow of his own', () => {
  it('does what his script says, and is put through by the final state', async () => {
    const call = await simulate(flowOf(), {
      ...there,
      dial: [{ whisper: [hears('question'), presses('1')], talks: 5_000 }],
    });
    expect(call.path).toEqual(['dialling', 'talked']);
    const lines = call.entries.flatMap((entry) => (entry.type === 'call' ? [entry.did] : []));
    expect(lines).toEqual([
      `dials ${bob}`,
      `${bob} rings`,
      'rings',
      `${bob} answers and hears a flow of its own`,
      `${bob} hears question`,
      `${bob} presses 1`,
      'answered',
      `talks with ${bob}`,
      'the callee hangs up after 5 s',
    ]);
  });

  it.each([
    ['another key', [hears(), presses('2')]],
    ['no key', []],
    ['a hang-up', [hears(), hangsUp()]],
    ['a flow that fails, as one that dials does', [hears(), presses('3')]],
  ])('declines by %s', async (_, whisper) => {
    const call = await simulate(flowOf(), { ...there, dial: [{ whisper }] });
    expect(call.path).toEqual(['dialling', 'declined']);
    expect(call.answered).toBe(false);
  });

  it('is left when the caller hangs up', async () => {
    const call = await simulate(flowOf(), {
      ...there,
      caller: [waits(3_000), hangsUp()],
      dial: [{ whisper: [] }],
    });
    expect(call.end).toMatchObject({ by: 'caller' });
  });

  it('is one of two: the first whose flow is done gets the call', async () => {
    const whisper = { flow: 'announce' };
    const to = ['sip:a@x.example', 'sip:b@x.example'].map((each) => ({ to: each, whisper }));
    const call = await simulate(flowOf({ to }), {
      ...there,
      dial: [
        { whisper: [hears(), waits(2_000), presses('1')] },
        { whisper: [hears(), presses('1')] },
      ],
    });
    expect(call.transcript).toContain('talks with sip:b@x.example');
  });

  it('breaks the dial when there is no such flow, before anybody rings', async () => {
    const call = await simulate(flowOf(), { dial: [{}] });
    expect(call.path).toEqual(['dialling', 'broken']);
    expect(call.dialled).toEqual([]);
  });

  it('is sent his keys first', async () => {
    const call = await simulate(flowOf({ to: { to: bob, sendDigits: 'W12' } }), { dial: [{}] });
    expect(call.transcript).toContain(`sends W12 to ${bob}`);
    expect(call.path).toEqual(['dialling', 'talked']);
  });
});
