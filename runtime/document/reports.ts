import type { CallHappening, ConferenceFact } from '../call/happenings';
import type { CallInfo } from '../call/port';

/** What somebody who wants to know is told. */
export interface StatusReport {
  /** Of the words by which it is asked for, in `StatusCallback.events`. */
  readonly event: string;
  /** In the form style: over those of the call. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A happening in the form style: Twilio's names. */
export interface StatusReports {
  /** Of a call, or of one of its legs; undefined for a happening that has none. */
  progress(happening: CallHappening, context: ProgressContext): StatusReport | undefined;
  recording(progress: RecordingProgress): StatusReport;
  /** `time` is in milliseconds since the epoch. */
  conference(fact: ConferenceFact, time: number): StatusReport;
  stream(what: 'started' | 'stopped' | 'error', stream: StreamProgress): StatusReport;
  /** Who has answered a leg. */
  machine(leg: string, result: unknown): StatusReport;
}

export interface ProgressContext {
  /** Of the call; of a leg that of the call which dials it. */
  readonly info: CallInfo;
  /** How many were told of this call, or leg, before; from 0. */
  readonly sequence: number;
  /** When this call was answered, milliseconds since the epoch; undefined if it was not. Of a leg the happening says it. */
  readonly answered?: number | undefined;
}

/** A recording, for those who want to know how it goes. */
export interface RecordingProgress {
  readonly status: 'in-progress' | 'completed' | 'absent';
  /** Undefined where there is no file. */
  readonly path?: string | undefined;
  /** Milliseconds. */
  readonly duration?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly started?: number | undefined;
  readonly channels: 1 | 2;
  readonly source: RecordingSource;
  /** The id of the conference that it is of. */
  readonly conference?: string | undefined;
}

/** What has made a recording: Twilio's words. */
export type RecordingSource =
  | 'RecordVerb'
  | 'DialVerb'
  | 'Conference'
  | 'StartCallRecordingTwiML'
  | 'StartCallRecordingAPI'
  | 'OutboundAPI';

/** A media stream. */
export interface StreamProgress {
  readonly sid: string;
  /** '' for none. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly error?: string | undefined;
}
