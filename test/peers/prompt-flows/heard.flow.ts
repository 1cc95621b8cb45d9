import { callActors, type Prompt } from 'callchart';
import { setup } from 'xstate';

/** A state that plays a prompt and goes on. */
const plays = <Next extends string>(prompt: Prompt, next: Next) => ({
  invoke: { src: 'play' as const, input: { prompt }, onDone: next, onError: 'failed' },
});

/** Plays a prompt of every kind, then once more in German what it has played in English. */
export default setup({ actors: callActors }).createMachine({
  id: 'heard',
  initial: 'wav',
  states: {
    wav: plays('as-wav', 'flac'),
    flac: plays('as-flac', 'opus'),
    opus: plays('as-opus', 'mp3'),
    mp3: plays('as-mp3', 'url'),
    url: plays({ url: process.env['PROMPT_URL'] ?? '' }, 'text'),
    text: plays('written', 'money'),
    money: plays({ money: 12.5, currency: 'EUR' }, 'date'),
    date: plays({ date: '2026-11-22' }, 'english'),
    english: plays('greeting', 'language'),
    language: {
      invoke: {
        src: 'setLanguage',
        input: { language: 'de' },
        onDone: 'german',
        onError: 'failed',
      },
    },
    german: plays('greeting', 'end'),
    end: plays({ silence: 400 }, 'done'),
    failed: { type: 'final' },
    done: { type: 'final' },
  },
});
