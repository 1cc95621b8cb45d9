import type { Recording, RecordingResult } from '../media/port';
import { answered } from './actor-scope';
import type { ActorScope } from './actor-scope';
import { playToEnd } from './live-media';
import type { RecordedAudio, RecordInput, RecordOutcome } from './outcomes';

/** Prompt, then beep, then the recording; what was said is kept when the caller hangs up in it. */
export async function runRecord(
  scope: ActorScope,
  input: RecordInput = {},
): Promise<RecordOutcome> {
  const { call } = scope;
  if (input.prompt !== undefined) await playToEnd(scope, input.prompt);
  await answered(scope);
  const pausing = new Pausing();
  // Keys pressed in a message belong to it: the finishing one must not be the next gather's first digit.
  const forget = call.digits.listen((digit) => {
    if (input.pauseOn?.includes(digit) === true) pausing.toggle();
    return true;
  });
  try {
    const starting = call.record({
      maxDuration: input.maxDuration ?? 120_000,
      startSilence: input.startSilence ?? 0,
      endSilence: input.endSilence ?? 0,
      finishOn: input.finishOn ?? '#',
      beep: input.beep ?? true,
      ...(input.trim === undefined ? {} : { trim: input.trim }),
      ...fileOptions(input),
    });
    return await outcome(scope, input, await recorded(scope, starting, pausing));
  } finally {
    forget();
  }
}

/** What the flow says of the file itself. */
export function fileOptions(
  input: Pick<RecordInput, 'format' | 'sampleRate' | 'name'>,
): Pick<RecordInput, 'format' | 'sampleRate' | 'name'> {
  const { format, sampleRate, name } = input;
  return {
    ...(format === undefined ? {} : { format }),
    ...(sampleRate === undefined ? {} : { sampleRate }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Whether a recording is to be paused, from before it has begun. */
export class Pausing {
  private paused = false;
  private recording: Recording | undefined;

  begin(recording: Recording): void {
    this.recording = recording;
    if (this.paused) recording.pause();
  }

  toggle(): void {
    this.set(!this.paused);
  }

  set(paused: boolean): void {
    this.paused = paused;
    if (paused) this.recording?.pause();
    else this.recording?.resume();
  }
}

/** Waits for a recording's end, which the actor's is at the latest; what the flow sends it pauses it. */
export async function recorded(
  { activity }: ActorScope,
  starting: Promise<Recording>,
  pausing: Pausing,
): Promise<RecordingResult> {
  activity.onStop(() => {
    starting.then(
      (recording) => recording.stop(),
      () => undefined,
    );
  });
  activity.onEvent = ({ type }) => {
    if (type === 'pause' || type === 'resume') pausing.set(type === 'pause');
  };
  const recording = await starting;
  pausing.begin(recording);
  return recording.done;
}

async function outcome(
  scope: ActorScope,
  input: RecordInput,
  result: RecordingResult,
): Promise<RecordOutcome> {
  const { path, duration } = result;
  if (result.type === 'failed') return failed(result);
  const silent = result.type === 'silence' && result.speech === false;
  const noSpeech = silent && (input.startSilence ?? 0) > 0;
  const tooShort = duration < (input.minDuration ?? 0);
  if ((tooShort || noSpeech) && path !== undefined) {
    await scope.removeFile(path);
    scope.call.note({ type: 'recording', path, duration, removed: true });
  }
  if (result.type === 'stopped') {
    // Stopped by the end of the call; when the state was left nobody reads this.
    return { type: 'hangup', ...(tooShort ? {} : kept(result)) };
  }
  if (noSpeech) return { type: 'noSpeech' };
  if (tooShort) return { type: 'tooShort', duration };
  if (path === undefined) return failed(result);
  return {
    type: 'recorded',
    recording: audioOf(path, result),
    endedBy: result.type,
    ...(result.digit === undefined ? {} : { digit: result.digit }),
  };
}

/** Of a recording that could not be written, or not to its end. */
export function failed(result: RecordingResult): {
  readonly type: 'failed';
  readonly reason: string;
  readonly recording?: RecordedAudio;
} {
  const reason = result.error?.message ?? 'the recording could not be written';
  return { type: 'failed', reason, ...kept(result) };
}

/** A file with sound in it, for the flow. */
export function audioOf(path: string, { duration, pauses }: RecordingResult): RecordedAudio {
  return { path, duration, ...(pauses === undefined ? {} : { pauses }) };
}

function kept(result: RecordingResult): { recording?: RecordedAudio } {
  const { path, duration } = result;
  return path === undefined || duration === 0 ? {} : { recording: audioOf(path, result) };
}
