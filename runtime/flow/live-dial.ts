import type { CallControl, DialOptions, DialTarget } from '../call/port';
import { CallchartError } from '../core/errors';
import type { ActorScope } from './actor-scope';
import { dialTargets } from './dial-targets';
import type { FindFlow, InnerFlow } from './inner-flow';
import type { DialInput, DialOutcome, DialTargetInput, WhisperInput } from './outcomes';

/** Milliseconds that a target may ring, and that a callee may think, when the flow does not say. */
const ringTimeout = 30_000;
const screeningTimeout = 10_000;

/** Decides by a whisper whether a callee is put through. */
type Whisper = (
  whisper: WhisperInput,
  callee: CallControl,
) => ReturnType<NonNullable<DialTarget['onAnswered']>>;

/** Calls others and waits until the conversation, if there was one, is over; leaving the state ends it. */
export async function runDial(
  { call, activity, findFlow }: ActorScope,
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
  const whispers = new Whispers(input, findFlow);
  try {
    return await call.dial(dialOptions(input, whispers.whisper), controller.signal);
  } finally {
    whispers.end();
  }
}

/** The flows that callees hear before both talk: found before anybody is called, and kept until all is over. */
class Whispers {
  private readonly flows = new Map<string, InnerFlow>();

  /** Throws `CALLCHART_UNKNOWN_FLOW`. */
  constructor({ to }: DialInput, findFlow: FindFlow | undefined) {
    for (const target of dialTargets(to)) {
      const name = typeof target === 'string' ? undefined : target.whisper?.flow;
      if (name === undefined || this.flows.has(name)) continue;
      const flow = findFlow?.(name);
      if (flow === undefined) {
        this.end();
        throw new CallchartError('CALLCHART_UNKNOWN_FLOW', `there is no flow "${name}" to whisper`);
      }
      this.flows.set(name, flow);
    }
  }

  readonly whisper: Whisper = async ({ flow: name, input }, callee) => {
    const flow = this.flows.get(name);
    if (flow === undefined) return 'decline';
    const { type, output, error } = await flow.run(callee, input).done;
    if (type === 'failed') throw error;
    return type === 'final' && !declines(output) ? 'connect' : 'decline';
  };

  end(): void {
    for (const flow of this.flows.values()) flow.end();
  }
}

function declines(output: unknown): boolean {
  return (
    typeof output === 'object' && output !== null && 'connect' in output && output.connect === false
  );
}

/** What the flow said, with its defaults. */
export function dialOptions(
  input: DialInput,
  whisper: Whisper = () => Promise.resolve('connect'),
): DialOptions {
  const { to, callerId, codecs, headers, hangupKey, holdMusic, record } = input;
  const { screening, timeLimit, trunk } = input;
  return {
    targets: dialTargets(to).map((each) =>
      typeof each === 'string' ? each : dialTarget(each, whisper),
    ),
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

function dialTarget(
  { callerId, whisper: asked, username, password, ...rest }: DialTargetInput,
  whisper: Whisper,
): DialTarget {
  return {
    ...rest,
    ...(callerId === undefined ? {} : { callerIdentity: callerId }),
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { username, password } }),
    ...(asked === undefined ? {} : { onAnswered: (callee) => whisper(asked, callee) }),
  };
}
