/** Structurally what `media` takes as its parameters; the two rooms do not know each other. */
export interface NegotiatedAudio {
  readonly remote: {
    readonly rtp: { readonly host: string; readonly port: number };
    readonly rtcp?: { readonly host: string; readonly port: number };
  };
  readonly codec: {
    readonly name: CodecName;
    /** What we put into the packets we send: the peer's number. */
    readonly payloadType: number;
    readonly clockRate: number;
    /** What the peer puts into its packets: our number, where the two differ. */
    readonly receivePayloadType?: number;
  };
  readonly telephoneEvent?: {
    readonly payloadType: number;
    readonly receivePayloadType?: number;
    readonly clockRate: number;
  };
  /** From our side. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** The peer put us on hold: it sends nothing to be heard (RFC 3264 §8.4), in either style. */
  readonly held: boolean;
  /** Milliseconds; of the packets that we send. */
  readonly ptime: number;
}

export type { CodecName } from '../core/audio';
import type { CodecName } from '../core/audio';

/** What we can do, in order of preference. */
export interface AudioCapabilities {
  readonly codecs: readonly CodecName[];
  /** Whose order decides in an answer. */
  readonly preference: 'ours' | 'theirs';
  /** Milliseconds that we like: 20. */
  readonly ptime: number;
  /** Whether RFC 4733 events are offered and accepted. */
  readonly telephoneEvent: boolean;
}

/** Our end of one leg: kept for its whole life, so that o= stays and its version counts. */
export interface LocalDescription {
  /** Literal address and RTP port; RTCP is the next port. */
  readonly host: string;
  readonly port: number;
  /** `o=` session id, numeric; constant over the leg's life. */
  readonly sessionId: string;
}

export type AnswerResult =
  | {
      readonly type: 'answer';
      readonly sdp: string;
      readonly audio: NegotiatedAudio;
    }
  /** RFC 3261 §21.4.26: `warning` goes into the Warning header (304, 305, 399 …). */
  | {
      readonly type: 'reject';
      readonly status: 488;
      readonly warning: { readonly code: number; readonly text: string };
    };

export type AcceptResult =
  | { readonly type: 'accepted'; readonly audio: NegotiatedAudio }
  | { readonly type: 'refused'; readonly reason: string };

/**
 * The offer and answer state of one leg (RFC 3264), pure: texts in, texts out. Implemented by
 * `SdpSession` in `session.ts`.
 */
export interface OfferAnswerSession {
  /** Answers the peer's offer, the first or a later one. The version in o= counts only on change. */
  answer(offer: string): AnswerResult;
  /** Our offer; `direction` other than sendrecv puts the peer on hold. */
  offer(options?: { readonly direction?: NegotiatedAudio['direction'] }): string;
  /** The peer's answer to our last offer. */
  accept(answer: string): AcceptResult;
  /** What holds now. */
  readonly current: NegotiatedAudio | undefined;
}
