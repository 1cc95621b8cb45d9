import { setup } from 'xstate';
import { checkFlow } from '../../runtime/explore/check-flow';
import { callActors, choices } from '../../runtime/index';
import type { GatherInput } from '../../runtime/flow/outcomes';
import type { CallerStep } from '../../runtime/simulate/port';
import { simulate } from '../../runtime/simulate/simulate';
import { hears, presses, says, waits } from '../../runtime/simulate/steps';

function asking(input: Partial<GatherInput>) {
  return setup({ actors: callActors }).createMachine({
    id: 'asking',
    initial: 'ask',
    states: {
      ask: {
        invoke: {
          src: 'gather',
          input: { prompt: { silence: 3_000 }, input: ['digits', 'speech'], ...input },
          onDone: choices({
            speech: 'spoken',
            digits: 'pressed',
            noInput: 'silent',
            invalid: 'odd',
          }),
          onError: 'silent',
        },
      },
      spoken: { type: 'final' },
      pressed: { type: 'final' },
      silent: { type: 'final' },
      odd: { type: 'final' },
    },
  });
}

async function outcome(caller: readonly CallerStep[], input: Partial<GatherInput> = {}) {
  const call = await simulate(asking(input), { caller });
  const done = call.log.entries.find(
    (entry) => entry.type === 'event' && entry.event.type.startsWith('xstate.done.actor'),
  );
  if (done?.type !== 'event') throw new Error('nothing came of it');
  return { ...(done.event['output'] as object), at: done.at };
}

describe('a simulated caller who speaks', () => {
  it.each<{ name: string; caller: CallerStep[]; input?: Partial<GatherInput>; is: object }>([
    {
      name: 'is understood half a second after his last word',
      caller: [hears(), waits(4_000), says('sales', 1_000)],
      is: { type: 'speech', text: 'sales', confidence: 1, at: 5_500 },
    },
    {
      name: 'stops the prompt',
      caller: [hears(), waits(1_000), says('sales', 1_000)],
      is: { type: 'speech', text: 'sales', confidence: 1, at: 2_500 },
    },
    {
      name: 'is not heard in a prompt without barge-in',
      caller: [hears(), waits(1_000), says('sales', 1_000)],
      input: { bargeIn: false },
      is: { type: 'noInput', at: 8_000 },
    },
    {
      name: 'has his key count, and not what he says with it',
      caller: [hears(), presses('4'), says('sales', 1_000)],
      is: { type: 'digits', digits: '4', at: 2_000 },
    },
    {
      name: 'makes a noise that nobody understands',
      caller: [hears(), waits(3_500), says('', 400)],
      is: { type: 'invalid', digits: '', at: 8_000 },
    },
    {
      name: 'says one thing after another until he is silent for long enough',
      caller: [hears(), waits(3_500), says('one', 500), waits(700), says('two', 500)],
      input: { speechTimeout: 1_000 },
      is: { type: 'speech', text: 'one two', confidence: 1, at: 6_200 },
    },
  ])('$name', async ({ caller, input, is }) => {
    expect(await outcome(caller, input)).toEqual(is);
  });

  it('says what the flow log hides where it is sensitive', async () => {
    const said = await outcome([hears(), says('four two')], { sensitive: true });
    expect(said).toMatchObject({ type: 'speech', text: '***' });
  });
});

describe('what callchart check tries', () => {
  it('is each of the hints, a noise and silence, and no key where none is listened to', () => {
    const report = checkFlow({
      name: 'asking',
      file: 'asking.flow.ts',
      machine: asking({ input: ['speech'], hints: ['sales', 'support'] }),
    });
    expect(report.findings.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'unreachable-state pressed',
    ]);
  });
});
