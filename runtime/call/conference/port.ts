import type { MediaSession, Recording, RecordingOptions } from '../../media/port';
import type { Prompt } from '../../prompt/port';
import type { RecordingFile } from '../port';

/** How a call takes part in a conference. Durations are milliseconds. */
export interface ConferenceRequest {
  /** Calls that name the same conference are in the same one. */
  readonly name: string;
  /** Is not heard at first. */
  readonly muted: boolean;
  /** Hears nothing at first. */
  readonly deaf: boolean;
  /** The id of the call that alone hears this one; the coach hears all. */
  readonly coach?: string;
  /** The conference starts when the first such party is there; until then everybody waits. */
  readonly startOnEnter: boolean;
  /** When such a party leaves, everybody else has to. */
  readonly endOnExit: boolean;
  /** No more than so many, as this party sees it. */
  readonly maxParties: number;
  /** What the others hear when this party comes, and when it goes; nothing when absent. */
  readonly joinTone?: Prompt;
  readonly leaveTone?: Prompt;
  /** What this party hears while it waits, or is alone; the music on hold when absent. */
  readonly waitMusic?: Prompt;
  /** Records all that is said until this party leaves. */
  readonly record?: RecordingFile;
  /** A key of this party's with which it leaves. */
  readonly leaveKey?: string;
  /** A key of this party's that mutes it, and lets it be heard again. */
  readonly muteKey?: string;
  /** The longest that this party may stay. */
  readonly timeLimit?: number;
}

export type ConferenceResult =
  | {
      readonly type: 'left';
      /** `ended`: a party whose leaving ends it has left; `removed`: the flow went on, or somebody took it out. */
      readonly endedBy: 'caller' | 'leaveKey' | 'timeLimit' | 'ended' | 'removed';
      /** Since it came. */
      readonly duration: number;
      readonly recording?: { readonly path: string; readonly duration: number };
    }
  | { readonly type: 'full'; readonly parties: number };

/** What a flow is told while its call is in a conference. */
export type ConferenceEvent =
  /** The wait is over. */
  | { readonly type: 'conference.started'; readonly conference: string; readonly parties: number }
  /** Another party has come, or gone; `call` is the id of its call. */
  | {
      readonly type: 'conference.joined' | 'conference.left';
      readonly conference: string;
      readonly call: string;
      readonly parties: number;
    }
  /** A party, this one too, began or ceased to speak. */
  | {
      readonly type: 'conference.speaking' | 'conference.silent';
      readonly conference: string;
      readonly call: string;
    };

/** What a party may change while it takes part. */
export interface ConferencePartyControl {
  mute(muted: boolean): void;
  deafen(deaf: boolean): void;
}

/** The call behind a party. */
export interface ConferenceCaller {
  /** Callchart's id of the call. */
  readonly id: string;
  readonly session: MediaSession;
  /** Of what is played for it. */
  readonly language?: string | undefined;
  emit(event: ConferenceEvent): void;
  /** Gets the party's keys until the returned function is called. */
  divertKeys(listener: (digit: string) => void): () => void;
  onEnd(listener: () => void): () => void;
  newRecording(file: RecordingFile): Pick<RecordingOptions, 'path' | 'format'>;
  follow(recording: Recording): void;
  reportError(error: unknown): void;
}
