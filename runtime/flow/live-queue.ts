import type { DequeueRequest, QueueRequest, QueueWhisper } from '../call/queue/port';
import { CallchartError } from '../core/errors';
import { answered, type ActorScope } from './actor-scope';
import type { FindFlow, InnerFlow } from './inner-flow';
import type {
  DialQueueInput,
  DialQueueOutcome,
  EnqueueInput,
  EnqueueOutcome,
  WhisperInput,
} from './outcomes';

/** Milliseconds that is waited for somebody to come, when the flow does not say. */
const comeTimeout = 30_000;

/** Waits in a queue, and talks with whoever serves the caller; leaving the state ends either. */
export async function runEnqueue(scope: ActorScope, input: EnqueueInput): Promise<EnqueueOutcome> {
  const { call, activity } = scope;
  if (call.enqueue === undefined) throw noQueue();
  await answered(scope);
  const result = await call.enqueue(queueRequest(input), leaving(scope), (place) => {
    activity.onEvent = ({ type }) => {
      if (type === 'leave') place.leave();
    };
  });
  // A flow that has gone on does not read it.
  return result.type === 'cancelled' ? { type: 'hangup' } : result;
}

/** Serves a queue once; leaving the state ends it. */
export async function runDialQueue(
  scope: ActorScope,
  input: DialQueueInput,
): Promise<DialQueueOutcome> {
  const { call, findFlow } = scope;
  if (call.dequeue === undefined) throw noQueue();
  const whisper = whisperOf(input.whisper, findFlow);
  try {
    await answered(scope);
    const result = await call.dequeue(dequeueRequest(input, whisper), leaving(scope));
    return result.type === 'cancelled' ? { type: 'hangup' } : result;
  } finally {
    whisper?.flow?.end();
  }
}

/** What the flow said, with its defaults. */
export function queueRequest({ priority = 0, ...rest }: EnqueueInput): QueueRequest {
  return { ...rest, priority };
}

/** What the flow said, with its defaults. */
export function dequeueRequest(
  { record, timeout = comeTimeout, ...rest }: Omit<DialQueueInput, 'whisper'>,
  whisper?: Pick<Whisper, 'heard'>,
): DequeueRequest {
  return {
    ...rest,
    timeout,
    ...(record === undefined || record === false ? {} : { record: record === true ? {} : record }),
    ...(whisper === undefined ? {} : { whisper: whisper.heard }),
  };
}

interface Whisper {
  readonly heard: QueueWhisper;
  /** Kept until nobody can hear it any more. */
  readonly flow: InnerFlow | undefined;
}

/** Throws `CALLCHART_UNKNOWN_FLOW`. */
function whisperOf(
  whisper: DialQueueInput['whisper'],
  findFlow: FindFlow | undefined,
): Whisper | undefined {
  if (whisper === undefined) return undefined;
  if (!isFlow(whisper)) return { heard: { prompt: whisper }, flow: undefined };
  const { flow: name, input } = whisper;
  const flow = findFlow?.(name);
  if (flow === undefined) {
    throw new CallchartError('CALLCHART_UNKNOWN_FLOW', `there is no flow "${name}" to whisper`);
  }
  const run: Extract<QueueWhisper, { run: unknown }>['run'] = async (call, signal) => {
    const inner = flow.run(call, input);
    signal.addEventListener('abort', () => inner.release(), { once: true });
    const { type, error } = await inner.done;
    if (type === 'failed') throw error;
  };
  return { heard: { run }, flow };
}

function isFlow(whisper: NonNullable<DialQueueInput['whisper']>): whisper is WhisperInput {
  return typeof whisper === 'object' && 'flow' in whisper;
}

/** The end of the call ends it by itself, which then still has to say how it went. */
function leaving({ activity }: ActorScope): AbortSignal {
  const controller = new AbortController();
  activity.onStop(() => {
    if (activity.reason === 'left') controller.abort();
  });
  return controller.signal;
}

function noQueue(): CallchartError {
  return new CallchartError('CALLCHART_NO_QUEUE', 'this call can be in no queue');
}
