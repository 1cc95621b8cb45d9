import type { CodecName } from '../core/audio';
import type { Fingerprint, MediaSecurity, OpusParameters } from '../core/media-agreement';
import type { SrtpKeys, SrtpPolicy } from '../core/network-config';
import type { Random } from '../core/random';

export type { CodecName } from '../core/audio';
export type {
  Fingerprint,
  MediaSecurity,
  OpusParameters,
  SrtpSuite,
} from '../core/media-agreement';
export type { SrtpKeys, SrtpPolicy } from '../core/network-config';

/** An encoding under a payload type. */
export interface NegotiatedFormat {
  readonly name: CodecName;
  readonly payloadType: number;
  /** Of the RTP timestamps, hertz. */
  readonly clockRate: number;
  /** What its sender asks to be sent (RFC 7587 §6.1). */
  readonly opus?: OpusParameters;
}

/** Structurally what `media` takes as its parameters; the two rooms do not know each other. */
export interface NegotiatedAudio {
  readonly remote: {
    readonly rtp: { readonly host: string; readonly port: number };
    readonly rtcp?: { readonly host: string; readonly port: number };
  };
  /** `payloadType` is what we put into the packets we send: the peer's number. */
  readonly codec: NegotiatedFormat & {
    /** What the peer puts into its packets: our number, where the two differ. */
    readonly receivePayloadType?: number;
  };
  /** What the peer may send besides, by our numbers. */
  readonly alternatives?: readonly NegotiatedFormat[];
  readonly telephoneEvent?: {
    readonly payloadType: number;
    readonly receivePayloadType?: number;
    readonly clockRate: number;
  };
  /** RFC 3389: of the codec's clock rate. */
  readonly comfortNoise?: number;
  /** From our side. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** The peer put us on hold: it sends nothing to be heard (RFC 3264 §8.4), in either style. */
  readonly held: boolean;
  /** Milliseconds; of the packets that we send. */
  readonly ptime: number;
  /** RTCP comes and goes on the port of RTP (RFC 5761). */
  readonly rtcpMux?: boolean;
  /** Absent: plain RTP. */
  readonly security?: MediaSecurity;
}

/** What we can do, in order of preference. */
export interface AudioCapabilities {
  readonly codecs: readonly CodecName[];
  /** Whose order decides in an answer. */
  readonly preference: 'ours' | 'theirs';
  /** Milliseconds that we like: 20. */
  readonly ptime: number;
  /** Whether RFC 4733 events are offered and accepted. */
  readonly telephoneEvent: boolean;
  /** Whether comfort noise (RFC 3389) is. */
  readonly comfortNoise?: boolean;
  /** Whether our offers ask for RTCP on the port of RTP; it is accepted in any case. */
  readonly rtcpMux?: boolean;
  /** Absent: plain RTP and nothing else. */
  readonly security?: SecurityCapabilities | undefined;
}

export interface SecurityCapabilities {
  readonly policy: SrtpPolicy;
  /** How our offers agree on keys, and which is chosen of an offer that has both; SDES where there is no certificate. */
  readonly keys: SrtpKeys;
  /** With `allowed`: our offers of plain RTP say how it could be protected (RFC 8643). */
  readonly opportunistic: boolean;
  /** Of our certificate; without one there is no DTLS-SRTP. */
  readonly fingerprint?: Fingerprint | undefined;
  /** Where our keys come from. */
  readonly random: Random;
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
  /**
   * Our last offer may be answered once more: by another branch of a fork, by the 200 after a 183, or because it was
   * sent again.
   */
  expectAnswer(): void;
  /** The peer's answer to our last offer. */
  accept(answer: string): AcceptResult;
  /** What holds now. */
  readonly current: NegotiatedAudio | undefined;
}
