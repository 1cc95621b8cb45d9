import type { CallStatus } from '../call/call-status';
import type { CallInfo } from '../call/port';
import type { RecordingFormat } from '../core/audio';
import type { FlowName } from '../core/register';
import type { StatusReport } from '../document/reports';
import type { MachineOptions, MachineResult } from '../media/port';
import type { Prompt } from '../prompt/port';

/** A web app that answers a call with documents. */
export interface DocumentSource {
  readonly url: string;
  /** `POST`. */
  readonly method?: 'GET' | 'POST';
  /** Asked when `url` fails. */
  readonly fallbackUrl?: string;
  readonly fallbackMethod?: 'GET' | 'POST';
  /** How requests are written: Twilio's form parameters, or JSON; `form`. */
  readonly format?: 'form' | 'json';
}

/** A web app that is told how a call goes on; the call does not wait for it. */
export interface StatusSubscription {
  /** Absolute. */
  readonly url: string;
  /** `POST`. */
  readonly method?: 'GET' | 'POST';
  /** `initiated`, `ringing`, `answered`, `completed`; `completed` alone when absent. */
  readonly events?: readonly string[];
  /** How it is told: Twilio's form parameters, or JSON; `form`. */
  readonly format?: 'form' | 'json';
}

/** What a call is given to: a flow, a web app, or a document that is there already. */
export type CallTarget =
  | { readonly flow: FlowName; readonly input?: unknown }
  | { readonly document: DocumentSource }
  /** TwiML, or a JSON document as text; the URLs in it have to be absolute. */
  | {
      readonly content: string;
      readonly contentType: 'application/xml' | 'application/json';
      /** Asked when a document that it leads to cannot be had. */
      readonly fallbackUrl?: string;
      readonly fallbackMethod?: 'GET' | 'POST';
    };

/** What can be done with a call in progress from outside of its flow. Durations are milliseconds. */
export interface CallHandle {
  readonly id: string;
  readonly info: CallInfo;
  readonly status: CallStatus;
  /** BYE, or 480 before the answer; a call that is being placed is cancelled. */
  hangup(reason?: string): void;
  /** Ends the flow, and gives the call to another. Rejects with `CALLCHART_UNKNOWN_FLOW` or `CALLCHART_CALL_ENDED`. */
  redirect(target: CallTarget): Promise<void>;
  /**
   * Plays to the caller, in place of what the flow plays or of whom he talks with; resolves when it begins. `loop` 0 is
   * for ever.
   */
  play(prompt: Prompt, options?: { readonly loop?: number; readonly gain?: number }): Promise<void>;
  /** Ends what {@link play} plays. */
  stopPlaying(): void;
  sendDigits(digits: string): Promise<void>;
  /** The caller hears music in place of all else, and is not heard, until it is undone. */
  hold(held: boolean, music?: Prompt): Promise<void>;
  /** The caller is not heard by whom he talks with, nor by the flow's recordings. */
  mute(muted: boolean): void;
  readonly held: boolean;
  readonly muted: boolean;
  /** Records both sides, besides what the flow records. */
  startRecording(options?: {
    readonly name?: string;
    readonly format?: RecordingFormat;
    readonly channels?: 'stereo' | 'mixed';
  }): Promise<LiveRecording>;
  /** Those in progress that were started here. */
  readonly recordings: readonly LiveRecording[];
  /**
   * Tells a web app how the call goes on from now on, besides those that are told already. Throws `CALLCHART_BAD_URL`.
   */
  follow(status: StatusSubscription): void;
  /** Tells a web app of one thing, in its turn among all that it is told of this call, where it has asked for that. */
  tell(status: StatusSubscription, report: StatusReport): void;
  /** Who has answered, where that was found out. */
  readonly answeredBy?: MachineResult | undefined;
  /** Finds out who has answered, beside what the flow does. Rejects when the call is not answered. */
  detectMachine(options?: MachineOptions): Promise<MachineResult>;
  /** Hangs up somebody whom the call dials, by the id of that leg; false when there is none. */
  endLeg(leg: string): boolean;
  /** Sends the flow's machine an event; false when no transition takes it now. */
  send(event: { readonly type: string; readonly [key: string]: unknown }): boolean;
}

/** A recording that was started from outside of the flow. */
export interface LiveRecording {
  readonly id: string;
  /** Where its file is. */
  readonly path: string;
  readonly state: 'recording' | 'paused' | 'completed';
  stop(): Promise<void>;
  pause(): void;
  resume(): void;
}
