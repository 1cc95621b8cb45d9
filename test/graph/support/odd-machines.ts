import { createMachine, setup } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { callActors } from '../../../runtime/flow/actors';

const nasty = '"quoted" <b>&amp; \\ ; : # direction TB %% -- {x} 😀 שלום \u0007';

/** Machines of every shape, and with texts that mean something to those who draw. */
export const oddMachines: Readonly<Record<string, AnyStateMachine>> = {
  'without states': createMachine({ id: 'empty' }),
  'that loops on itself': createMachine({
    initial: 'a',
    states: { a: { on: { again: { target: 'a', reenter: true }, stay: { actions: () => {} } } } },
  }),
  'in parallel': createMachine({
    type: 'parallel',
    states: {
      left: { initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } },
      right: { initial: 'c', states: { c: { on: { go: 'd' } }, d: { type: 'final' } } },
    },
  }),
  'with history': createMachine({
    initial: 'a',
    states: {
      a: {
        initial: 'x',
        states: { x: { on: { n: 'y' } }, y: {}, was: { type: 'history' } },
        on: { hold: 'held' },
      },
      held: { on: { back: 'a.was' } },
    },
  }),
  'deep in each other': createMachine({
    initial: 'a',
    on: { 'call.ended': '.z', out: '.a.b.c.d' },
    states: {
      a: {
        initial: 'b',
        states: {
          b: {
            initial: 'c',
            states: {
              c: { initial: 'd', states: { d: { on: { up: '#top' } }, e: {} }, on: { in: '.e' } },
            },
          },
        },
      },
      z: { id: 'top', type: 'final' },
    },
  }),
  'with several actors': setup({ actors: callActors }).createMachine({
    initial: 'a',
    states: {
      a: {
        invoke: [
          { id: 'music', src: 'play', input: { prompt: 'wait', loop: 0 }, onDone: 'b' },
          { id: 'menu', src: 'gather', input: { prompt: { say: nasty } }, onDone: 'b' },
        ],
      },
      b: {},
    },
  }),
  'with odd names': createMachine({
    id: nasty,
    initial: nasty,
    states: {
      [nasty]: { description: nasty, on: { [nasty]: '#x', [`${nasty}2`]: '#x' } },
      [`long ${'name '.repeat(60)}`]: { id: 'x' },
      // A lone half of a pair.
      ['\ud800']: {},
    },
  }),
};
