import type { CallControl, CallEnd, CallInfo } from '../call/port';
import type { CallDocument, VerbName } from './verbs';

/** What a request for a document tells of: why it is made. */
export interface DocumentReport {
  /**
   * The verb whose outcome it is; `start` for the first request of a call, `wait` for what a caller in a queue or
   * conference hears, `whisper` for what a callee hears before both talk, `status` for who wants to be told, `partial` for who wants to know what a caller seems
   * to say.
   */
  readonly of: VerbName | 'start' | 'wait' | 'whisper' | 'status' | 'partial';
  /** Of `status`: what is told, by the word with which it was asked for. */
  readonly event?: string;
  /** The outcome of the verb's actor, as the flow layer has it; of `start` the input of the call. */
  readonly outcome?: unknown;
  /** Of somebody who waits, whatever is reported: the last that was told of where he stands. */
  readonly about?: unknown;
  /** The name of the queue that it is about. */
  readonly subject?: string | undefined;
  /** Further parameters as the dialect writes them: `QueuePosition`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What a dialect knows of the call when it writes a request. */
export interface DocumentCall {
  readonly info: CallInfo;
  readonly state: CallControl['state'];
  /** Once it is over. */
  readonly end?: CallEnd | undefined;
  readonly report: DocumentReport;
  /** The call that dialled this one: of a callee. */
  readonly parent?: string | undefined;
}

/** A language in which documents are written: JSON of ours, or TwiML. */
export interface DocumentDialect {
  readonly name: string;
  /** Whether it reads what comes with this content type: `text/xml`, without parameters, in small letters. */
  accepts(contentType: string): boolean;
  /** Never throws: what cannot be understood at all is a problem with its place. */
  parse(text: string): CallDocument | DocumentProblem;
}

export interface DocumentProblem {
  readonly problem: string;
  readonly line: number;
  readonly column: number;
}

/** How requests for documents are written. */
export type RequestFormat = 'form' | 'json';

/** Makes the parameters of a request in the form style: Twilio's names. */
export type FormParameters = (call: DocumentCall) => Readonly<Record<string, string>>;
