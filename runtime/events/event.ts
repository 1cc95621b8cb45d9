import type { CallEnd, CallParty } from '../call/port';

/** Something that has happened with a call, as subscribers get it: one JSON object. Durations are milliseconds. */
export type CallchartEvent = {
  readonly [Type in CallchartEventType]: EventOf<Type>;
}[CallchartEventType];

/** An event of one type. */
export interface EventOf<Type extends CallchartEventType> {
  /** The same however often it is sent. */
  readonly id: string;
  readonly type: Type;
  /** ISO 8601. */
  readonly time: string;
  /** Callchart's id of the call. */
  readonly call: string;
  /** Goes up with each event of the server. */
  readonly sequence: number;
  readonly data: EventData[Type];
}

export type CallchartEventType = keyof EventData;

/** What an event has besides, by its type. */
export interface EventData {
  'call.started': EventCall & {
    /** That answers it; absent when a gateway or a web app does. */
    readonly flow?: string;
  };
  /** 180, or 183 with media: sent for an inbound call, received for an outbound one. */
  'call.ringing': Readonly<Record<string, never>>;
  'call.answered': EventCall;
  /** Only for those who ask for it. */
  'call.state': { readonly flow?: string; readonly state: string };
  /** Another flow has the call now. */
  'call.flow': { readonly flow: string; readonly version: string };
  'call.digits': {
    /** `***` where the flow says that they are sensitive. */
    readonly digits: string;
    /** Whether they were what the flow asked for. */
    readonly valid?: boolean;
  };
  'recording.completed': EventRecording;
  /** Too short for the flow, or deleted over the API. */
  'recording.deleted': { readonly recording: string };
  /** A transfer has come to its end. */
  'call.transfer': {
    readonly to?: string;
    /** `accepted`, `failed`, `refused`, `noNotify`. */
    readonly outcome?: string;
    readonly [key: string]: unknown;
  };
  /** Somebody whom the call dials. */
  'leg.started': EventLeg;
  'leg.ringing': EventLeg;
  'leg.answered': EventLeg;
  'leg.ended': EventLeg & {
    readonly answered: boolean;
    /** Since the answer; 0 without one. */
    readonly talked: number;
    /** Of SIP. */
    readonly status: number;
    readonly cause: string;
  };
  /** Of a call that had audio, just before its end. */
  'call.quality': {
    /** Of the call itself; absent when it had none. */
    readonly media?: EventQuality;
    readonly legs: readonly (EventQuality & { readonly target: string })[];
  };
  /** The last event of a call. */
  'call.ended': EventCall & {
    readonly status: CallOutcome;
    /** `server-lost`: the server ended before the call did. */
    readonly end: CallEnd;
    readonly flow?: { readonly name: string; readonly version: string };
    /** The last state of the flow. */
    readonly state?: string;
    /** ISO 8601, as the two below. */
    readonly started: string;
    readonly answered?: string;
    readonly ended: string;
    /** From the start to the end. */
    readonly duration: number;
    /** From the answer to the end; 0 without one. */
    readonly talked: number;
    /** Ids of those that were completed. */
    readonly recordings: readonly string[];
    /** How many errors stand in the record. */
    readonly errors: number;
  };
}

/** Who calls whom. */
export interface EventCall {
  readonly direction: 'inbound' | 'outbound';
  /** The SIP Call-ID; absent while an outbound call is not answered. */
  readonly callId?: string;
  readonly from: CallParty;
  readonly to: CallParty;
  readonly dialled: string;
  readonly trunk?: string;
  /** The registered user who called. */
  readonly user?: string;
}

export interface EventRecording {
  readonly recording: string;
  readonly path: string;
  readonly duration: number;
  readonly format?: string;
  readonly channels?: string;
  /** `finishOn`, `silence`, `maxDuration`, `stopped`, `failed`. */
  readonly endedBy?: string;
  /** Bytes. */
  readonly size?: number;
}

export interface EventLeg {
  readonly leg: string;
  /** As the flow named it. */
  readonly target: string;
  readonly uri: string;
}

/** What the audio of one leg was like. */
export interface EventQuality {
  readonly codec?: string;
  /** ITU-T G.107, 1 to 4.5: what we heard. */
  readonly mos?: number;
  /** What the peer heard, by its reports. */
  readonly remoteMos?: number;
  /** Milliseconds. */
  readonly jitter: number;
  /** Lost of what was sent to us, 0 to 1. */
  readonly loss: number;
  /** Lost of what we sent, as the peer reports. */
  readonly remoteLoss?: number;
  /** Milliseconds, as the peer reports. */
  readonly roundTrip?: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
}

/** What became of a call. */
export type CallOutcome = 'completed' | 'busy' | 'noAnswer' | 'cancelled' | 'failed';

/** By its record. */
export function callOutcome({
  answered,
  end,
}: {
  readonly answered: boolean;
  readonly end: CallEnd;
}): CallOutcome {
  if (answered) return 'completed';
  // RFC 3261 §21.4.6, §21.4.9, §21.4.18, §21.4.25, §21.6.1.
  if (end.status === 486 || end.status === 600) return 'busy';
  if (end.cause === 'cancel' || end.status === 487) return 'cancelled';
  if (end.cause === 'no-answer' || end.status === 408 || end.status === 480) return 'noAnswer';
  return 'failed';
}

export const eventTypes = [
  'call.started',
  'call.ringing',
  'call.answered',
  'call.state',
  'call.flow',
  'call.digits',
  'recording.completed',
  'recording.deleted',
  'call.transfer',
  'leg.started',
  'leg.ringing',
  'leg.answered',
  'leg.ended',
  'call.quality',
  'call.ended',
] as const satisfies readonly CallchartEventType[];

/** What an event says, before it has a number. */
export type EventDraft = {
  readonly [Type in CallchartEventType]: { readonly type: Type; readonly data: EventData[Type] };
}[CallchartEventType];
