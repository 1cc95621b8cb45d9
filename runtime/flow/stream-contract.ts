import type { StreamFailure } from '../stream/port';
import type { HangupOutcome } from './outcomes';

/** A call's audio for an app, over a WebSocket: docs/stream.md says the messages. Durations are milliseconds. */
export interface StreamInput {
  /** `wss://…` or `ws://…`. */
  readonly url: string;
  /**
   * `talk`: the app hears the call, and the caller hears the app; `listen`: the app hears alone, and is not heard.
   * `talk`.
   */
  readonly mode?: 'talk' | 'listen';
  /** What the app hears: what the caller says (`inbound`), what he is sent (`outbound`), or both; `inbound`. */
  readonly track?: 'inbound' | 'outbound' | 'both';
  /** µ-law, or linear with 16 bits, little-endian; `mulaw`. */
  readonly encoding?: 'mulaw' | 'l16';
  /** Samples a second; 8 000, which µ-law always has. */
  readonly sampleRate?: 8_000 | 16_000 | 24_000;
  /** For the app: `customParameters` of its start message. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Which stream it is, in events, where there are several; `stream`. */
  readonly name?: string;
  /** How long the app may take to accept the connection; 5 000. */
  readonly timeout?: number;
}

/**
 * While it runs it can be sent `{ type: 'clear' }`, which silences the app, `{ type: 'send', message }`, any JSON for
 * the app, and `{ type: 'stop' }`.
 */
export type StreamOutcome =
  /** `app`: it has closed the connection; `flow`: it was sent `stop`. */
  | { readonly type: 'ended'; readonly endedBy: 'app' | 'flow'; readonly duration: number }
  /** Nobody there, gone in the middle, or not fit to talk with; `duration` 0 where it never began. */
  | {
      readonly type: 'failed';
      readonly reason: StreamFailure;
      readonly message: string;
      readonly duration: number;
    }
  | HangupOutcome;
