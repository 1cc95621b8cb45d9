/**
 * Three questions, and a line in answers/survey.jsonl for each call, also for those that hang up half-way.
 *
 * What it teaches: one state for each question, entries of more than one digit, and how a flow settles
 * when its caller has gone: it gets `call.ended`, leaves, and has a few seconds to do so.
 */
import { appendFile, mkdir } from 'node:fs/promises';
import { callActors, callTypes, choices } from 'callchart';
import { assign, fromPromise, setup } from 'xstate';

/** A question that was not answered is not in it. */
interface Answers {
  readonly call: string;
  readonly from: string;
  readonly started: string;
  readonly satisfied?: number;
  readonly recommend?: boolean;
  readonly calls?: number;
  readonly complete: boolean;
}

export default setup({
  types: callTypes<Answers>(),
  actors: {
    ...callActors,
    save: fromPromise(async ({ input }: { input: Answers }) => {
      await mkdir('answers', { recursive: true });
      await appendFile('answers/survey.jsonl', `${JSON.stringify(input)}\n`);
    }),
  },
}).createMachine({
  id: 'survey',
  context: ({ input: { call } }) => ({
    call: call.id,
    from: call.from.uri,
    started: new Date(call.started).toISOString(),
    complete: false,
  }),
  initial: 'asking',
  states: {
    asking: {
      initial: 'welcome',
      // Wherever in the questions the caller leaves: what was answered is saved.
      on: { 'call.ended': 'saving' },
      onDone: { target: 'saving', actions: assign({ complete: true }) },
      states: {
        welcome: {
          invoke: {
            src: 'play',
            input: { prompt: 'survey-welcome', stopOn: true },
            onDone: 'satisfied',
            onError: 'satisfied',
          },
        },
        satisfied: {
          invoke: {
            src: 'gather',
            input: {
              prompt: 'survey-satisfied',
              invalidPrompt: ['not-understood', 'survey-satisfied'],
              maxDigits: 1,
              valid: ['1', '2', '3', '4', '5'],
              attempts: 2,
            },
            // `digits` is any valid entry; whoever gives none is asked the next question.
            onDone: choices({
              digits: {
                target: 'recommend',
                actions: assign({ satisfied: ({ event }) => Number(event.output.digits) }),
              },
              otherwise: 'recommend',
            }),
            onError: 'recommend',
          },
        },
        recommend: {
          invoke: {
            src: 'gather',
            input: { prompt: 'survey-recommend', maxDigits: 1, valid: ['1', '2'], attempts: 2 },
            onDone: choices({
              '1': { target: 'calls', actions: assign({ recommend: true }) },
              '2': { target: 'calls', actions: assign({ recommend: false }) },
              otherwise: 'calls',
            }),
            onError: 'calls',
          },
        },
        calls: {
          invoke: {
            src: 'gather',
            // Up to three digits: ended by the hash key, by the third, or by two seconds without one.
            input: { prompt: 'survey-calls', maxDigits: 3, attempts: 2 },
            onDone: choices({
              digits: {
                target: 'answered',
                actions: assign({ calls: ({ event }) => Number(event.output.digits) }),
              },
              otherwise: 'answered',
            }),
            onError: 'answered',
          },
        },
        answered: { type: 'final' },
      },
    },

    saving: {
      invoke: { src: 'save', input: ({ context }) => context, onDone: 'thanks', onError: 'thanks' },
    },
    // In a call that is over this prompt is never played, and the flow is stopped here.
    thanks: {
      invoke: { src: 'play', input: { prompt: 'survey-thanks' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
