import type { ActorScope } from './actor-scope';
import { audioOf, failed, fileOptions, Pausing, recorded } from './live-record';
import type { RecordCallInput, RecordCallOutcome } from './outcomes';

/** The longest recording when the flow does not say: no call is longer than a day. */
const longest = 24 * 3_600_000;

/**
 * Records both sides until the call is over or the state is left. It does not answer the call: before the answer
 * it waits for whoever does.
 */
export async function runRecordCall(
  scope: ActorScope,
  input: RecordCallInput = {},
): Promise<RecordCallOutcome> {
  const starting = scope.call.record({
    channels: input.channels ?? 'stereo',
    maxDuration: input.maxDuration ?? longest,
    endSilence: 0,
    finishOn: '',
    beep: input.beep ?? false,
    whenAnswered: true,
    ...fileOptions(input),
  });
  const result = await recorded(scope, starting, new Pausing());
  const { path } = result;
  if (result.type === 'failed' || path === undefined) return failed(result);
  return { type: 'recorded', recording: audioOf(path, result) };
}
