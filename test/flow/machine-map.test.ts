import { createActor, fromPromise, setup } from 'xstate';
import { callActors, choices } from 'callchart';
import { mapMachine, transitionIndex, transitionKey } from '../../runtime/flow/machine-map';

const machine = setup({
  actors: { ...callActors, save: fromPromise(() => Promise.resolve()) },
  guards: { isOpen: () => true },
}).createMachine({
  id: 'menu',
  initial: 'ask',
  on: { 'call.held': '.wait' },
  states: {
    ask: {
      invoke: {
        src: 'gather',
        input: { valid: ['1', '2'] },
        onDone: choices({ '1': 'wait', '2': { target: 'open' }, otherwise: 'ask' }),
        onError: 'done',
      },
    },
    wait: { after: { 1_500: 'ask' }, on: { dtmf: [{ guard: 'isOpen', target: 'open' }, 'ask'] } },
    open: {
      initial: 'in',
      onDone: 'done',
      states: {
        in: {
          invoke: [
            { src: 'save', onDone: 'out', onError: 'out' },
            { src: fromPromise(() => Promise.resolve()) },
          ],
        },
        out: { type: 'final' },
      },
    },
    done: { type: 'final' },
  },
});

describe('the map of a machine', () => {
  const map = mapMachine(machine);

  it('names each state by its path, parents first', () => {
    expect(map.states.map(({ name, type }) => `${name} ${type}`)).toEqual([
      ' compound',
      'ask atomic',
      'wait atomic',
      'open compound',
      'open.in atomic',
      'open.out final',
      'done final',
    ]);
    expect(map.states.find(({ name }) => name === 'open')).toMatchObject({
      parent: '',
      initial: ['open.in'],
    });
  });

  it('tells call actors from the flow’s own, and those written inline', () => {
    const invokes = map.states.flatMap((state) => state.invokes);
    expect(
      invokes.map(({ src, callActor, inline, hasOnError }) => ({
        src,
        callActor,
        inline,
        hasOnError,
      })),
    ).toEqual([
      { src: 'gather', callActor: 'gather', inline: false, hasOnError: true },
      { src: 'save', callActor: undefined, inline: false, hasOnError: true },
      { src: 'inline', callActor: undefined, inline: true, hasOnError: false },
    ]);
  });

  it('has each transition once, under a name of its own that says what it is', () => {
    expect(map.transitions.map(({ id, targets }) => `${id} > ${targets.join()}`)).toEqual([
      '(machine): call.held > wait',
      'ask: 1 > wait',
      'ask: 2 > open',
      'ask: otherwise > ask',
      'ask: error > done',
      'wait: dtmf [isOpen] > open',
      'wait: dtmf > ask',
      'wait: after 1.5 s > ask',
      'open: finished > done',
      'open.in: 0.menu.open.in done > open.out',
      'open.in: 0.menu.open.in error > open.out',
    ]);
  });

  it('finds the transitions that a running copy of the machine takes', () => {
    const index = transitionIndex(map);
    const taken: (string | undefined)[] = [];
    const actor = createActor(machine.provide({ actors: { gather: callActors.gather } }), {
      inspect: (event) => {
        if (event.type !== '@xstate.microstep') return;
        for (const each of event._transitions) taken.push(index.get(transitionKey(each)));
      },
    });
    actor.subscribe({ error: () => undefined });
    actor.start();
    actor.send({ type: 'call.held' });
    actor.send({ type: 'dtmf' });
    actor.stop();
    expect(taken).toEqual(['(machine): call.held', 'wait: dtmf [isOpen]']);
  });
});
