import { assign, setup, type AnyStateMachine } from 'xstate';
import { callActors, callTypes, choices, type Prompt } from 'callchart';
import { below, type Random } from '../../../runtime/core/random';
import type { TransferScene } from '../../../runtime/simulate/port';
import type { CalleePlan } from './random-others';

/** Shipped prompts of two seconds and more, so that what a caller does in one is done in that one. */
export const longPrompts = [
  ...['apology', 'closed', 'leave-message', 'menu', 'message-failed', 'message-kept'],
  ...['message-too-short', 'no-answer', 'not-understood', 'opening-hours', 'survey-calls'],
  ...['survey-recommend', 'survey-thanks', 'transferring'],
];

/** The states that a call may go through before it is led to its end. */
const mostSteps = 9;

/** What a caller does once a prompt has begun, so many milliseconds later. */
export interface Reaction {
  readonly after: number;
  readonly does:
    | { readonly type: 'nothing' }
    | { readonly type: 'hangsUp' }
    | { readonly type: 'presses'; readonly digits: string }
    | { readonly type: 'says'; readonly duration: number }
    /** For a moment. */
    | { readonly type: 'holds' };
}

export interface RandomFlow {
  readonly machine: AnyStateMachine;
  /** What led from state to state in the last run, as text; emptied by whoever runs it again. */
  readonly trail: string[];
  /** By the number of the prompt. */
  readonly reactions: readonly Reaction[];
  /** Who is called, by the URI, and what comes of transfers to one. */
  readonly callees: ReadonlyMap<string, CalleePlan>;
  readonly transfers: ReadonlyMap<string, TransferScene>;
}

interface Context {
  readonly steps: number;
}

/**
 * Gets every prompt when it is made, so that its beginning can be told from that of others; a brief one may be over
 * before a caller has done what he does in it.
 */
export type MakePrompt = (prompt: Prompt, isBrief?: boolean) => Prompt;

export type MakeFlow = (id: string, random: Random, makePrompt: MakePrompt) => RandomFlow;

/**
 * A flow of states that do anything that a caller alone can answer, and a caller for it. Times keep a distance from each
 * other, as no two clocks agree on what happens at once.
 */
export function randomFlow(id: string, random: Random, makePrompt: MakePrompt): RandomFlow {
  const trail: string[] = [];
  const size = 3 + below(random, 6);
  const names = Array.from({ length: size }, (_, index) => `s${index}`);
  const pick = <T>(list: readonly T[]): T => list[below(random, list.length)] as T;
  const chance = (percent: number): boolean => below(random, 100) < percent;
  const prompt = (): Prompt => makePrompt(pick(longPrompts));
  const target = (): string => (chance(12) ? 'bye' : pick(names));
  const noted = notingIn(trail);
  const led = {
    entry: [
      noted,
      assign<Context, never, undefined, never, never>({
        steps: ({ context }) => context.steps + 1,
      }),
    ],
    always: { guard: 'hasHadEnough', target: 'bye' },
  };
  // Without `reenter` a state that leads to itself would do nothing more.
  const again = (): object => ({ target: target(), reenter: true });
  const ends = (): object => ({ onDone: again(), onError: 'bye' });

  const kinds: readonly (readonly [weight: number, make: () => object])[] = [
    [
      6,
      () => {
        const valid = chance(60) ? ['1', '2', '3', '12'].slice(0, 1 + below(random, 4)) : undefined;
        const keys = Object.fromEntries((valid ?? ['1', '2']).map((key) => [key, target()]));
        return {
          invoke: {
            src: 'gather',
            input: {
              ...(chance(90) ? { prompt: prompt() } : {}),
              ...(chance(30) ? { invalidPrompt: prompt() } : {}),
              ...(chance(30) ? { noInputPrompt: prompt() } : {}),
              ...(valid === undefined ? {} : { valid }),
              ...(chance(50) ? { maxDigits: 2 + below(random, 2) } : {}),
              ...(chance(40) ? { bargeIn: false } : {}),
              ...(chance(30) ? { clear: true } : {}),
              ...(chance(20) ? { finishOn: '' } : {}),
              attempts: 1 + below(random, 3),
              firstDigitTimeout: 2_650 + 500 * below(random, 3),
              interDigitTimeout: 1_350,
            },
            onDone: choices<never>({
              ...keys,
              ...(chance(40) ? { digits: target() } : {}),
              ...(chance(50) ? { noInput: target() } : {}),
              otherwise: target(),
            }),
            onError: 'bye',
          },
        };
      },
    ],
    [
      5,
      () => ({
        invoke: {
          src: 'play',
          input: {
            prompt: prompt(),
            ...(chance(40) ? { stopOn: pick([true, '1', '23*'] as const) } : {}),
            ...(chance(15) ? { loop: 2 } : {}),
            ...(chance(15) ? { offset: 500 } : {}),
          },
          ...ends(),
        },
      }),
    ],
    [2, () => ({ invoke: { src: 'pause', input: { duration: pick([450, 1_550]) }, ...ends() } })],
    [2, () => ({ after: { [pick([550, 1_450])]: again() } })],
    [
      2,
      () => ({
        invoke: {
          src: 'record',
          input: {
            ...(chance(50) ? { prompt: prompt() } : {}),
            // To a real telephone a beep is no prompt that begins.
            beep: false,
            maxDuration: 4_250,
            // None that would be removed: recordings are in memory here, and the flow removes them from the disk.
            ...(chance(40) ? { endSilence: 2_050 } : {}),
          },
          onDone: choices<never>({ recorded: target(), otherwise: target() }),
          onError: 'bye',
        },
      }),
    ],
    [1, () => ({ invoke: { src: 'sendDigits', input: { digits: '12' }, ...ends() } })],
    [1, () => ({ invoke: { src: 'echo', input: { maxDuration: 1_850 }, ...ends() } })],
    [1, () => ({ on: { dtmf: again() }, after: { 2_350: again() } })],
    [1, () => ({ invoke: { src: 'hangup', input: { prompt: prompt() }, ...ends() } })],
    [1, () => ({ invoke: { src: 'ring', ...ends() } })],
  ];
  const bag = kinds.flatMap(([weight, make]) => Array.from({ length: weight }, () => make));

  const states = Object.fromEntries(names.map((name) => [name, { ...pick(bag)(), ...led }]));
  const bye = {
    entry: noted,
    invoke: { src: 'play', input: { prompt: prompt() }, onDone: 'done', onError: 'done' },
  };
  const config = {
    id,
    context: { steps: 0 },
    initial: 's0',
    on: chance(20) ? { 'call.ended': '.bye' } : {},
    states: { ...states, bye, done: { entry: noted, type: 'final' } },
  };
  const { createMachine } = setup({
    types: callTypes<{ steps: number }>(),
    actors: callActors,
    guards: { hasHadEnough: ({ context }) => context.steps > mostSteps },
  });
  // A machine that dice have made has no types that a compiler could know.
  const machine = (createMachine as (config: unknown) => AnyStateMachine)(config);
  const reactions = Array.from({ length: 16 }, () => reaction(random));
  return { machine, trail, reactions, callees: new Map(), transfers: new Map() };
}

/** An action that notes what has come, as text. */
export function notingIn(
  trail: string[],
): (args: { readonly event: { readonly type: string; readonly output?: unknown } }) => void {
  return ({ event }) => {
    const { type, ...outcome } = (event.output ?? {}) as Readonly<Record<string, unknown>>;
    const words = [event.type, type, outcome['digits'], outcome['digit'], outcome['endedBy']];
    trail.push(words.filter((each) => typeof each === 'string').join(' '));
  };
}

function reaction(random: Random): Reaction {
  const kind = below(random, 100);
  const after = 260 + 100 * below(random, 12);
  if (kind < 35) return { after: 0, does: { type: 'nothing' } };
  if (kind < 45) return { after, does: { type: 'hangsUp' } };
  if (kind < 60) return { after, does: { type: 'says', duration: 1_150 } };
  const digits = ['1', '2', '3', '7', '#', '*', '12', '1#', '777'][below(random, 9)] ?? '1';
  return { after, does: { type: 'presses', digits } };
}
