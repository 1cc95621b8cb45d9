import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { PromptLibrary } from '../prompt/port';
import type { RecordingFolder } from '../store/recording-folder';
import type { CallMediaServices } from './call-media';
import type { CallRecord } from './call-record';

/** What every call of a process shares. */
export interface CallServices extends CallMediaServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly prompts: PromptLibrary;
  readonly recordings: RecordingFolder;
}

/** Who keeps the call; told once each, `onRecord` before `onGone`. */
export interface CallOwner {
  /** Nothing will be added to the record any more. */
  onRecord(record: CallRecord): void;
  /** The SIP session is over too. */
  onGone(id: string): void;
}

/** The flow that steers a call, for its record. */
export interface CallFlow {
  readonly name: string;
  readonly version: string;
}
