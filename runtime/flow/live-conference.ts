import type { ConferenceRequest } from '../call/conference/port';
import { CallchartError } from '../core/errors';
import type { Prompt } from '../prompt/port';
import { answered } from './actor-scope';
import type { ActorScope } from './actor-scope';
import type { ConferenceInput, ConferenceOutcome } from './outcomes';

/** As many as a room of people can still talk in. */
const mostParties = 50;
/** What tells the others that somebody has come or gone. */
const comeTone: Prompt = { tone: 'beep', duration: 150 };
const goTone: Prompt = [comeTone, { silence: 80 }, comeTone];

/** Takes part in a conference until the caller, the conference or the flow has had enough. */
export async function runConference(
  scope: ActorScope,
  input: ConferenceInput,
): Promise<ConferenceOutcome> {
  const { call, activity } = scope;
  if (call.conference === undefined) {
    throw new CallchartError('CALLCHART_NO_CONFERENCE', 'this call can be in no conference');
  }
  await answered(scope);
  const controller = new AbortController();
  // The end of the call takes it out by itself: the others are told that it has hung up.
  activity.onStop(() => {
    if (activity.reason === 'left') controller.abort();
  });
  const result = await call.conference(conferenceRequest(input), controller.signal, (control) => {
    activity.onEvent = ({ type }) => {
      if (type === 'mute' || type === 'unmute') control.mute(type === 'mute');
      else if (type === 'deafen' || type === 'undeafen') control.deafen(type === 'deafen');
    };
  });
  if (result.type === 'full') return result;
  const { endedBy, ...rest } = result;
  // Taken out by the end of the call, or left: then nobody reads this.
  if (endedBy === 'caller' || endedBy === 'removed') return { ...rest, type: 'hangup' };
  return { ...rest, type: 'left', endedBy };
}

/** What the flow said, with its defaults. */
export function conferenceRequest(input: ConferenceInput): ConferenceRequest {
  const { name, label, coach, waitMusic, leaveKey, muteKey, timeLimit, record } = input;
  const { joinTone = comeTone, leaveTone = goTone } = input;
  return {
    name,
    muted: input.muted ?? false,
    deaf: input.deaf ?? false,
    startOnEnter: input.startOnEnter ?? true,
    endOnExit: input.endOnExit ?? false,
    maxParties: input.maxParties ?? mostParties,
    ...(label === undefined ? {} : { label }),
    ...(coach === undefined ? {} : { coach }),
    ...(joinTone === false ? {} : { joinTone }),
    ...(leaveTone === false ? {} : { leaveTone }),
    ...(waitMusic === undefined ? {} : { waitMusic }),
    ...(leaveKey === undefined ? {} : { leaveKey }),
    ...(muteKey === undefined ? {} : { muteKey }),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(record === undefined || record === false ? {} : { record: record === true ? {} : record }),
  };
}
