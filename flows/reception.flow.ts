/**
 * A front desk: a menu with retries, opening hours, a transfer to the operator, and a message when nobody
 * takes the call.
 *
 * What it teaches: `choices` for the outcomes of an actor, retry prompts, the time of day, a transfer.
 */
import { callActors, callTypes, choices } from 'callchart';
import { setup } from 'xstate';

/** Who takes the calls: an address that the caller's phone or PBX can reach. */
const operator = process.env['OPERATOR'] ?? 'sip:operator@127.0.0.1:5070';

/** Monday to Friday, from nine to five, in this time zone (`Europe/Vienna`, `America/New_York`, …). */
const timeZone = process.env['TIME_ZONE'] ?? 'UTC';

function isOpen(time: number): boolean {
  const format = { timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' } as const;
  // `Mon, 09` to `Fri, 16`: only the days of the weekend begin with an S.
  return /^[MTWF].*(?:09|1[0-6])$/.test(new Date(time).toLocaleString('en-GB', format));
}

export default setup({
  types: callTypes<{ readonly started: number }>(),
  actors: callActors,
  guards: {
    // The call's own time, not the machine's clock: so a test can call on a Sunday.
    isOpen: ({ context }) => isOpen(context.started),
  },
}).createMachine({
  id: 'reception',
  context: ({ input }) => ({ started: input.call.started }),
  initial: 'welcome',
  states: {
    welcome: {
      invoke: {
        src: 'play',
        // Any key skips the welcome, and counts as the answer to the menu that follows.
        input: { prompt: 'welcome', stopOn: true },
        onDone: 'menu',
        onError: 'menu',
      },
    },

    menu: {
      invoke: {
        src: 'gather',
        input: {
          prompt: 'menu',
          invalidPrompt: ['not-understood', 'menu'],
          noInputPrompt: ['no-input', 'menu'],
          maxDigits: 1,
          // A key that is not listed counts as a failed attempt.
          valid: ['0', '1', '2'],
          attempts: 3,
        },
        // A misspelt outcome is a compile error. A hang-up needs no choice: the flow just ends.
        onDone: choices({
          '1': 'hours',
          '2': 'message',
          '0': 'operator',
          noInput: 'bye',
          invalid: 'bye',
        }),
        onError: 'bye',
      },
    },

    hours: {
      invoke: { src: 'play', input: { prompt: 'opening-hours' }, onDone: 'menu', onError: 'menu' },
    },

    // No actor here: the guard decides at once.
    operator: { always: [{ guard: 'isOpen', target: 'announce' }, { target: 'closed' }] },

    announce: {
      invoke: {
        src: 'play',
        input: { prompt: 'transferring' },
        onDone: 'transfer',
        onError: 'transfer',
      },
    },
    transfer: {
      invoke: {
        src: 'transfer',
        input: { to: operator, timeout: 20_000 },
        onDone: choices({ transferred: 'done', otherwise: 'unanswered' }),
        onError: 'unanswered',
      },
    },

    unanswered: {
      invoke: {
        src: 'play',
        input: { prompt: 'no-answer' },
        onDone: 'message',
        onError: 'message',
      },
    },
    closed: {
      invoke: { src: 'play', input: { prompt: 'closed' }, onDone: 'message', onError: 'message' },
    },
    message: {
      invoke: {
        src: 'record',
        input: { prompt: 'leave-message', beep: true, maxDuration: 120_000, name: 'message' },
        // `otherwise` is every outcome but a hang-up; what was said until then is kept anyway.
        onDone: choices({ recorded: 'thanks', otherwise: 'bye' }),
        onError: 'bye',
      },
    },
    thanks: {
      invoke: { src: 'play', input: { prompt: 'message-kept' }, onDone: 'bye', onError: 'bye' },
    },
    bye: { invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
