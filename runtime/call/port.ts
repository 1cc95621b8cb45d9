import type { Playback, PlaybackOptions, Recording, RecordingOptions } from '../media/port';
import type { Prompt } from '../prompt/port';

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

/** Sent to the machine beside the outcomes of its actors. */
export type CallEvent =
  | { readonly type: 'call.ended'; readonly by: CallEnd['by']; readonly cause: string }
  | { readonly type: 'dtmf'; readonly digit: string; readonly duration: number }
  | { readonly type: 'call.held' }
  | { readonly type: 'call.resumed' };

/** Digits that the caller pressed and that no actor has taken yet. */
export interface DigitQueue {
  /** Takes the oldest waiting digit, or with `keys` the oldest of those; the others go on waiting. */
  take(keys?: string): string | undefined;
  /** The oldest waiting digit, which stays. */
  peek(): string | undefined;
  /** Forgets all that wait. */
  clear(): void;
  /**
   * Offers each digit from now on to the listener, until the returned function is called. `true` takes it;
   * `false` passes it on: to the listeners before this one, then to {@link CallControl.onEvent}, then it waits.
   * Digits that wait already stay: take them first.
   */
  listen(listener: (digit: string) => boolean): () => void;
}

export type TransferResult =
  | { readonly type: 'accepted'; readonly status: number }
  | { readonly type: 'failed'; readonly status: number; readonly reason: string }
  | { readonly type: 'refused'; readonly status: number; readonly reason: string }
  | { readonly type: 'noNotify' };

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
  /** Called once when the call is over, at once if it is; the returned function forgets it. */
  onEnd(listener: (end: CallEnd) => void): () => void;
  /**
   * Called with each event but `call.ended`, which {@link onEnd} tells, until the returned function is called.
   * Returns whether it was taken: a `dtmf` that neither `digits.listen` nor this takes waits in `digits`,
   * so that one press has one effect.
   */
  onEvent(listener: (event: CallEvent) => boolean): () => void;

  /** 200; resolves when media can flow. Idempotent. Rejects with `CALLCHART_CALL_ENDED`. */
  answer(): Promise<void>;
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
  record(options: Omit<RecordingOptions, 'path'> & { readonly name?: string }): Promise<Recording>;
  sendDigits(digits: string, duration: number, gap: number): Promise<void>;
  /** Sends the caller's own audio back until the returned function is called. */
  echo(): Promise<() => void>;
  /** Writes a line into the call record. */
  note(note: CallNote): void;
}
