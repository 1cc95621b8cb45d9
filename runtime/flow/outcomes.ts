import type { MachineResult, RecordingFormat, RecordingResult } from '../media/port';
import type { CodecName } from '../core/audio';
import type { FlowName, LanguageName, TrunkName } from '../core/register';
import type { Prompt } from '../prompt/port';

/** Inputs and outcomes of the call actors: the contract between flows and what runs them. Durations are milliseconds. */

export interface AnswerInput {
  /** What may be spoken, the first that the caller has; what the route says, when absent. */
  readonly codecs?: readonly CodecName[];
}
export type AnswerOutcome = { readonly type: 'answered' } | HangupOutcome;

/** The caller has gone; in-flight actors resolve with it after the machine has received `call.ended`. */
export interface HangupOutcome {
  readonly type: 'hangup';
}

export interface SetLanguageInput {
  /** A BCP 47 tag, `de` or `pt-BR`. */
  readonly language: LanguageName;
}
/** What is played from now on is in that language, as far as there are prompts in it. */
export type SetLanguageOutcome = { readonly type: 'set' };

export interface RingInput {
  /** 183 with ring-back tone (or `prompt`) instead of 180; true when there is a prompt. */
  readonly earlyMedia?: boolean;
  readonly prompt?: Prompt;
  /** How long; 0, as for a 180 when absent, returns at once. A prompt is heard once, the tone for 6 000. */
  readonly duration?: number;
}
export type RingOutcome = { readonly type: 'rung' } | HangupOutcome;

/** Keys with which the caller steers what is played: each one key, all different. */
export interface PlayControls {
  readonly pause?: string;
  readonly back?: string;
  readonly forward?: string;
  readonly restart?: string;
  readonly louder?: string;
  readonly quieter?: string;
  /** By how much `back` and `forward` move; 5 000. */
  readonly skip?: number;
}

export interface PlayInput {
  readonly prompt: Prompt;
  /** dB, -60 to 20; 0. */
  readonly gain?: number;
  /**
   * Keys that steer it; none. The actor can also be sent `{ type: 'pause' }`, `{ type: 'resume' }`,
   * `{ type: 'seek', position }`, `{ type: 'skip', duration }` and `{ type: 'gain', gain }`.
   */
  readonly controls?: PlayControls;
  /** How often; 1. 0 is for ever. */
  readonly loop?: number;
  readonly offset?: number;
  /** Any of these digits stops it, and is taken; `true` means any digit, which then stays for the next gather. */
  readonly stopOn?: string | true;
}
export type PlayOutcome =
  | { readonly type: 'played' }
  | { readonly type: 'stopped'; readonly digit: string }
  | HangupOutcome;

/** Each member is specified in DESIGN's "Timers of `gather`", which docs/gather.md repeats. */
export interface GatherInput {
  /** What may be entered; `['digits']`. `speech` needs a recogniser in the configuration. */
  readonly input?: readonly ('digits' | 'speech')[];
  readonly prompt?: Prompt;
  readonly retryPrompt?: Prompt;
  readonly invalidPrompt?: Prompt;
  readonly noInputPrompt?: Prompt;
  /** 1. */
  readonly minDigits?: number;
  /** No limit when absent, but for the longest of `valid`. */
  readonly maxDigits?: number;
  /** '' for none; '#' when absent. */
  readonly finishOn?: string;
  /** From the end of the prompt to the first key, or the first words; 5 000. */
  readonly firstDigitTimeout?: number;
  /** From each digit; 2 000. */
  readonly interDigitTimeout?: number;
  /** 1. */
  readonly attempts?: number;
  /**
   * Whether a digit stops the prompt, or words do; true. Without it digits in the prompt wait until its end, and what is
   * said in it is not heard.
   */
  readonly bargeIn?: boolean;
  /** Forget digits pressed before. */
  readonly clear?: boolean;
  /**
   * Entries that count as valid, each a whole entry: `['1', '2', '*']`; any when absent. One that no longer
   * entry begins with ends the collection at once; anything else is heard out, and then is invalid.
   */
  readonly valid?: readonly string[];
  /** The record shows `***` for the digits, and for what was said. */
  readonly sensitive?: boolean;
  /** Words and phrases that are likely to be said. */
  readonly hints?: readonly string[];
  /** What is spoken; the language of the call when absent. */
  readonly language?: LanguageName;
  /**
   * Silence after which the caller has said all; several utterances are joined. `auto`, as when absent: the recogniser
   * decides, and after 2 000 of silence the ear.
   */
  readonly speechTimeout?: number | 'auto';
  /** As the recogniser knows it: `default`, `phone_call`, `command_and_search`, … */
  readonly speechModel?: string;
  readonly profanityFilter?: boolean;
  /** Whether the machine gets `speech.partial` while the caller speaks; false. */
  readonly partial?: boolean;
}
export type GatherOutcome =
  | { readonly type: 'digits'; readonly digits: string }
  /** `confidence` is 0 to 1; absent where the recogniser does not say. */
  | { readonly type: 'speech'; readonly text: string; readonly confidence?: number }
  | { readonly type: 'noInput' }
  /** No digits: something was said that was not understood. */
  | { readonly type: 'invalid'; readonly digits: string }
  | HangupOutcome;

export interface RecordInput {
  readonly prompt?: Prompt;
  /** After the prompt; true. */
  readonly beep?: boolean;
  /** 120 000. */
  readonly maxDuration?: number;
  /** Ends after so much silence; 0, as when absent, never. */
  readonly endSilence?: number;
  /** Any of these keys ends it; '#'. Keys pressed in a recording never reach the next gather. */
  readonly finishOn?: string;
  /** Shorter is `tooShort`, and the file is removed; 0. */
  readonly minDuration?: number;
  /** Nobody has spoken so long after the beep: `noSpeech`; 0, as when absent, waits for ever. */
  readonly startSilence?: number;
  /** Silence left at beginning and end, the rest is cut off; nothing is when absent. */
  readonly trim?: number;
  /** Any of these keys pauses it, and lets it go on; none. So do `{ type: 'pause' }` and `{ type: 'resume' }`. */
  readonly pauseOn?: string;
  /** `recordings.format` of the configuration when absent. */
  readonly format?: RecordingFormat;
  /** Samples a second; 8 000. */
  readonly sampleRate?: 8_000 | 16_000 | 48_000;
  /** Part of the file name. */
  readonly name?: string;
}
export interface RecordedAudio {
  readonly path: string;
  readonly duration: number;
  /** Where it was paused: `at` so far into the file, for so long. */
  readonly pauses?: NonNullable<RecordingResult['pauses']>;
}
export type RecordOutcome =
  | {
      readonly type: 'recorded';
      readonly recording: RecordedAudio;
      readonly endedBy: 'maxDuration' | 'silence' | 'finishOn';
      readonly digit?: string;
    }
  | { readonly type: 'tooShort'; readonly duration: number }
  /** Nothing was said within `startSilence`; there is no file. */
  | { readonly type: 'noSpeech' }
  /** The disk is full or the like; what could be kept is there. */
  | { readonly type: 'failed'; readonly recording?: RecordedAudio; readonly reason: string }
  | { readonly type: 'hangup'; readonly recording?: RecordedAudio };

export interface RecordCallInput {
  /** `stereo`: the caller left and what he hears right; `mixed`: both in one channel. `stereo`. */
  readonly channels?: 'stereo' | 'mixed';
  /** `recordings.format` of the configuration when absent. */
  readonly format?: RecordingFormat;
  /** Samples a second; 8 000. */
  readonly sampleRate?: 8_000 | 16_000 | 48_000;
  /** A tone that the caller hears first; false. */
  readonly beep?: boolean;
  /** No limit of its own when absent. */
  readonly maxDuration?: number;
  /** Part of the file name. */
  readonly name?: string;
}
export type RecordCallOutcome =
  /** The call is over, or `maxDuration` is. */
  | { readonly type: 'recorded'; readonly recording: RecordedAudio }
  /** The disk is full or the like; what could be kept is there, and the call goes on. */
  | { readonly type: 'failed'; readonly recording?: RecordedAudio; readonly reason: string }
  /** The call was over before it was answered. */
  | HangupOutcome;

export interface PauseInput {
  readonly duration: number;
}
export type PauseOutcome = { readonly type: 'paused' } | HangupOutcome;

export interface SendDigitsInput {
  /** `0`–`9`, `*`, `#`, `A`–`D`; `w` waits 500 ms. */
  readonly digits: string;
  /** Of each digit; 100. */
  readonly duration?: number;
  /** Between two; 100. */
  readonly gap?: number;
  /**
   * How: RFC 4733 events, SIP INFO, or the tones of the keys in the sound. `auto`, as when absent, is events where
   * the other side takes them, else tones.
   */
  readonly form?: 'auto' | 'event' | 'info' | 'inband';
}
export type SendDigitsOutcome = { readonly type: 'sent' } | HangupOutcome;

export interface HangupInput {
  readonly prompt?: Prompt;
  readonly reason?: string;
}

export interface RejectInput {
  /** 400 to 699; 486 when absent. */
  readonly status?: number;
  readonly reason?: string;
}

export interface RedirectInput {
  readonly to: string | readonly string[];
  /** 300 to 399; 302 when absent. */
  readonly status?: number;
}

export interface TransferInput {
  readonly to: string;
  /** How long the other side may take; 30 000. */
  readonly timeout?: number;
}
export type TransferOutcome =
  | { readonly type: 'transferred' }
  | { readonly type: 'busy' }
  | { readonly type: 'noAnswer' }
  | { readonly type: 'rejected'; readonly status: number; readonly reason: string }
  | { readonly type: 'notSupported'; readonly status: number }
  | HangupOutcome;

/** A flow that a callee hears, and may answer with his keys, before both talk. */
export interface WhisperInput {
  /** Its machine's input is `{ call, input }`, where `call` is the callee's leg. */
  readonly flow: FlowName;
  readonly input?: unknown;
}

/** Somebody to call, with what is so for him alone. */
export interface DialTargetInput {
  /** A SIP or tel URI, a number for the trunk, or the name of a registered user. */
  readonly to: string;
  /** What the flow calls him: it stands in events and in the outcome. */
  readonly id?: string;
  readonly trunk?: TrunkName;
  readonly timeout?: number;
  readonly callerId?: DialInput['callerId'];
  /** Besides those of the dial. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is shown when his side asks who calls (digest); both or none. */
  readonly username?: string;
  readonly password?: string;
  /** Keys for his side once it has answered, before both talk; `w` waits 500 ms, `W` 1 000. */
  readonly sendDigits?: string;
  /**
   * A flow for him once he has answered; the caller hears meanwhile that it rings. Its final state puts him through,
   * unless its output is `{ connect: false }`; a hang-up or a failure declines, as with `screening`.
   */
  readonly whisper?: WhisperInput;
  /** Finds out who has answered: `answeredBy` of the outcome. `{}` takes all defaults. */
  readonly machineDetection?: DetectMachineInput;
}

export interface DialInput {
  /**
   * A SIP or tel URI, a number for the trunk, or the name of a registered user; one of these with what is so for it
   * alone; or up to ten.
   */
  readonly to: string | DialTargetInput | readonly (string | DialTargetInput)[];
  /** Several at once, or one after another: `parallel`. */
  readonly strategy?: 'parallel' | 'sequential';
  /** The trunk, by its name in the configuration, that numbers go through. */
  readonly trunk?: TrunkName;
  /** How long each may ring; 30 000. */
  readonly timeout?: number;
  /** How long both may talk at most; no limit of its own when absent. */
  readonly timeLimit?: number;
  /** What the caller hears meanwhile: what the other side sends (`pass`), a tone, or a prompt; `pass`. */
  readonly ringback?: 'pass' | 'tone' | { readonly prompt: Prompt };
  /** Answer the caller only when the other side has answered; true. A caller answered before stays so. */
  readonly answerOnBridge?: boolean;
  /** Whom the callee sees; the caller, where the trunk or the callee may know him, when absent. */
  readonly callerId?: {
    readonly number?: string;
    readonly displayName?: string;
    readonly anonymous?: boolean;
  };
  /** Headers for the INVITE: `X-…` and the like. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the callee hears first; a key accepts, `1`, within `timeout`, 10 000, of the end of the prompt. */
  readonly screening?: {
    readonly prompt: Prompt;
    readonly accept?: string;
    readonly timeout?: number;
  };
  /** A key of the caller's that ends the conversation, and not the call; none when absent. */
  readonly hangupKey?: string;
  /** Both sides in one file: `stereo`, the caller left and the callee right, or `mixed` in one channel. */
  readonly record?:
    | boolean
    | {
        readonly name?: string;
        readonly format?: RecordingFormat;
        readonly channels?: 'stereo' | 'mixed';
      };
  /** What one side hears while the other holds; `media.holdMusic` of the configuration. */
  readonly holdMusic?: Prompt;
  /** What `to` is offered, in this order, where the trunk allows it; what the server has, when absent. */
  readonly codecs?: readonly CodecName[];
}
export type DialOutcome =
  | {
      readonly type: 'answered';
      /** As it stands in `to`. */
      readonly target: string;
      /** Of the target, where it has one. */
      readonly id?: string;
      /** The id of the leg that answered. */
      readonly leg?: string;
      readonly talkTime: number;
      /** `caller`: the call is over. */
      readonly endedBy: 'caller' | 'callee' | 'hangupKey' | 'timeLimit' | 'transfer' | 'system';
      readonly recording?: RecordedAudio;
      /** With `machineDetection` of the target, where it was known by then. */
      readonly answeredBy?: MachineResult;
    }
  | { readonly type: 'busy' }
  | { readonly type: 'noAnswer' }
  /** By the callee's side, with this SIP status. */
  | { readonly type: 'rejected'; readonly status: number; readonly reason: string }
  /** Not registered, no such place, every server of the trunk down, or not allowed out. */
  | { readonly type: 'unreachable'; readonly status: number; readonly reason: string }
  /** The caller hung up before an answer. */
  | { readonly type: 'cancelled' }
  | { readonly type: 'declinedByScreening' };

export interface ConferenceInput {
  /** Calls that name the same conference are in the same one. */
  readonly name: string;
  /** Is not heard; false. Send the actor `{ type: 'mute' }` or `{ type: 'unmute' }` to change it. */
  readonly muted?: boolean;
  /** Hears nothing; false. `{ type: 'deafen' }` and `{ type: 'undeafen' }` change it. */
  readonly deaf?: boolean;
  /** What this party is called by those who steer it from outside, and by its coach. */
  readonly label?: string;
  /** The id of the call, or the label, of the party that alone hears this one, as an agent hears his coach. */
  readonly coach?: string;
  /** Whether the conference may begin with this party; true. Before it begins everybody waits. */
  readonly startOnEnter?: boolean;
  /** Whether everybody has to leave when this party does; false. */
  readonly endOnExit?: boolean;
  /** 50. */
  readonly maxParties?: number;
  /** What the others hear when this party comes; a beep. */
  readonly joinTone?: Prompt | false;
  /** What the others hear when this party goes; two beeps. */
  readonly leaveTone?: Prompt | false;
  /**
   * What this party hears while it waits for the start, or is alone; `media.holdMusic` of the configuration. `false` is
   * for a flow that plays something itself meanwhile, in a state beside.
   */
  readonly waitMusic?: Prompt | false;
  /** Everything that is said, in one file, until this party leaves. */
  readonly record?: boolean | { readonly name?: string; readonly format?: RecordingFormat };
  /** A key with which the caller leaves; none. */
  readonly leaveKey?: string;
  /** A key with which the caller mutes himself, and is heard again; none. */
  readonly muteKey?: string;
  /** The longest that this party may stay; no limit of its own when absent. */
  readonly timeLimit?: number;
}
export type ConferenceOutcome =
  | {
      readonly type: 'left';
      /** Of the conference: another one of this name has another. */
      readonly conference?: string;
      /** `ended`: a party with `endOnExit` has left, or somebody has ended it; `kicked`: this party was taken out from outside. */
      readonly endedBy: 'leaveKey' | 'timeLimit' | 'ended' | 'kicked';
      readonly duration: number;
      readonly recording?: RecordedAudio;
    }
  /** As many as `maxParties` are there. */
  | { readonly type: 'full'; readonly parties: number }
  | {
      readonly type: 'hangup';
      /** As of who has left; absent where he was not there yet. */
      readonly conference?: string;
      readonly duration?: number;
      readonly recording?: RecordedAudio;
    };

export interface EnqueueInput {
  /** The queue, by its name: it is there from the first call that names it. */
  readonly queue: string;
  /** Higher is served earlier, those alike in the order of their coming; 0. */
  readonly priority?: number;
  /** Repeated while the caller waits; without it, whatever the flow plays beside. */
  readonly music?: Prompt;
  /** No more than so many wait, as this call sees it; the queue's own limit counts as well. */
  readonly maxSize?: number;
  /** The longest that the caller waits; that of the queue, `queues` of the configuration, when absent. */
  readonly timeout?: number;
  /** For whoever serves the caller. */
  readonly data?: unknown;
}
/** `{ type: 'leave' }`, sent to the actor, takes the caller out. */
export type EnqueueOutcome =
  /** Somebody has served the caller, and both have talked. */
  | {
      readonly type: 'bridged';
      readonly talkTime: number;
      /** `caller`: the call is over. `hangupKey` and `timeLimit` are those of the other side. */
      readonly endedBy: 'caller' | 'agent' | 'hangupKey' | 'timeLimit' | 'transfer' | 'system';
      /** Before both talked. */
      readonly waited: number;
      /** The id of the call that served this one. */
      readonly agentCall: string;
    }
  /** `position` is where the caller stood. */
  | { readonly type: 'left'; readonly waited: number; readonly position: number }
  /** So many wait already. */
  | { readonly type: 'full'; readonly size: number }
  | { readonly type: 'timeout'; readonly waited: number }
  | { readonly type: 'hangup'; readonly waited?: number };

export interface DialQueueInput {
  /** The queue, by its name. */
  readonly queue: string;
  /** The id of the one call that is wanted; the next when absent. */
  readonly call?: string;
  /** How long it waits for somebody to come; 0 does not wait, 30 000 when absent. */
  readonly timeout?: number;
  /** How long both may talk at most; no limit of its own when absent. */
  readonly timeLimit?: number;
  /** A key of this call's that ends the conversation, and not the call; none when absent. */
  readonly hangupKey?: string;
  /** Both sides in one file: `stereo`, this call left and who waited right, or `mixed` in one channel. */
  readonly record?: DialInput['record'];
  /** What the one who waited hears before both talk: a prompt, or a flow of his own until it ends. */
  readonly whisper?: Prompt | WhisperInput;
}
export type DialQueueOutcome =
  | {
      readonly type: 'answered';
      readonly talkTime: number;
      /** `agent`: the call is over. */
      readonly endedBy: 'caller' | 'agent' | 'hangupKey' | 'timeLimit' | 'transfer' | 'system';
      /** How long the caller had waited. */
      readonly waited: number;
      /** The id of the call that waited. */
      readonly call: string;
      /** What its flow gave. */
      readonly data?: unknown;
      readonly recording?: RecordedAudio;
    }
  /** Nobody has come. */
  | { readonly type: 'empty' }
  | HangupOutcome;

export interface DetectMachineInput {
  /** Silence at first that makes it unknown; 3 500. */
  readonly initialSilence?: number;
  /** A greeting this long is a machine's; 1 500. */
  readonly greeting?: number;
  /** Silence after a greeting that makes it a human; 800. */
  readonly afterGreetingSilence?: number;
  /** Of it all; 5 000. */
  readonly totalTime?: number;
  /** Sound shorter than this is no word; 100. */
  readonly minimumWordLength?: number;
  /** Silence that parts two words; 50. */
  readonly betweenWordsSilence?: number;
  /** More words are a machine's; 3. */
  readonly maximumWords?: number;
  /** With a machine, wait so long for its beep or the end of its greeting; 0, as when absent, does not. */
  readonly beepTimeout?: number;
}
/** Who has answered a call of ours; `reason` says how that was found out. */
export type DetectMachineOutcome =
  | { readonly type: 'human'; readonly reason: string }
  /** `beep`: it was waited for (`beepTimeout`) and has just ended, so that a message can begin. */
  | { readonly type: 'machine'; readonly reason: string; readonly beep: boolean }
  | { readonly type: 'fax'; readonly reason: string }
  | { readonly type: 'unknown'; readonly reason: string }
  | HangupOutcome;

export interface DetectSpeechInput {
  /** How long the caller may take to begin; 5 000. */
  readonly timeout?: number;
  /** Sound until it counts as speech; 100. */
  readonly onset?: number;
  /** Silence until speech counts as over; 500. */
  readonly hangover?: number;
  /** The longest that is waited for its end; no limit when absent. */
  readonly maxDuration?: number;
}
export type DetectSpeechOutcome =
  /** The caller has spoken, for so long: the hangover included. */
  | { readonly type: 'speech'; readonly duration: number }
  /** Nothing was said within `timeout`. */
  | { readonly type: 'silence' }
  | HangupOutcome;

export interface ListenInput {
  /** Tells when the caller begins and ceases to speak; false. */
  readonly speech?:
    | boolean
    | {
        /** Sound until it counts as speech; 100. */
        readonly onset?: number;
        /** Silence until speech counts as over; 500. */
        readonly hangover?: number;
      };
  /** Tells of the signals of networks and fax machines; false. */
  readonly tones?: boolean;
}
/** It goes on until its state is left, or the call is over. */
export type ListenOutcome = HangupOutcome;

export type { StreamInput, StreamOutcome } from './stream-contract';
export type { WebhookCall, WebhookInput, WebhookIssue, WebhookOutcome } from './webhook-contract';

export interface EchoInput {
  /** Ends on this digit, '#' when absent; '' never. */
  readonly finishOn?: string;
  readonly maxDuration?: number;
}
export type EchoOutcome = { readonly type: 'echoed' } | HangupOutcome;
