import 'callchart/testing/matchers';
import { callActors, choices } from 'callchart';
import { hears, presses, says, simulate, type SimulatedCall } from 'callchart/testing';
import { setup } from 'xstate';

const flow = setup({ actors: callActors }).createMachine({
  id: 'asked',
  initial: 'ask',
  states: {
    ask: {
      initial: 'menu',
      onDone: 'record',
      states: {
        menu: {
          invoke: {
            src: 'gather',
            input: { prompt: ['welcome', 'menu'], valid: ['1'] },
            onDone: choices({ '1': 'dial', otherwise: 'over' }),
          },
        },
        dial: { invoke: { src: 'dial', input: { to: 'sip:desk@pbx.example' }, onDone: 'over' } },
        over: { type: 'final' },
      },
    },
    record: { invoke: { src: 'record', input: { endSilence: 2_000 }, onDone: 'done' } },
    done: { type: 'final' },
  },
});

describe('the matchers for simulated calls', () => {
  let call: SimulatedCall;

  beforeAll(async () => {
    call = await simulate(flow, {
      caller: [hears('menu'), presses('1'), hears({ tone: 'beep' }), says('Hello')],
      dial: [{ rings: 1_000, result: { type: 'busy' } }],
      prompts: false,
    });
  });

  it('know what the caller has heard, by name and within lists', () => {
    expect(call).toHaveHeard('welcome');
    expect(call).toHaveHeard('menu', { tone: 'beep' });
    expect(call).not.toHaveHeard({ tone: 'beep' }, 'menu');
    expect(() => expect(call).toHaveHeard('goodbye')).toThrow(
      /^expected the caller to have heard goodbye; it was: welcome \+ menu, ringback tone, beep/,
    );
  });

  it('know where the flow was, also by the state round it', () => {
    expect(call).toHaveVisited('ask.menu', 'ask.dial', 'record', 'done');
    expect(call).toHaveVisited('ask', 'record');
    expect(call).not.toHaveVisited('record', 'ask');
    expect({ ...call, path: ['x.(a | b.(c | d.e))'] }).toHaveVisited('x.b.d');
    expect({ ...call, path: ['x.(a | b.(c | d.e))'] }).not.toHaveVisited('b');
  });

  it('know how it came to its end, and by whom', () => {
    expect(call).toHaveEnded();
    expect(call).toHaveEnded('done');
    expect(call).not.toHaveEnded('ask');
    expect(call).toEndBy('flow');
    expect(call).not.toEndBy('caller');
  });

  it('know whom it dialled, and what it recorded', () => {
    expect(call).toHaveDialled();
    expect(call).toHaveDialled('sip:desk@pbx.example');
    expect(call).not.toHaveDialled('sip:other@pbx.example');
    expect(call).toHaveRecorded(2_000);
    expect(call).not.toHaveRecorded(60_000);
  });

  it('say that a call was not waited for', () => {
    expect(() => expect(simulate(flow)).toHaveEnded()).toThrow(/is there an await/);
  });

  it('write a call into a snapshot as its transcript', () => {
    expect(call).toMatchInlineSnapshot(`
     "   0.0  caller    calls asked
        0.0  flow      ask.menu
        0.0  call      answered
        0.0  prompt    welcome + menu
        0.0  caller    presses 1
        0.0  flow      ask.dial
        0.0  call      dials sip:desk@pbx.example
        0.0  call      sip:desk@pbx.example rings
        0.0  prompt    ringback tone
        1.0  call      sip:desk@pbx.example: busy
        1.0  flow      record
        1.0  call      records the caller: /simulated/1.wav
        1.0  prompt    beep
        1.0  caller    says "Hello"
        5.0  flow      done
        5.0  end       the flow hung up (final: done)"
    `);
  });
});
