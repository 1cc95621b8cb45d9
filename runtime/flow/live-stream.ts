import { CallchartError } from '../core/errors';
import type { StreamRequest } from '../stream/port';
import type { ActorScope } from './actor-scope';
import type { StreamInput, StreamOutcome } from './outcomes';

/** Streams the call's audio to an app until the app, the caller or the flow has had enough. */
export async function runStream(
  { call, activity, streams, emit }: ActorScope,
  input: StreamInput,
): Promise<StreamOutcome> {
  if (streams === undefined) {
    throw new CallchartError('CALLCHART_NO_STREAM', 'this call cannot be streamed');
  }
  const request = streamRequest(input);
  const { name } = request;
  const stream = streams.open(call, request, {
    onStarted: (streamSid) => {
      call.tell?.({ type: 'stream.started', stream: name, sid: streamSid });
      emit({ type: 'stream.started', stream: name, streamSid });
    },
    onMessage: (message) => {
      emit({ type: 'stream.message', stream: name, message });
    },
    onEnded: (end, sid) => {
      const error = end.type === 'failed' ? { error: end.message } : {};
      call.tell?.({ type: 'stream.ended', stream: name, sid, ...error });
    },
  });
  activity.onStop(() => stream.stop());
  activity.onEvent = (event) => {
    if (event.type === 'clear') stream.clear();
    else if (event.type === 'send') stream.send(event['message']);
    else if (event.type === 'stop') stream.stop();
  };
  // Keys are the app's: the machine may act on them too, and no gather that comes later gets them.
  const listening = call.digits.listen((digit, duration) => {
    stream.digit(digit);
    if (request.mode === 'listen') return false;
    emit({ type: 'dtmf', digit, duration });
    return true;
  });
  activity.onStop(listening);
  try {
    return await activity.until(stream.done);
  } finally {
    listening();
  }
}

/** What the flow said, with its defaults. */
export function streamRequest(input: StreamInput): StreamRequest {
  const { url, encoding = 'mulaw', sampleRate = 8_000, parameters = {} } = input;
  const { mode = 'talk', track = 'inbound', name = 'stream', timeout = 5_000 } = input;
  return { url, name, mode, track, encoding, sampleRate, parameters, timeout };
}
