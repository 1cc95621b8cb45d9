import type { NetworkAddress } from '../../core/address';
import type { PlayItem } from '../../core/audio';
import type { LogFields, Logger } from '../../core/logger';
import type {
  CodecName,
  DetectedTone,
  DetectOptions,
  DigitForm,
  MachineOptions,
  MachineResult,
  MediaParameters,
  MediaSessionOptions,
  MediaStatistics,
  PartyOptions,
  PlaybackOptions,
  PlaybackResult,
  RecordingOptions,
  RecordingResult,
  TapOptions,
} from '../port';
import type { SharedEncoding } from '../shared-encoding';
import type { DtlsCertificate } from '../srtp/certificate';
import type { TapMemory } from '../tap';
import type { FeedPlace } from '../tap-pump';

// What the signalling thread and a media thread say to each other. Everything is named by a number that the
// signalling thread gives. There is no message for a packet or a frame: sound stays in the media thread, or
// goes through shared memory.

export type Id = number;

/** What a media thread is started with. */
export interface ThreadSettings {
  readonly portRange: { readonly first: number; readonly last: number };
  readonly mediaTimeout: number;
  readonly anyHost: boolean;
  /** What the sockets bind to when it is not the address that is announced. */
  readonly bindHost: string | undefined;
  /** What all of them show in DTLS. */
  readonly certificate?: DtlsCertificate;
}

/** Coaches are named by their sessions. */
export interface PartySettings extends Omit<PartyOptions, 'coaches'> {
  readonly coaches?: readonly Id[] | undefined;
}

export type PlaybackCommand =
  | { readonly do: 'stop' | 'pause' | 'resume' }
  | { readonly do: 'seek'; readonly position: number; readonly relative: boolean }
  | { readonly do: 'gain'; readonly gain: number }
  | { readonly do: 'append'; readonly items: readonly PlayItem[]; readonly last: boolean };

/** Of a session: more items will be appended, or it goes before all else. */
export type PlayedAs = 'whole' | 'open' | 'over';

/** From the signalling thread. */
export type Command =
  | {
      readonly type: 'create';
      readonly session: Id;
      readonly localHost: string;
      readonly detectDigits: MediaSessionOptions['detectDigits'];
    }
  /** A session of another thread takes part here: its sound comes and goes through shared memory. */
  | {
      readonly type: 'create-guest';
      readonly session: Id;
      readonly codec: MediaParameters['codec'];
      readonly memory: TapMemory;
    }
  | { readonly type: 'configure'; readonly session: Id; readonly parameters: MediaParameters }
  | {
      readonly type: 'play';
      /** A session, or a conference. */
      readonly target: Id;
      readonly playback: Id;
      readonly items: readonly PlayItem[];
      readonly options: PlaybackOptions | undefined;
      readonly as: PlayedAs;
    }
  | { readonly type: 'playback'; readonly playback: Id; readonly command: PlaybackCommand }
  | {
      readonly type: 'record';
      /** A session, a bridge, or a conference. */
      readonly target: Id;
      readonly recording: Id;
      readonly options: RecordingOptions;
    }
  | {
      readonly type: 'recording';
      readonly recording: Id;
      readonly command: 'stop' | 'pause' | 'resume';
    }
  | {
      readonly type: 'send-digits';
      readonly session: Id;
      readonly sending: Id;
      readonly digits: string;
      readonly duration: number;
      readonly gap: number;
      readonly form: DigitForm | undefined;
    }
  | {
      readonly type: 'report-digit';
      readonly session: Id;
      readonly digit: string;
      readonly duration: number;
    }
  | { readonly type: 'mute'; readonly session: Id; readonly muted: boolean }
  | { readonly type: 'echo'; readonly session: Id; readonly echo: Id }
  | { readonly type: 'end-echo'; readonly echo: Id }
  | {
      readonly type: 'detect';
      readonly session: Id;
      readonly options: DetectOptions | undefined;
    }
  | {
      readonly type: 'detect-machine';
      readonly session: Id;
      readonly detection: Id;
      readonly options: MachineOptions | undefined;
    }
  | { readonly type: 'stop-detection'; readonly detection: Id }
  | {
      readonly type: 'tap';
      readonly session: Id;
      readonly tap: Id;
      readonly options: TapOptions;
      readonly place: FeedPlace;
      readonly memory: TapMemory;
    }
  | { readonly type: 'close-tap'; readonly tap: Id }
  | {
      readonly type: 'bridge';
      readonly bridge: Id;
      readonly first: Id;
      readonly second: Id;
      readonly relayDigits: boolean | undefined;
    }
  | { readonly type: 'close-bridge'; readonly bridge: Id }
  | { readonly type: 'conference'; readonly conference: Id }
  | {
      readonly type: 'join';
      readonly conference: Id;
      readonly party: Id;
      readonly session: Id;
      readonly settings: PartySettings;
    }
  | { readonly type: 'update-party'; readonly party: Id; readonly settings: PartySettings }
  | { readonly type: 'leave'; readonly party: Id }
  | { readonly type: 'close-conference'; readonly conference: Id }
  | { readonly type: 'close'; readonly session: Id }
  /** What another thread has encoded. */
  | { readonly type: 'encoding'; readonly encoding: SharedEncoding }
  | { readonly type: 'shut-down' };

/** An error as it goes between threads. */
export interface ErrorFacts {
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
}

/** What a media thread tells of itself each second. */
export interface ThreadReport {
  /** Port pairs that are allocated, guests not counted. */
  readonly ports: number;
  /** Of those sessions whose numbers have changed. */
  readonly statistics: readonly (readonly [Id, MediaStatistics])[];
  /** Drops since the last report, by reason. */
  readonly drops: Readonly<Record<string, number>>;
}

/** From a media thread; `id` is of whatever it is about. */
export type Report =
  | { readonly type: 'ready'; readonly codecs: readonly CodecName[] }
  | {
      readonly type: 'created';
      readonly id: Id;
      readonly local: NetworkAddress;
      /** Of a session that has done nothing yet. */
      readonly statistics: MediaStatistics;
    }
  | { readonly type: 'refused'; readonly id: Id; readonly error: ErrorFacts }
  | {
      readonly type: 'digit';
      readonly id: Id;
      readonly digit: string;
      readonly duration: number;
    }
  | { readonly type: 'timeout'; readonly id: Id }
  | { readonly type: 'speech'; readonly id: Id; readonly speaking: boolean }
  | { readonly type: 'tone'; readonly id: Id; readonly tone: DetectedTone }
  | { readonly type: 'failed'; readonly id: Id; readonly reason: string }
  | { readonly type: 'played'; readonly id: Id; readonly result: PlaybackResult }
  | {
      readonly type: 'recorded';
      readonly id: Id;
      readonly result: Omit<RecordingResult, 'error'>;
      readonly error: ErrorFacts | undefined;
    }
  | {
      readonly type: 'digits-sent';
      readonly id: Id;
      readonly error: ErrorFacts | undefined;
    }
  | { readonly type: 'detected'; readonly id: Id; readonly result: MachineResult }
  | {
      readonly type: 'unsent-digit';
      readonly id: Id;
      readonly session: Id;
      readonly digit: string;
      readonly duration: number;
    }
  | {
      readonly type: 'party-speech';
      readonly id: Id;
      readonly session: Id;
      readonly speaking: boolean;
    }
  | { readonly type: 'party-left'; readonly id: Id; readonly session: Id }
  | { readonly type: 'closed'; readonly id: Id; readonly statistics: MediaStatistics }
  /** As the signalling thread hands the parts of a {@link ThreadReport} on. */
  | { readonly type: 'statistics'; readonly id: Id; readonly statistics: MediaStatistics }
  /** For all other threads. */
  | { readonly type: 'encoding'; readonly encoding: SharedEncoding }
  | { readonly type: 'report'; readonly report: ThreadReport }
  | {
      readonly type: 'log';
      readonly level: keyof Logger;
      readonly fields: LogFields;
      readonly message: string;
    }
  | { readonly type: 'ended' };
