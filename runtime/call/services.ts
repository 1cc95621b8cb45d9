import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { RecordingFormat } from '../media/port';
import type { Prompt, PromptLibrary } from '../prompt/port';
import type { Recognizer } from '../recognize/port';
import type { RecordingFolder } from '../store/recording-folder';
import type { InviteOptions, OutgoingSession } from '../sip/ua/port';
import type { CallMediaServices } from './call-media';
import type { CallRecord } from './call-record';
import type { Conferences } from './conference/conferences';
import type { CallFact } from './happenings';
import type { CallPlacer } from './placement';
import type { QueueListener, QueueSettings } from './queue/port';
import type { Queues } from './queue/queues';
import type { FindSide } from './transfer/side';

/** What the calls of a process are given. */
export interface CallEnvironment extends CallMediaServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly prompts: PromptLibrary;
  readonly recordings: RecordingFolder;
  /** Of what is recorded where the flow says nothing else; 16-bit WAV when absent. */
  readonly recordingFormat?: RecordingFormat;
  /** What somebody on hold hears, where the flow says nothing else; the hold is passed across when absent. */
  readonly holdMusic?: Prompt | undefined;
  /** What else apps call a call, by its id; nothing when absent. */
  readonly callAlias?: ((id: string) => string) | undefined;
  /** Queues that are described, by their names; any other has the defaults. */
  readonly queueSettings?: Readonly<Record<string, Partial<QueueSettings>>> | undefined;
  /** Counts what happens in queues. */
  readonly onQueueFact?: QueueListener | undefined;
  /** Without it no speech is understood. */
  readonly recognizer?: Recognizer | undefined;
  /** Without it no call can be placed. */
  readonly outbound?: OutboundServices;
}

/** What every call of a process shares. */
export interface CallServices extends CallEnvironment {
  /** Those that calls are in. */
  readonly conferences: Conferences;
  readonly queues: Queues;
}

/** What places calls. */
export interface OutboundServices {
  readonly placer: CallPlacer;
  /** As {@link UserAgent.invite}. */
  invite(options: InviteOptions): OutgoingSession;
}

/** Who keeps the call; told once each, `onRecord` before `onGone`. */
export interface CallOwner {
  /** Nothing will be added to the record any more. */
  onRecord(record: CallRecord): void;
  /** The SIP session is over too. */
  onGone(id: string): void;
  /** Something has happened with the call, for those outside of it. */
  onFact?(id: string, fact: CallFact): void;
  /** The conversation of any call that a dialog belongs to. */
  readonly find?: FindSide;
}

/** The flow that steers a call: its name and version are for the record. */
export interface CallFlow {
  readonly name: string;
  readonly version: string;
  /** Those that the flow was checked with; those of the environment when absent. */
  readonly prompts?: PromptLibrary;
}
