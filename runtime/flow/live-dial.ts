import type { DialOptions } from '../call/port';
import { CallchartError } from '../core/errors';
import type { ActorScope } from './actor-scope';
import type { DialInput, DialOutcome } from './outcomes';

/** Milliseconds that a target may ring, and that a callee may think, when the flow does not say. */
const ringTimeout = 30_000;
const screeningTimeout = 10_000;

/** Calls others and waits until the conversation, if there was one, is over; leaving the state ends it. */
export async function runDial(
  { call, activity }: ActorScope,
  input: DialInput,
): Promise<DialOutcome> {
  if (call.dial === undefined) {
    throw new CallchartError('CALLCHART_NO_OUTBOUND', 'this call cannot dial');
  }
  const controller = new AbortController();
  // The end of the call ends the dial by itself, which then still has to say how it went.
  activity.onStop(() => {
    if (activity.reason === 'left') controller.abort();
  });
  return call.dial(dialOptions(input), controller.signal);
}

/** What the flow said, with its defaults. */
export function dialOptions(input: DialInput): DialOptions {
  const { to, callerId, codecs, headers, hangupKey, holdMusic, record } = input;
  const { screening, timeLimit, trunk } = input;
  return {
    targets: typeof to === 'string' ? [to] : to,
    strategy: input.strategy ?? 'parallel',
    timeout: input.timeout ?? ringTimeout,
    ringback: input.ringback ?? 'pass',
    answerOnBridge: input.answerOnBridge ?? true,
    ...(trunk === undefined ? {} : { trunk }),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(callerId === undefined ? {} : { callerIdentity: callerId }),
    ...(headers === undefined ? {} : { headers }),
    ...(hangupKey === undefined ? {} : { hangupKey }),
    ...(holdMusic === undefined ? {} : { holdMusic }),
    ...(codecs === undefined ? {} : { codecs }),
    ...(screening === undefined
      ? {}
      : {
          screening: {
            prompt: screening.prompt,
            accept: screening.accept ?? '1',
            timeout: screening.timeout ?? screeningTimeout,
          },
        }),
    ...(record === undefined || record === false ? {} : { record: record === true ? {} : record }),
  };
}
