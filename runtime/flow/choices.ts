import type { AnyActorRef, DoneActorEvent, TransitionConfig } from 'xstate';
import { CallchartError } from '../core/errors';
import { stateName } from './state-name';

/** Keys that a caller pressed: `1`, `007`, `*`, `#`, `*21`, `1#`. */
export type DigitsKey = `${number}` | `${'' | number}${'*' | '#'}${string}`;

type OutputOf<E> = E extends { readonly output: infer O } ? O : never;

/** What an actor's `onDone` gets, read from the guard of the transition that TypeScript expects there. */
type OutcomeOf<T> = T extends { guard?: infer G }
  ? G extends (args: infer A, ...rest: never[]) => boolean
    ? A extends { event: infer E }
      ? OutputOf<E>
      : never
    : never
  : never;

/** The outcomes that digit keys choose among: those with the digits, or the one digit, that was pressed. */
type Pressed<O> = O extends { readonly type: 'invalid' }
  ? never
  : O extends { readonly digits: string }
    ? O
    : O extends { readonly digit?: string }
      ? 'digit' extends keyof O
        ? O
        : never
      : never;

type ChoiceKey<O> = O extends { readonly type: string }
  ? O['type'] | ([Pressed<O>] extends [never] ? never : DigitsKey)
  : never;

/** The outcomes that can arrive at the choice with the key K. */
type Chosen<O, K> = K extends 'otherwise'
  ? Exclude<O, { readonly type: 'hangup' }>
  : K extends 'invalid'
    ? Extract<O, { readonly type: 'invalid' | 'digits' }>
    : [Extract<O, { readonly type: K }>] extends [never]
      ? Pressed<O>
      : Extract<O, { readonly type: K }>;

/** A transition without its guard, whose actions see the outcome of the key. */
type ChoiceTransition<T, K> =
  T extends TransitionConfig<
    infer Context,
    infer Arrived,
    infer Event,
    infer Actor,
    infer Action,
    infer Guard,
    infer Delay,
    infer Emitted,
    infer Meta
  >
    ? string extends T
      ? never
      : T extends readonly unknown[]
        ? never
        : Omit<
            TransitionConfig<
              Context,
              DoneActorEvent<Chosen<OutputOf<Arrived>, K>>,
              Event,
              Actor,
              Action,
              Guard,
              Delay,
              Emitted,
              Meta
            >,
            'guard'
          >
    : never;

/**
 * The keys that there are. `string` is for places whose outcome nobody knows (an actor without types), and
 * it also is what lets TypeScript look a key up before it has inferred T, and so type the actions in it.
 */
type Key<T> = [OutcomeOf<T>] extends [never] ? string : ChoiceKey<OutcomeOf<T>> | 'otherwise';

/** Keys, outcome types and `otherwise`, each with where it leads. */
export type Choices<T> = {
  readonly [K in Key<T>]?: string | ChoiceTransition<T, K>;
};

/** What a guard made by {@link choices} says of itself: for graphs and explorers. */
export interface ChoiceGuard {
  (args: { readonly event: object }): boolean;
  /** The key in `choices`, or `unmatched` for the outcomes that have none. */
  readonly outcome: string;
}

/** The key that a transition's guard stands for, if {@link choices} made it. */
export function choiceOf(guard: unknown): string | undefined {
  return typeof guard === 'function' && 'outcome' in guard && typeof guard.outcome === 'string'
    ? guard.outcome
    : undefined;
}

interface SomeOutcome {
  readonly type?: unknown;
  readonly digits?: unknown;
  readonly digit?: unknown;
}

function outcomeOf(event: object): SomeOutcome {
  const output: unknown = 'output' in event ? event.output : undefined;
  return typeof output === 'object' && output !== null ? output : {};
}

const digitsKey = /^[0-9*#]+$/;

function matches(key: string): (outcome: SomeOutcome) => boolean {
  if (key === 'otherwise') return ({ type }) => type !== 'hangup';
  // Whoever lists keys and says what an invalid entry does means the keys that are not listed, too.
  if (key === 'invalid') return ({ type }) => type === 'invalid' || type === 'digits';
  if (digitsKey.test(key)) {
    return ({ type, digits, digit }) => type !== 'invalid' && (digits ?? digit) === key;
  }
  return ({ type }) => type === key;
}

/** One guard a key is enough for all flows. */
const guards = new Map<string, ChoiceGuard>();

function guardFor(key: string): ChoiceGuard {
  let guard = guards.get(key);
  if (guard === undefined) {
    const test = matches(key);
    guard = Object.assign((args: { readonly event: object }) => test(outcomeOf(args.event)), {
      outcome: key,
    });
    guards.set(key, guard);
  }
  return guard;
}

/** A caller who has gone, without a choice, is no defect: the flow stays where it is and is stopped there. */
const unmatched: ChoiceGuard = Object.assign(
  (args: { readonly event: object }) => {
    const { type } = outcomeOf(args.event);
    return type !== 'hangup' && type !== 'cancelled';
  },
  { outcome: 'unmatched' },
);

function raiseUnmatched(args: { readonly event: object; readonly self: AnyActorRef }): never {
  const state = stateName(args.self.getSnapshot());
  // The digits themselves stay out of the message: they may be a PIN.
  const type = String(outcomeOf(args.event).type);
  throw new CallchartError(
    'CALLCHART_FLOW_UNMATCHED_OUTCOME',
    `state '${state}' has no choice for the outcome '${type}': name it in choices({ … }), or add 'otherwise'`,
  );
}

function rank(key: string): number {
  if (key === 'otherwise') return 3;
  if (key === 'invalid') return 2;
  return digitsKey.test(key) ? 0 : 1;
}

/**
 * Says where each outcome of a call actor leads, for its `onDone`:
 *
 * ```ts
 * onDone: choices({ '1': 'sales', '2': 'message', noInput: 'bye', invalid: 'bye' })
 * ```
 *
 * Keys are the digits pressed, the types of the actor's outcomes, and `otherwise`. Digits are looked at
 * first, then the outcome's type, then `otherwise`; digits that no key names go to `digits`, or else to
 * `invalid`. A value is a target, or a transition without a guard, whose actions see the outcome of its key.
 * A choice that leads back to its own state enters it anew, unless it says `reenter: false`.
 *
 * An outcome that nothing names is a defect of the flow and ends it with `CALLCHART_FLOW_UNMATCHED_OUTCOME`,
 * but for `hangup`, and `cancelled` of a dial, which stay put; `otherwise` does not mean `hangup` either.
 *
 * @typeParam T the transition that the place of the call expects; never written out.
 */
export function choices<T>(map: Choices<T>): readonly T[] {
  const transitions: object[] = Object.entries<unknown>(map)
    .filter(([, to]) => to !== undefined)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([key, to]) => transition(key, to));
  if (!('otherwise' in map)) transitions.push({ guard: unmatched, actions: raiseUnmatched });
  // T is inferred from where the result stands and is XState's own transition type there. The compiler
  // cannot see that these objects are such transitions, because it does not know T in here.
  return transitions as T[];
}

function transition(key: string, to: unknown): object {
  const given = typeof to === 'object' && to !== null ? to : { target: to };
  const target: unknown = 'target' in given ? given.target : undefined;
  // XState 5 does not leave a state that targets itself: 'menu' from menu would play nothing.
  const reenter = typeof target === 'string' && !target.startsWith('.');
  return { reenter, ...given, guard: guardFor(key) };
}
