import { assign, fromPromise, setup } from 'xstate';
import { callActors, callTypes } from 'callchart';
import { promptParts, usedPrompts } from '../../runtime/flow/used-prompts';
import voicemail from '../../flows/voicemail.flow';

const names = ['welcome', 'menu', 'sorry', 'late', 'music', 'from-context', 'your-message', 'log'];

const inner = setup({ actors: callActors }).createMachine({
  id: 'inner',
  invoke: { src: 'play', input: { prompt: 'welcome' } },
});

const flow = setup({
  types: callTypes<{ readonly prompt: string; readonly tries: number }>(),
  actors: { ...callActors, inner, own: fromPromise(() => Promise.resolve()) },
  actions: { log: () => undefined },
}).createMachine({
  id: 'outer',
  context: { prompt: 'from-context', tries: 0 },
  initial: 'ask',
  states: {
    ask: {
      entry: 'log',
      invoke: {
        src: 'gather',
        input: {
          prompt: ['welcome', { language: 'de', prompt: ['menu', { silence: 100 }] }],
          noInputPrompt: { say: 'Hello?' },
        },
        onDone: { target: 'call', actions: assign({ prompt: 'sorry' }) },
      },
    },
    call: {
      invoke: {
        src: 'dial',
        input: {
          to: 'alice',
          screening: { prompt: 'menu' },
          ringback: { prompt: 'music' },
          holdMusic: 'music',
        },
        onDone: 'meet',
      },
    },
    meet: {
      invoke: {
        src: 'conference',
        input: { name: 'welcome', joinTone: false, waitMusic: 'music' },
        onDone: 'say',
      },
    },
    say: {
      invoke: [
        // The menu's "late" is heard here, and 'sorry' is not: it stands in a comment.
        {
          src: 'play',
          input: ({ context }) => ({
            // It's not 'sorry'.
            prompt: context.tries > 1 ? 'late' : [context.prompt, "menu's"],
          }),
        },
        { src: 'own' },
        { src: 'inner' },
      ],
    },
  },
});

const written = (uses: ReturnType<typeof usedPrompts>): string[] =>
  uses.map(
    ({ machine, state, actor, member, certain, prompt }) =>
      `${machine}.${state} ${actor ?? '-'} ${member ?? '-'}${certain ? '' : '?'} ${JSON.stringify(prompt)}`,
  );

test('the prompts of every input are found, and the names in functions and in the context', () => {
  expect(written(usedPrompts(flow, names))).toEqual([
    'outer.ask gather prompt ["welcome",{"language":"de","prompt":["menu",{"silence":100}]}]',
    'outer.ask gather noInputPrompt {"say":"Hello?"}',
    'outer.ask - -? "sorry"',
    'outer.call dial screening.prompt "menu"',
    'outer.call dial ringback.prompt "music"',
    'outer.call dial holdMusic "music"',
    'outer.meet conference waitMusic "music"',
    'outer.say play -? "late"',
    'outer. - -? "from-context"',
    'inner. play prompt "welcome"',
  ]);
});

test('without the names of the catalog only what is written as it is counts', () => {
  expect(usedPrompts(flow).every(({ certain }) => certain)).toBe(true);
  expect(usedPrompts(flow)).toHaveLength(7);
});

test('a shipped flow whose prompt stands in a function uses it', () => {
  expect(usedPrompts(voicemail, names)).toContainEqual({
    machine: 'voicemail',
    state: 'listen',
    actor: 'play',
    member: undefined,
    certain: false,
    prompt: 'your-message',
  });
});

test('a prompt comes apart into pieces, each with its language', () => {
  expect(
    promptParts(
      ['welcome', { language: 'de', prompt: ['menu', { language: 'fr', prompt: { say: 'Oui' } }] }],
      'en',
    ),
  ).toEqual([
    { part: 'welcome', language: 'en' },
    { part: 'menu', language: 'de' },
    { part: { say: 'Oui' }, language: 'fr' },
  ]);
});
