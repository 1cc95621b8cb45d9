import type { Recording, RecordingOptions } from '../../media/port';
import type { KeyListener } from '../dial/caller';
import { CallEndedError } from '../errors';
import type { Leg } from '../leg';
import type { CallEnd, CallEvent, CallInfo, RecordingFile } from '../port';
import type { ConferenceCaller } from './port';

/** A call as a conference needs it. */
export interface PartyCall {
  readonly info: CallInfo;
  readonly leg: Leg;
  readonly language: string | undefined;
  emit(event: CallEvent): void;
  onEnd(listener: (end: CallEnd) => void): () => void;
  newRecording(file: RecordingFile): Pick<RecordingOptions, 'path' | 'format'>;
  follow(recording: Recording): void;
  reportError(thrown: unknown): void;
}

/** Whoever has the keys of a call. */
export interface PartyKeys {
  divertKeys(listener: KeyListener): () => void;
  tellKey(digit: string, duration: number, leg: 'caller'): void;
}

/** The party that an answered call is. Throws `CALLCHART_CALL_ENDED` when it is over. */
export function conferenceCaller(call: PartyCall, keys: PartyKeys): ConferenceCaller {
  const { sound: session } = call.leg;
  if (session === undefined) throw new CallEndedError();
  return {
    id: call.info.id,
    session,
    language: call.language,
    emit: (event) => call.emit(event),
    divertKeys: (listener) =>
      keys.divertKeys((digit, duration) => {
        listener(digit);
        // The flow hears of every key, as it does while two talk.
        keys.tellKey(digit, duration, 'caller');
      }),
    onEnd: (listener) => call.onEnd(listener),
    newRecording: (file) => call.newRecording(file),
    follow: (recording) => call.follow(recording),
    reportError: (thrown) => call.reportError(thrown),
  };
}
