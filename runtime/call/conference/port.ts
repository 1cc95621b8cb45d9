import type { MediaSession, Recording, RecordingOptions } from '../../media/port';
import type { Prompt } from '../../prompt/port';
import type { CallFact } from '../happenings';
import type { RecordingFile } from '../port';

/** How a call takes part in a conference. Durations are milliseconds. */
export interface ConferenceRequest {
  /** Calls that name the same conference are in the same one. */
  readonly name: string;
  /** Is not heard at first. */
  readonly muted: boolean;
  /** Hears nothing at first. */
  readonly deaf: boolean;
  /** What this party is called by those who steer it from outside. */
  readonly label?: string;
  /** The id, or the label, of the party that alone hears this one; the coach hears all. */
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
  /** What this party hears while it waits, or is alone; the music on hold when absent. `false`: what its flow plays. */
  readonly waitMusic?: Prompt | false;
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
      /** The id of the conference. */
      readonly conference?: string;
      /**
       * `ended`: a party whose leaving ends it has left, or somebody has ended it; `kicked`: somebody took it out from
       * outside; `removed`: the flow went on.
       */
      readonly endedBy: 'caller' | 'leaveKey' | 'timeLimit' | 'ended' | 'kicked' | 'removed';
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
  /**
   * Told where {@link ConferenceRequest.waitMusic} is false: this party waits for the start, or is alone, and hears what
   * its flow plays; or does so no more.
   */
  | {
      readonly type: 'conference.waiting';
      readonly conference: string;
      readonly waiting: boolean;
    }
  /** A party, this one too, began or ceased to speak. */
  | {
      readonly type: 'conference.speaking' | 'conference.silent';
      readonly conference: string;
      readonly call: string;
    };

/** A party as those outside see it. */
export interface ConferenceParticipant {
  /** The id of its call. */
  readonly call: string;
  readonly label?: string;
  readonly muted: boolean;
  readonly deaf: boolean;
  /** It hears music in place of the others, and is not heard. */
  readonly held: boolean;
  /** Whom it coaches: as it was named. */
  readonly coach?: string;
  readonly startOnEnter: boolean;
  readonly endOnExit: boolean;
  /** When it came, in milliseconds since the epoch. */
  readonly joined: number;
}

/**
 * A conference as it is steered from outside. Parties are named by the ids of their calls, or by their labels; one that
 * is not there throws `CALLCHART_UNKNOWN_PARTICIPANT`.
 */
export interface LiveConference {
  /** Its own: another conference of this name has another one. */
  readonly id: string;
  readonly name: string;
  /** Until then everybody waits. */
  readonly started: boolean;
  /** When the first party came, in milliseconds since the epoch. */
  readonly since: number;
  /** In the order of their coming. */
  readonly participants: readonly ConferenceParticipant[];
  mute(party: string, muted: boolean): void;
  deafen(party: string, deaf: boolean): void;
  /** Music is that of the configuration when absent, silence where there is none. Rejects when it cannot be had. */
  hold(party: string, held: boolean, music?: Prompt): Promise<void>;
  /** Whether everybody has to leave when it does. */
  endOnExit(party: string, ends: boolean): void;
  /** Lets it be heard by one party alone; by all when undefined. */
  coach(party: string, whom: string | undefined): void;
  /** Its flow goes on, with the outcome `kicked`. */
  kick(party: string): void;
  /** Plays to all, mixed with what is said; or to one party, in place of the others. Rejects when it cannot be had. */
  announce(prompt: Prompt, party?: string): Promise<void>;
  /** Everybody leaves. */
  end(): void;
}

/** The conferences that somebody is in. */
export interface LiveConferences {
  /** The oldest first. */
  list(): readonly LiveConference[];
  /** By its id, or its name. */
  get(key: string): LiveConference | undefined;
  /** The id of the conference of this name; where there is none, the next one of this name will have it. */
  idOf(name: string): string;
}

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
  /** Hears music in place of all else. */
  readonly held: boolean;
  emit(event: ConferenceEvent): void;
  /** Tells those outside of the call. */
  tell(fact: CallFact): void;
  /** Rejects when the music cannot be had. */
  hold(held: boolean, music?: Prompt): Promise<void>;
  /** Plays in place of all else. Rejects when it cannot be had. */
  announce(prompt: Prompt): Promise<unknown>;
  /** Gets the party's keys until the returned function is called. */
  divertKeys(listener: (digit: string) => void): () => void;
  onEnd(listener: () => void): () => void;
  newRecording(file: RecordingFile): Pick<RecordingOptions, 'path' | 'format'>;
  follow(recording: Recording): void;
  reportError(error: unknown): void;
}
