import type {
  AnswerInput,
  ConferenceInput,
  DetectMachineInput,
  DialInput,
  EchoInput,
  GatherInput,
  HangupInput,
  PauseInput,
  PlayInput,
  RecordCallInput,
  RecordInput,
  RedirectInput,
  RejectInput,
  RingInput,
  SendDigitsInput,
  SetLanguageInput,
  TransferInput,
} from '../flow/outcomes';

/** Where a request goes. */
export interface WebTarget {
  /** Absolute, or relative to where the document came from; '' is the document itself. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** Who is told of a verb's progress, and of what: the names are those of the document's dialect. */
export interface StatusCallback extends WebTarget {
  readonly events: readonly string[];
}

/** What happens with the outcome of a verb: it is sent to `action`, whose answer is the next document; without one the next verb follows. */
interface Reporting {
  readonly action?: WebTarget;
}

/** Where a verb stands in its document, for messages. */
export interface VerbPlace {
  /** As the document writes it: `Gather`, or `gather`. */
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** Somebody whom a `dial` calls, with what the document asks for beyond {@link DialInput}. */
export interface DialledParty {
  /** As in `DialInput.to`. */
  readonly to: string;
  /** `number`, `sip`, `client`: for parameters. */
  readonly kind: 'number' | 'sip' | 'client';
  /** A document that the callee hears before both talk; it may hang up. */
  readonly whisper?: WebTarget;
  readonly status?: StatusCallback;
  /** Sent once it has answered: `w` waits half a second, `W` a second. */
  readonly sendDigits?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly username?: string;
  readonly password?: string;
  /** Parameters for the callee's document. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Who has answered is found out beside the conversation, and told. */
  readonly machine?: { readonly input: DetectMachineInput; readonly status?: WebTarget };
}

/**
 * One instruction of a document, whatever dialect it was written in. Durations are milliseconds. URLs, also those of
 * prompts, may be relative to where the document came from. What is started without a name has the name ''.
 */
export type Verb = { readonly place: VerbPlace } & VerbBody;

export type VerbBody =
  | { readonly verb: 'answer'; readonly input: AnswerInput }
  | { readonly verb: 'ring'; readonly input: RingInput }
  | { readonly verb: 'setLanguage'; readonly input: SetLanguageInput }
  | { readonly verb: 'play'; readonly input: PlayInput }
  | { readonly verb: 'pause'; readonly input: PauseInput }
  | { readonly verb: 'sendDigits'; readonly input: SendDigitsInput }
  | ({
      readonly verb: 'gather';
      readonly input: GatherInput;
      /** Whether `action` is asked when nothing was entered; the next verb follows when false. */
      readonly reportsEmpty: boolean;
      /** Told of what speech has been understood so far. */
      readonly partial?: WebTarget;
    } & Reporting)
  | ({
      readonly verb: 'record';
      readonly input: RecordInput;
      /** Whether `action` is asked when there is no recording. */
      readonly reportsEmpty: boolean;
      readonly status?: StatusCallback;
    } & Reporting)
  /** Both sides, beside what follows: until it is stopped by name, or the call is over. */
  | {
      readonly verb: 'recordCall';
      readonly name: string;
      readonly input: RecordCallInput;
      readonly status?: StatusCallback;
    }
  | ({
      readonly verb: 'dial';
      /** All but whom. */
      readonly input: Omit<DialInput, 'to'>;
      readonly parties: readonly DialledParty[];
      /** Of the conversation's recording. */
      readonly recordingStatus?: StatusCallback;
    } & Reporting)
  | ({
      readonly verb: 'conference';
      readonly input: ConferenceInput;
      readonly label?: string;
      /** Whom this party coaches, by the name of a call that the dialect gives to apps (`CallSid`), or by its label. */
      readonly coach?: string;
      /** A document whose sounds are heard while the party waits. */
      readonly wait?: WebTarget;
      readonly status?: StatusCallback;
      readonly recordingStatus?: StatusCallback;
    } & Reporting)
  | ({
      readonly verb: 'enqueue';
      readonly queue: string;
      /** A document that runs while the caller waits; it may leave. */
      readonly wait?: WebTarget;
      readonly maxSize?: number;
    } & Reporting)
  /** Talks with the next who waits in a queue. */
  | ({
      readonly verb: 'dialQueue';
      readonly queue: string;
      readonly timeout?: number;
      readonly timeLimit?: number;
      readonly hangupKey?: string;
      readonly record?: DialInput['record'];
      readonly recordingStatus?: StatusCallback;
      /** A document that the one who waited hears before both talk. */
      readonly whisper?: WebTarget;
    } & Reporting)
  /** Of a document that runs while its caller waits in a queue: he waits no more. */
  | { readonly verb: 'leave' }
  | ({ readonly verb: 'transfer'; readonly input: TransferInput } & Reporting)
  | { readonly verb: 'echo'; readonly input: EchoInput }
  /** `start`: beside what follows, the caller's audio goes out; `connect`: both ways, until either side ends it. */
  | ({
      readonly verb: 'stream';
      readonly mode: 'start' | 'connect';
      readonly name: string;
      readonly url: string;
      readonly track: 'inbound' | 'outbound' | 'both';
      readonly parameters: Readonly<Record<string, string>>;
      readonly encoding?: 'mulaw' | 'l16';
      readonly sampleRate?: 8_000 | 16_000 | 24_000;
      readonly status?: StatusCallback;
    } & Reporting)
  /** Ends what was started under this name. */
  | { readonly verb: 'stop'; readonly what: 'stream' | 'recordCall'; readonly name: string }
  | { readonly verb: 'redirect'; readonly input: RedirectInput }
  | { readonly verb: 'reject'; readonly input: RejectInput }
  | { readonly verb: 'hangup'; readonly input: HangupInput }
  /** Another document goes on. */
  | { readonly verb: 'document'; readonly target: WebTarget };

export type VerbName = VerbBody['verb'];

/** Something in a document that is not as it should be; the document is carried out all the same. */
export interface DocumentWarning {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** A document that was understood. */
export interface CallDocument {
  readonly verbs: readonly Verb[];
  readonly warnings: readonly DocumentWarning[];
}
