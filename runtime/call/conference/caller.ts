import type { Recording, RecordingOptions } from '../../media/port';
import type { KeyListener } from '../dial/caller';
import type { Prompt } from '../../prompt/port';
import { CallEndedError } from '../errors';
import type { CallFact } from '../happenings';
import type { Leg } from '../leg';
import type { CallEnd, CallEvent, CallInfo, RecordingFile } from '../port';
import type { ConferenceCaller } from './port';

/** A call as a conference needs it. */
export interface PartyCall {
  readonly info: CallInfo;
  readonly leg: Leg;
  readonly language: string | undefined;
  readonly held: boolean;
  emit(event: CallEvent): void;
  tell(fact: CallFact): void;
  setHeld(held: boolean, music?: Prompt): Promise<void>;
  announce(prompt: Prompt): Promise<unknown>;
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
    get held() {
      return call.held;
    },
    emit: (event) => call.emit(event),
    tell: (fact) => call.tell(fact),
    hold: (held, music) => call.setHeld(held, music),
    announce: (prompt) => call.announce(prompt),
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
