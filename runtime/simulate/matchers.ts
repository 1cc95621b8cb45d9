import type { CallEnd } from '../call/port';
import type { Prompt } from '../prompt/port';
import type { SimulatedCall } from './port';
import { isHeardIn, promptName } from './prompt-sound';
import { endWords } from './transcript';

/** What Jest wants of a matcher. */
interface Verdict {
  readonly pass: boolean;
  message(): string;
}

/** What a call may be asked after, as {@link callMatchers} adds it to `expect`; `R` is what Jest's matchers return. */
export interface CallMatchers<R = unknown> {
  /** The caller has heard these prompts in this order, others between them or not. */
  toHaveHeard(...prompts: readonly Prompt[]): R;
  /** The flow was in these states in this order, others between them or not: `menu`, `asking.welcome`. */
  toHaveVisited(...states: readonly string[]): R;
  /** The flow itself came to its end, in this final state if one is named. */
  toHaveEnded(state?: string): R;
  /** Who ended the call: `caller`, `flow` or `system`. */
  toEndBy(who: CallEnd['by']): R;
  /** The flow has dialled this target; any when absent. */
  toHaveDialled(target?: string): R;
  /** Something was recorded, for `atLeast` milliseconds. */
  toHaveRecorded(atLeast?: number): R;
}

type Matcher = (call: unknown, ...given: never[]) => Verdict;

/** For `expect.extend(callMatchers)`; `import 'callchart/testing/matchers'` does that, and tells TypeScript. */
export const callMatchers = {
  toHaveHeard: (call: unknown, ...prompts: readonly Prompt[]) => {
    const { heardPrompts, heard } = simulated(call);
    const pass = inOrder(heardPrompts, prompts, isHeardIn);
    return verdict(
      call,
      pass,
      `the caller to have heard ${prompts.map(promptName).join(', ')}`,
      heard,
    );
  },
  toHaveVisited: (call: unknown, ...states: readonly string[]) => {
    const { path } = simulated(call);
    const pass = inOrder(path, states, isWithin);
    return verdict(call, pass, `the flow to have been in ${states.join(', ')}`, path);
  },
  toHaveEnded: (call: unknown, state?: string) => {
    const { result } = simulated(call);
    const pass = result.type === 'final' && (state === undefined || result.state === state);
    const where = state === undefined ? '' : ` in ${state}`;
    return verdict(call, pass, `the flow to have come to its end${where}`, [
      `${result.type} in ${result.state}`,
    ]);
  },
  toEndBy: (call: unknown, who: CallEnd['by']) => {
    const { end } = simulated(call);
    return verdict(call, end.by === who, `the ${who} to have ended the call`, [endWords(end)]);
  },
  toHaveDialled: (call: unknown, target?: string) => {
    const { dialled } = simulated(call);
    const pass = target === undefined ? dialled.length > 0 : dialled.includes(target);
    return verdict(call, pass, `the flow to have dialled ${target ?? 'somebody'}`, dialled);
  },
  toHaveRecorded: (call: unknown, atLeast = 0) => {
    const { recordings } = simulated(call);
    const pass = recordings.some(({ duration }) => duration > 0 && duration >= atLeast);
    const long = atLeast === 0 ? '' : `, for ${atLeast} ms at least`;
    return verdict(
      call,
      pass,
      `the flow to have recorded something${long}`,
      recordings.map(({ path, duration }) => `${path}: ${duration} ms`),
    );
  },
} satisfies Readonly<Record<keyof CallMatchers, Matcher>>;

function simulated(value: unknown): SimulatedCall {
  if (typeof value === 'object' && value !== null && 'transcript' in value && 'result' in value) {
    // The name says so: nothing else has both.
    return value as SimulatedCall;
  }
  throw new TypeError(
    'expect(…) must be given what simulate(…) has resolved to: is there an await?',
  );
}

/** Jest says "not" by itself where it is asked so, and then the message is for a call that did. */
function verdict(
  call: unknown,
  pass: boolean,
  wanted: string,
  instead: readonly string[],
): Verdict {
  const { transcript } = simulated(call);
  const found = instead.length === 0 ? 'nothing' : instead.join(', ');
  return {
    pass,
    message: () => `expected ${pass ? 'not ' : ''}${wanted}; it was: ${found}\n\n${transcript}`,
  };
}

/** Whether a flow that is in `(ask.pin | music)` is in `ask.pin`, `ask` or `music`. */
function isWithin(name: string, state: string): boolean {
  return leavesOf(name).some((leaf) => leaf === state || leaf.startsWith(`${state}.`));
}

/** `x.(a | b.c)` is `x.a` and `x.b.c`. */
function leavesOf(name: string): string[] {
  const open = name.indexOf('(');
  if (open < 0) return [name];
  const parts: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < name.length; at += 1) {
    if (name[at] === '(') depth += 1;
    if (name[at] === ')') depth -= 1;
    if (depth === 0 || (depth === 1 && name.startsWith(' | ', at))) {
      parts.push(name.slice(from, at));
      from = at + 3;
    }
  }
  return parts.flatMap((part) => leavesOf(part).map((leaf) => name.slice(0, open) + leaf));
}

function inOrder<T, W>(
  all: readonly T[],
  wanted: readonly W[],
  is: (one: T, wanted: W) => boolean,
): boolean {
  let at = 0;
  for (const each of wanted) {
    while (at < all.length && !is(all[at] as T, each)) at += 1;
    if (at === all.length) return false;
    at += 1;
  }
  return true;
}
