/**
 * A front desk: a menu with retries, opening hours, a transfer to the operator, and a message when nobody
 * takes the call.
 *
 * What it teaches: `choices` for the outcomes of an actor, retry prompts, the time of day, a transfer.
 */
import { callActors, choices, openingHours } from 'callchart';
import { setup } from 'xstate';

/** Who takes the calls: an address that the caller's phone or PBX can reach. */
const operator = process.env['OPERATOR'] ?? 'sip:operator@127.0.0.1:5070';

/** Monday to Friday, from nine to five. `holidays: 'GB-ENG'` would close it on public holidays, too. */
const hours = openingHours({
  zone: process.env['TIME_ZONE'] ?? 'Europe/London',
  week: { 'mon-fri': '09:00-17:00' },
});

export default setup({
  actors: callActors,
  // The time is that of the call, not of the machine: so a test can call on a Sunday.
  guards: { isOpen: () => hours.isOpen() },
}).createMachine({
  id: 'reception',
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
