import type { MachineResult } from '../media/port';
import { CallchartError } from '../core/errors';
import { answered } from './actor-scope';
import type { ActorScope } from './actor-scope';
import type {
  DetectMachineInput,
  DetectMachineOutcome,
  DetectSpeechInput,
  DetectSpeechOutcome,
  ListenInput,
  ListenOutcome,
} from './outcomes';

/** How long the caller may take to begin when the flow does not say. */
const defaultTimeout = 5_000;

/** Finds out who has answered, until that is known. */
export async function runDetectMachine(
  scope: ActorScope,
  input: DetectMachineInput = {},
): Promise<DetectMachineOutcome> {
  const { call, activity } = scope;
  if (call.detectMachine === undefined) throw cannotHear();
  await answered(scope);
  const starting = call.detectMachine(input);
  activity.onStop(() => {
    starting.then(
      (detection) => detection.stop(),
      () => undefined,
    );
  });
  const detection = await activity.until(starting);
  return outcomeOf(await activity.until(detection.done));
}

function outcomeOf({ type, reason, beepAt }: MachineResult): DetectMachineOutcome {
  switch (type) {
    case 'machine':
      return { type, reason, beep: beepAt !== undefined };
    case 'human':
    case 'fax':
    case 'unknown':
      return { type, reason };
    case 'stopped':
      // Its session was closed, or another detection has begun.
      return { type: 'unknown', reason: type };
  }
}

/** Waits until the caller has said something, or says nothing. */
export async function runDetectSpeech(
  scope: ActorScope,
  input: DetectSpeechInput = {},
): Promise<DetectSpeechOutcome> {
  const { call, clock, activity } = scope;
  const { onset, hangover, maxDuration, timeout = defaultTimeout } = input;
  if (call.detectSpeech === undefined) throw cannotHear();
  await answered(scope);
  let timer: object | undefined;
  let since = 0;
  let spoke = false;
  let settle: (outcome: DetectSpeechOutcome) => void = () => undefined;
  const spoken = new Promise<DetectSpeechOutcome>((resolve) => {
    settle = resolve;
  });
  const end = (): void => settle({ type: 'speech', duration: Math.round(clock.now() - since) });
  const starting = call.detectSpeech(
    {
      ...(onset === undefined ? {} : { onset }),
      ...(hangover === undefined ? {} : { hangover }),
    },
    (speaking) => {
      if (!speaking) {
        end();
        return;
      }
      clock.clearTimeout(timer);
      spoke = true;
      since = clock.now();
      if (maxDuration !== undefined) timer = clock.setTimeout(end, maxDuration);
    },
  );
  const forget = (): void => {
    clock.clearTimeout(timer);
    starting.then(
      (stop) => stop(),
      () => undefined,
    );
  };
  activity.onStop(forget);
  try {
    await activity.until(starting);
    // Who speaks already is told of before this is resolved.
    if (!spoke) timer = clock.setTimeout(() => settle({ type: 'silence' }), timeout);
    return await activity.until(spoken);
  } finally {
    forget();
  }
}

/**
 * Has the machine told of speech and tones until the state is left. It does not answer the call: before the answer
 * it waits for whoever does.
 */
export async function runListen(
  { call, activity }: ActorScope,
  { speech, tones = false }: ListenInput,
): Promise<ListenOutcome> {
  if (call.listen === undefined) throw cannotHear();
  const stop = await call.listen({
    ...(speech === undefined || speech === false ? {} : { speech: speech === true ? {} : speech }),
    tones,
  });
  // At once, when the state was left while it waited for the answer.
  activity.onStop(stop);
  return activity.forever();
}

function cannotHear(): CallchartError {
  return new CallchartError('CALLCHART_NO_DETECTION', 'this call cannot be listened to');
}
