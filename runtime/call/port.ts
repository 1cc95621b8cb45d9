import type { CodecName } from '../core/audio';
import type {
  DetectOptions,
  DigitForm,
  MachineDetection,
  MachineOptions,
  MachineResult,
  MediaTap,
  Playback,
  PlaybackOptions,
  Recording,
  RecordingFormat,
  RecordingOptions,
  TapOptions,
} from '../media/port';
import type { Prompt, PromptLibrary } from '../prompt/port';
import type { Recognition, RecognitionHandler, RecognitionOptions } from '../recognize/port';
import type {
  ConferenceEvent,
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
} from './conference/port';
import type { CallFact } from './happenings';
import type { HearingEvent } from './hearing';
import type {
  DequeueRequest,
  DequeueResult,
  QueueEvent,
  QueuePlace,
  QueueRequest,
  QueueResult,
} from './queue/port';

/** Whom the callee sees: the same as the trunks' own. */
export interface CallerIdentity {
  /** A number, or a whole URI. */
  readonly number?: string;
  readonly displayName?: string;
  /** Hide it from the callee (RFC 3323). */
  readonly anonymous?: boolean;
  /** Whom the call was for before it was sent on (Diversion, History-Info). */
  readonly divertedFrom?: string;
}

/** One party of a call, from its SIP header. */
export interface CallParty {
  /** The whole URI, as text. */
  readonly uri: string;
  /** The user part, or the number of a tel URI; '' when there is none. */
  readonly user: string;
  readonly displayName: string;
}

/** What a flow knows of its call from the start: the machine's `input.call`. Serialisable. */
export interface CallInfo {
  /** Callchart's own id of the call, as in its record and trace. */
  readonly id: string;
  /** `outbound`: we placed it. Absent is inbound. */
  readonly direction?: 'inbound' | 'outbound';
  /** Of a leg that another call dials: the id of that call. */
  readonly parent?: string;
  /** The trunk that it came by, or goes by. */
  readonly trunk?: string;
  /** The registered user who proved to be the caller. */
  readonly user?: string;
  /** Whom the trunk says that the caller is (RFC 3325), where it says so. */
  readonly asserted?: { readonly uri: string; readonly displayName: string };
  /** The caller wants to stay unknown to others (RFC 3323); absent is no. */
  readonly anonymous?: boolean;
  /** URIs of those whom the call was for first, as the trunk says (Diversion, History-Info). */
  readonly divertedFrom?: readonly string[];
  /** The SIP Call-ID. */
  readonly callId: string;
  readonly from: CallParty;
  readonly to: CallParty;
  /** The request URI's user: what was dialled. */
  readonly dialled: string;
  /** All header fields of the INVITE: lower-case full names, values of one name joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** `host:port` that the INVITE came from. */
  readonly remoteAddress: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
}

/** Why a call is over. */
export interface CallEnd {
  readonly by: 'caller' | 'flow' | 'system';
  /** `bye`, `cancel`, `rejected`, `redirected`, `transferred`, `no-ack`, `media-timeout`, `flow-error`, … */
  readonly cause: string;
  readonly status: number;
  readonly reason: string;
}

/** What is told of somebody whom the call dials. */
interface DialEvent<T extends string> {
  readonly type: T;
  /** As the flow named him. */
  readonly target: string;
  /** What the flow calls him, where it says so. */
  readonly id?: string;
  /** The id of his leg. */
  readonly leg: string;
}

/** Sent to the machine beside the outcomes of its actors. */
export type CallEvent =
  | { readonly type: 'call.ended'; readonly by: CallEnd['by']; readonly cause: string }
  /** `leg` says who pressed while the call is bridged: absent is the caller. */
  | {
      readonly type: 'dtmf';
      readonly digit: string;
      readonly duration: number;
      readonly leg?: 'caller' | 'callee';
    }
  | { readonly type: 'call.held' }
  | { readonly type: 'call.resumed' }
  /** A target of `dial` rings (180, or 183 with early media). */
  | DialEvent<'dial.ringing'>
  /** A target has answered, and accepted where it is screened: both are bridged. */
  | DialEvent<'dial.answered'>
  | ConferenceEvent
  | QueueEvent
  /** What the caller seems to say, while a `gather` with `partial` listens; it may still change. */
  | { readonly type: 'speech.partial'; readonly text: string; readonly stability?: number }
  /** The app of a `stream` is there. */
  | { readonly type: 'stream.started'; readonly stream: string; readonly streamSid: string }
  /** The app of a `stream` has sent a message of its own. */
  | { readonly type: 'stream.message'; readonly stream: string; readonly message: unknown }
  /** While {@link CallControl.listen} listens to the caller. */
  | HearingEvent;

/** Digits that the caller pressed and that no actor has taken yet. */
export interface DigitQueue {
  /** Takes the oldest waiting digit, or with `keys` the oldest of those; the others go on waiting. */
  take(keys?: string): string | undefined;
  /** The oldest waiting digit, which stays. */
  peek(): string | undefined;
  /** Forgets all that wait. */
  clear(): void;
  /**
   * Offers each digit, with the milliseconds that its key was held, from now on to the listener, until the returned function is called. `true` takes it;
   * `false` passes it on: to the listeners before this one, then to {@link CallControl.onEvent}, then it waits.
   * Digits that wait already stay: take them first.
   */
  listen(listener: (digit: string, duration: number) => boolean): () => void;
}

export type TransferResult =
  | { readonly type: 'accepted'; readonly status: number }
  | { readonly type: 'failed'; readonly status: number; readonly reason: string }
  | { readonly type: 'refused'; readonly status: number; readonly reason: string }
  | { readonly type: 'noNotify' };

export interface AnswerOptions {
  /** These alone are spoken, the first that the caller has; all of ours when none of them is there. */
  readonly codecs?: readonly CodecName[] | undefined;
}

/** Somebody whom a dial calls, with what is so for him alone. Durations are milliseconds. */
export interface DialTarget {
  /** A SIP or tel URI, a number for the trunk, or the name of a registered user. */
  readonly to: string;
  /** What the one who dials calls him, in events and the result. */
  readonly id?: string;
  readonly trunk?: string;
  /** How long he may ring. */
  readonly timeout?: number;
  readonly callerIdentity?: CallerIdentity;
  /** Besides those of the dial. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What his side is told when it asks who calls (RFC 8760). */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Keys for his side once it has answered, before both talk; `w` waits half a second, `W` a second. */
  readonly sendDigits?: string;
  /** Finds out who has answered, beside all else. */
  readonly machineDetection?: MachineOptions;
  /**
   * Decides, once he has answered, whether he is put through; the caller hears meanwhile that it rings. `callee` is his
   * leg, until this settles. To hang it up declines, and so does a rejection, which stands in the record.
   */
  readonly onAnswered?: (callee: CallControl) => Promise<'connect' | 'decline'>;
}

/** What {@link CallControl.dial} is to do. Durations are milliseconds. */
export interface DialOptions {
  /** SIP or tel URIs, numbers for the trunk, or names of registered users; or these with what is so for them alone. */
  readonly targets: readonly (string | DialTarget)[];
  /** `parallel`: all at once, the first who answers gets the call; `sequential`: one after another. */
  readonly strategy: 'parallel' | 'sequential';
  readonly trunk?: string;
  /** How long each target may ring. */
  readonly timeout: number;
  /** The longest that both may talk. */
  readonly timeLimit?: number;
  /**
   * What the caller hears until the answer. `pass`: the callee's early media, or else 180 before our answer and
   * a tone after it; `tone`; or a prompt, repeated.
   */
  readonly ringback: 'pass' | 'tone' | { readonly prompt: Prompt };
  /** Answer the caller only when a callee has answered. */
  readonly answerOnBridge: boolean;
  readonly callerIdentity?: CallerIdentity;
  readonly headers?: Readonly<Record<string, string>>;
  readonly screening?: {
    readonly prompt: Prompt;
    /** The key that accepts. */
    readonly accept: string;
    readonly timeout: number;
  };
  /** Pressed by the caller: ends the callee's leg alone. */
  readonly hangupKey?: string;
  readonly record?: RecordingFile & { readonly channels?: 'stereo' | 'mixed' };
  /** What one side hears while the other holds; without it, and without one for all, the hold is passed across. */
  readonly holdMusic?: Prompt;
  /** What the targets are offered, in this order, where the trunk allows it; all of ours. */
  readonly codecs?: readonly CodecName[];
}

/** Expected ends of a dial; broken configuration rejects instead. */
export type DialResult =
  | {
      readonly type: 'answered';
      readonly target: string;
      /** {@link DialTarget.id}, where it has one. */
      readonly id?: string;
      /** The id of the leg that has answered. */
      readonly leg?: string;
      /** Milliseconds. */
      readonly talkTime: number;
      readonly endedBy: 'caller' | 'callee' | 'hangupKey' | 'timeLimit' | 'transfer' | 'system';
      /** With {@link DialTarget.machineDetection}: who that was. */
      readonly answeredBy?: MachineResult;
      readonly recording?: { readonly path: string; readonly duration: number };
    }
  | { readonly type: 'busy' }
  | { readonly type: 'noAnswer' }
  | { readonly type: 'rejected'; readonly status: number; readonly reason: string }
  /** Nobody there: not registered, no route, every server down, or the guard does not let it out. */
  | { readonly type: 'unreachable'; readonly status: number; readonly reason: string }
  /** The caller hung up, or the flow left the state, before an answer. */
  | { readonly type: 'cancelled' }
  | { readonly type: 'declinedByScreening' };

/** What {@link CallControl.recognize} is to listen for. */
export interface RecognizeOptions extends Omit<RecognitionOptions, 'sampleRate' | 'language'> {
  /** BCP 47; that of the call when absent. */
  readonly language?: string | undefined;
  /** Whether `onEvent` tells partial results as well; false. */
  readonly tell?: boolean;
}

/** What may be done with a recognition whose sound comes from the call. */
export type CallRecognition = Pick<Recognition, 'finish' | 'close'>;

/** A file to be recorded. */
export interface RecordingFile {
  /** Part of the file's name. */
  readonly name?: string;
  /** That of the configuration when absent. */
  readonly format?: RecordingFormat;
  /** For those outside; `api` when absent. */
  readonly by?: RecordingMaker;
}

/** What makes a recording: the call actor of this name, or somebody outside of the flow. */
export type RecordingMaker = 'record' | 'recordCall' | 'dial' | 'dialQueue' | 'conference' | 'api';

/** What {@link CallControl.record} is to do. */
export interface CallRecordingOptions
  extends Omit<RecordingOptions, 'path' | 'format'>, RecordingFile {
  /** Waits for the answer, whoever gives it, and does not answer; false. Rejects when the call ends without one. */
  readonly whenAnswered?: boolean;
}

/** Something that happened, for the record: `digits` is already redacted where the flow says so. */
export interface CallNote {
  readonly type: 'digits' | 'recording' | 'transfer' | 'error';
  readonly [key: string]: unknown;
}

/**
 * A call as the flow layer steers it. The live call implements it over SIP and media; a simulator may
 * implement it without either. Methods that need the call answer it first when it is not.
 */
export interface CallControl {
  readonly info: CallInfo;
  readonly state: 'ringing' | 'early' | 'answered' | 'ended';
  /** Set once the call is over. */
  readonly end: CallEnd | undefined;
  readonly digits: DigitQueue;
  /** Of its prompts, a BCP 47 tag; undefined is that of the configuration. */
  readonly language?: string | undefined;
  /** Prompts from now on are in this language. */
  setLanguage?(language: string): void;
  /** Prompts from now on are looked for there. */
  usePrompts?(prompts: PromptLibrary): void;
  /** Called once when the call is over, at once if it is; the returned function forgets it. */
  onEnd(listener: (end: CallEnd) => void): () => void;
  /**
   * Called with each event but `call.ended`, which {@link onEnd} tells, until the returned function is called.
   * Returns whether it was taken: a `dtmf` that neither `digits.listen` nor this takes waits in `digits`,
   * so that one press has one effect.
   */
  onEvent(listener: (event: CallEvent) => boolean): () => void;

  /**
   * 200; resolves when media can flow. Idempotent: the options of the first count. Rejects with
   * `CALLCHART_CALL_ENDED`.
   */
  answer(options?: AnswerOptions): Promise<void>;
  /** 180, or 183 with media that the caller hears before the answer. */
  ring(options?: { readonly earlyMedia?: boolean }): Promise<void>;
  /** Any final response of 400 to 699 before the answer; after it, a BYE. */
  reject(status: number, reason?: string): void;
  /** 302, or another 3xx, before the answer. */
  redirect(contacts: readonly string[], status?: number): void;
  /** BYE; before the answer 480. */
  hangup(reason?: string): void;
  /**
   * Ends the call for a reason that is neither the caller's nor the flow's: `flow-error`, `max-duration`, ….
   * Before the answer with `status`, after it with a BYE that names it (RFC 3326).
   */
  terminate(cause: string, status: number, reason: string): void;
  /** Blind REFER; `timeout` in milliseconds. */
  transfer(to: string, options: { readonly timeout: number }): Promise<TransferResult>;

  /**
   * Resolves the prompt, answers if need be, and starts it; in state `early` it is early media instead.
   * Rejects when the prompt cannot be had.
   */
  play(prompt: Prompt, options?: PlaybackOptions, signal?: AbortSignal): Promise<Playback>;
  /** Answers if need be. `path` is chosen by the call: see the result. */
  record(options: CallRecordingOptions): Promise<Recording>;
  /**
   * Sends keys in one of their forms; `info` is SIP INFO, which rejects with `CALLCHART_INFO_REFUSED` when the peer
   * does not take it. `duration` and `gap` in milliseconds.
   */
  sendDigits(
    digits: string,
    duration: number,
    gap: number,
    form?: DigitForm | 'info',
  ): Promise<void>;
  /** Sends the caller's own audio back until the returned function is called. */
  echo(): Promise<() => void>;
  /** Finds out who has answered; answers if need be. Times count from when it resolves. */
  detectMachine?(options?: MachineOptions): Promise<MachineDetection>;
  /** Tells when the caller begins and ceases to speak, until the returned function is called; answers if need be. */
  detectSpeech?(
    options: NonNullable<DetectOptions['speech']>,
    listener: (speaking: boolean) => void,
  ): Promise<() => void>;
  /**
   * Listens to the caller, from the answer on, which it waits for and does not give: `onEvent` tells what it hears
   * until the returned function is called. Rejects when the call ends without an answer.
   */
  listen?(options: DetectOptions): Promise<() => void>;
  /** Hears the call's audio, and may give some; answers if need be. The call's end closes it. */
  tap?(options: TapOptions): Promise<MediaTap>;
  /**
   * Turns what the caller says into text, answering if need be, until it is finished or closed, or ends by itself. The
   * call's end closes it. Undefined where no recogniser is configured.
   */
  readonly recognize?:
    | ((options: RecognizeOptions, handler: RecognitionHandler) => Promise<CallRecognition>)
    | undefined;
  /**
   * Calls others and bridges the first who answers with this call until either hangs up; the call goes on
   * after that. The abort of `signal` ends the other legs. While it runs, `onEvent` tells of its progress.
   */
  dial?(options: DialOptions, signal?: AbortSignal): Promise<DialResult>;
  /**
   * Takes the call into a conference until it leaves, answering if need be. The abort of `signal` takes it out;
   * `onControl` is given what can be changed meanwhile. While it runs, `onEvent` tells who comes, goes and speaks.
   */
  conference?(
    request: ConferenceRequest,
    signal?: AbortSignal,
    onControl?: (control: ConferencePartyControl) => void,
  ): Promise<ConferenceResult>;
  /**
   * Waits in a queue until somebody serves the call, answering if need be, and talks with him. The abort of `signal`
   * takes it out. While it runs, `onEvent` tells where it stands; what else is played goes on being heard.
   */
  enqueue?(
    request: QueueRequest,
    signal?: AbortSignal,
    onPlace?: (place: QueuePlace) => void,
  ): Promise<QueueResult>;
  /** Serves whoever waits in a queue, answering if need be; the abort of `signal` ends that. */
  dequeue?(request: DequeueRequest, signal?: AbortSignal): Promise<DequeueResult>;
  /** Tells those outside of the call. */
  tell?(fact: CallFact): void;
  /** Writes a line into the call record. */
  note(note: CallNote): void;
}
