import type { CallRecord } from './call-record';
import type { ConferenceParticipant } from './conference/port';
import type { MachineResult } from '../media/port';
import type { CallEnd, CallInfo, RecordingMaker } from './port';

/** Something that has happened with a call, as those outside of it are told: in order for each call. */
export type CallHappening = {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Callchart's id of the call. */
  readonly call: string;
} & CallFact;

/** Somebody whom the call dials. */
export interface LegNames {
  /** That leg's own id. */
  readonly leg: string;
  /** As the flow named it. */
  readonly target: string;
  /** What the flow calls it, where it says so. */
  readonly id?: string;
  readonly uri: string;
}

/** What happens in a conference: told of the call of the party that it is about. */
export type ConferenceFact = {
  /** The id of the conference. */
  readonly conference: string;
  readonly name: string;
  /** How many were told of this conference before; from 0. */
  readonly sequence: number;
  /** As it is then. */
  readonly participant: ConferenceParticipant;
} & (
  | {
      readonly type:
        | 'conference.started'
        | 'conference.joined'
        | 'conference.muted'
        | 'conference.unmuted'
        | 'conference.held'
        | 'conference.resumed'
        | 'conference.speaking'
        | 'conference.silent';
    }
  /** Why it has left: as in the outcome. */
  | { readonly type: 'conference.left'; readonly reason: string }
  /** Somebody whose leaving ends it has left, or the last party, or it was ended from outside. */
  | { readonly type: 'conference.ended'; readonly reason: 'moderator' | 'last' | 'api' }
);

export type CallFact =
  | {
      readonly type: 'call.started';
      readonly info: CallInfo;
      readonly flow: string | undefined;
      readonly version: string | undefined;
    }
  /** 180, or 183 with media: sent for an inbound call, received for an outbound one. */
  | { readonly type: 'call.ringing' }
  /** `info` as it is known now: of a call that we placed, who has answered. */
  | { readonly type: 'call.answered'; readonly info: CallInfo }
  /** The flow is in another state. */
  | { readonly type: 'call.state'; readonly flow: string | undefined; readonly state: string }
  /** Another flow has the call now. */
  | { readonly type: 'call.flow'; readonly flow: string; readonly version: string }
  /** Somebody gathers digits; `***` where the flow says that they are sensitive. */
  | { readonly type: 'call.digits'; readonly digits: string; readonly [key: string]: unknown }
  /** A file is being recorded; `by` whom says {@link RecordingFile.by}. */
  | { readonly type: 'recording.started'; readonly path: string; readonly by: RecordingMaker }
  /** The file is closed; the other members are those of the record. */
  | {
      readonly type: 'recording.completed';
      /** Undefined when nothing could be kept. */
      readonly path: string | undefined;
      /** Milliseconds. */
      readonly duration: number;
      readonly [key: string]: unknown;
    }
  /** A completed recording was too short, or empty, for the flow that made it. */
  | { readonly type: 'recording.deleted'; readonly path: string }
  /** A transfer that somebody asked for has come to its end, whichever: as in the record. */
  | { readonly type: 'call.transfer'; readonly [key: string]: unknown }
  | ({ readonly type: 'leg.started' | 'leg.ringing' | 'leg.answered' } & LegNames)
  | ({
      readonly type: 'leg.ended';
      readonly answered: boolean;
      /** Milliseconds since the answer. */
      readonly talked: number;
      readonly status: number;
      readonly cause: string;
    } & LegNames)
  /** Who has answered a leg: `result` is what the detector found. */
  | ({ readonly type: 'leg.identified'; readonly result: MachineResult } & LegNames)
  /** The app of a media stream is there; `stream` is the flow's word for it. */
  | { readonly type: 'stream.started'; readonly stream: string; readonly sid: string }
  /** `error` says why it has ended that way: one sentence. */
  | {
      readonly type: 'stream.ended';
      readonly stream: string;
      readonly sid: string;
      readonly error?: string;
    }
  | ConferenceFact
  /** The caller has gone, or the flow is done; the record follows with `call.recorded`. */
  | { readonly type: 'call.ended'; readonly end: CallEnd }
  /** Nothing will be added any more: the record, which also says of the quality. */
  | { readonly type: 'call.recorded'; readonly record: CallRecord };

/** Told at once and in order; must not throw, and must not wait. */
export type HappeningListener = (happening: CallHappening) => void;
