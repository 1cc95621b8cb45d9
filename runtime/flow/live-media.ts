import type { Playback, PlaybackOptions } from '../media/port';
import type { Prompt } from '../prompt/port';
import { Gather } from './gather';
import { answered, delay } from './actor-scope';
import type { ActorScope } from './actor-scope';
import type {
  EchoInput,
  EchoOutcome,
  GatherInput,
  GatherOutcome,
  PlayInput,
  PlayOutcome,
  RingInput,
  RingOutcome,
} from './outcomes';
import { PlaySteering } from './play-controls';
import { PromptPlayback, type PromptEnd } from './prompt-playback';

/** Plays to the end, or until the actor stops or `interrupt`, which it hands out, is called. */
function playPrompt(
  { call, activity }: ActorScope,
  prompt: Prompt,
  options: PlaybackOptions = {},
  onStart: (interrupt: () => void) => void = () => undefined,
  onStarted?: (playback: Playback) => void,
): Promise<void> {
  return activity.until(
    new Promise((resolve, reject) => {
      const ended = (end: PromptEnd): void => {
        if (end.type === 'completed') resolve();
        else reject(end.error instanceof Error ? end.error : new Error(String(end.error)));
      };
      const playback = new PromptPlayback(call, prompt, options, ended, onStarted);
      activity.onStop(() => playback.stop());
      onStart(() => {
        playback.stop();
        resolve();
      });
    }),
  );
}

/** Answers and plays a prompt to its end. */
export async function playToEnd(scope: ActorScope, prompt: Prompt): Promise<void> {
  await answered(scope);
  await playPrompt(scope, prompt);
}

export async function runPlay(scope: ActorScope, input: PlayInput): Promise<PlayOutcome> {
  const { call, activity } = scope;
  const { stopOn, controls, gain } = input;
  await answered(scope);
  const options: PlaybackOptions = {
    loop: input.loop === 0 ? Infinity : (input.loop ?? 1),
    ...(input.offset === undefined ? {} : { offset: input.offset }),
    ...(gain === undefined ? {} : { gain }),
  };
  const stops = (digit: string): boolean => stopOn === true || stopOn?.includes(digit) === true;
  const waiting = call.digits.peek();
  if (waiting !== undefined && stops(waiting)) {
    // The caller was ahead of us. A digit that any would do for stays for the next gather.
    if (stopOn !== true) call.digits.take();
    return { type: 'stopped', digit: waiting };
  }
  let stopped: string | undefined;
  let steering: PlaySteering | undefined;
  let forget = (): void => undefined;
  const listen = (interrupt: () => void): void => {
    if (stopOn === undefined && controls === undefined) return;
    forget = call.digits.listen((digit) => {
      if (stopped !== undefined) return false;
      if (steering?.press(digit) === true) return true;
      if (!stops(digit)) return false;
      stopped = digit;
      interrupt();
      return stopOn !== true;
    });
    activity.onStop(forget);
  };
  const steer = (playback: Playback): void => {
    const steers = (steering = new PlaySteering(playback, controls ?? {}, gain ?? 0));
    activity.onEvent = (command) => steers.tell(command);
  };
  try {
    await playPrompt(scope, input.prompt, options, listen, steer);
  } finally {
    forget();
  }
  return stopped === undefined ? { type: 'played' } : { type: 'stopped', digit: stopped };
}

export async function runGather(scope: ActorScope, input: GatherInput): Promise<GatherOutcome> {
  const { call, clock, activity } = scope;
  await answered(scope);
  return activity.until(
    new Promise<GatherOutcome>((resolve, reject) => {
      const gather = new Gather(call, clock, input, {
        onOutcome: resolve,
        onFailure: reject,
      });
      activity.onStop(() => gather.stop());
      gather.start();
    }),
  );
}

/** How long early ring-back sounds when the flow does not say: one North American ring. */
const ringBackDuration = 6_000;

/** RFC 3960 §3: a 180 lets the phone ring by itself; early media is what we send with a 183. */
export async function runRing(scope: ActorScope, input: RingInput = {}): Promise<RingOutcome> {
  const { call, activity } = scope;
  const wanted = input.earlyMedia === true || input.prompt !== undefined;
  await activity.until(call.ring({ earlyMedia: wanted }));
  // RFC 3262 §5: a caller without an offer and without 100rel cannot have early media and got a 180. To
  // play would answer its call; its own phone rings instead, for as long.
  const earlyMedia = wanted && call.state !== 'ringing';
  if (!earlyMedia) {
    const duration = input.duration ?? (wanted ? ringBackDuration : 0);
    if (duration > 0) await delay(scope, duration);
  } else if (input.duration !== 0) {
    await playRinging(scope, input);
  }
  return { type: 'rung' };
}

/** Early media: once, or repeated for as long as the flow says. */
async function playRinging(scope: ActorScope, input: RingInput): Promise<void> {
  const { activity, clock } = scope;
  const limit = input.duration ?? (input.prompt === undefined ? ringBackDuration : undefined);
  let timer: object | undefined;
  activity.onStop(() => clock.clearTimeout(timer));
  try {
    const loop = limit === undefined ? 1 : Infinity;
    const prompt = input.prompt ?? { tone: 'ringback' };
    await playPrompt(scope, prompt, { loop }, (interrupt) => {
      if (limit !== undefined) timer = clock.setTimeout(interrupt, limit);
    });
  } finally {
    clock.clearTimeout(timer);
  }
}

export async function runEcho(scope: ActorScope, input: EchoInput = {}): Promise<EchoOutcome> {
  const { call, clock, activity } = scope;
  const finishOn = input.finishOn ?? '#';
  await answered(scope);
  // The caller was ahead of us, as in front of a gather.
  if (call.digits.take(finishOn) !== undefined) return { type: 'echoed' };
  const starting = call.echo();
  activity.onStop(() => {
    starting.then(
      (stopEcho) => stopEcho(),
      () => undefined,
    );
  });
  const stopEcho = await activity.until(starting);
  let timer: object | undefined;
  let forget = (): void => undefined;
  try {
    await activity.until(
      new Promise<void>((resolve) => {
        if (input.maxDuration !== undefined) timer = clock.setTimeout(resolve, input.maxDuration);
        forget = call.digits.listen((digit) => {
          if (finishOn === '' || !finishOn.includes(digit)) return false;
          resolve();
          return true;
        });
        activity.onStop(forget);
      }),
    );
  } finally {
    clock.clearTimeout(timer);
    forget();
    stopEcho();
  }
  return { type: 'echoed' };
}
