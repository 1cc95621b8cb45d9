import type { RecordingResult } from '../media/port';
import { answered } from './actor-scope';
import type { ActorScope } from './actor-scope';
import { playToEnd } from './live-media';
import type { RecordedAudio, RecordInput, RecordOutcome } from './outcomes';

/** Prompt, then beep, then the recording; what was said is kept when the caller hangs up in it. */
export async function runRecord(
  scope: ActorScope,
  input: RecordInput = {},
): Promise<RecordOutcome> {
  const { call, activity } = scope;
  if (input.prompt !== undefined) await playToEnd(scope, input.prompt);
  await answered(scope);
  // Keys pressed in a message belong to it: the finishing one must not be the next gather's first digit.
  const forget = call.digits.listen(() => true);
  try {
    const starting = call.record({
      maxDuration: input.maxDuration ?? 120_000,
      endSilence: input.endSilence ?? 0,
      finishOn: input.finishOn ?? '#',
      beep: input.beep ?? true,
      ...(input.name === undefined ? {} : { name: input.name }),
    });
    activity.onStop(() => {
      starting.then(
        (recording) => recording.stop(),
        () => undefined,
      );
    });
    const recording = await starting;
    return await outcome(scope, input, await recording.done);
  } finally {
    forget();
  }
}

async function outcome(
  scope: ActorScope,
  input: RecordInput,
  result: RecordingResult,
): Promise<RecordOutcome> {
  const { path, duration } = result;
  if (result.type === 'failed') {
    const reason = result.error?.message ?? 'the recording could not be written';
    return { type: 'failed', reason, ...kept(path, duration) };
  }
  const tooShort = duration < (input.minDuration ?? 0);
  if (tooShort && path !== undefined) {
    await scope.removeFile(path);
    scope.call.note({ type: 'recording', path, duration, removed: true });
  }
  if (result.type === 'stopped') {
    // Stopped by the end of the call; when the state was left nobody reads this.
    return { type: 'hangup', ...(tooShort ? {} : kept(path, duration)) };
  }
  if (tooShort) return { type: 'tooShort', duration };
  if (path === undefined) return { type: 'failed', reason: 'the recording has no file' };
  return {
    type: 'recorded',
    recording: { path, duration },
    endedBy: result.type,
    ...(result.digit === undefined ? {} : { digit: result.digit }),
  };
}

function kept(path: string | undefined, duration: number): { recording?: RecordedAudio } {
  return path === undefined || duration === 0 ? {} : { recording: { path, duration } };
}
