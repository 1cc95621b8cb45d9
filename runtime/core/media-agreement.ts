/** What offer and answer agree on for sound, as both who writes SDP and who sends the packets have it. */

/** Of the receiver who named them (RFC 7587 §6.1); absent ones have the defaults there. */
export interface OpusParameters {
  readonly maxPlaybackRate?: number;
  readonly maxAverageBitrate?: number;
  readonly stereo?: boolean;
  readonly useInbandFec?: boolean;
  readonly useDtx?: boolean;
  readonly cbr?: boolean;
}

/** RFC 4568 §6.2 and RFC 6188: cipher, key length and tag. */
export type SrtpSuite =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32';

/** RFC 8122 §5: of a certificate, `sha-256` and `AB:CD:…`. */
export interface Fingerprint {
  readonly algorithm: string;
  readonly value: string;
}

/** How the packets of a leg are protected (RFC 3711). */
export type MediaSecurity =
  | {
      readonly type: 'sdes';
      readonly suite: SrtpSuite;
      /** Master key, then master salt (RFC 4568 §6.1): what we protect with, and what the peer does. */
      readonly sendKey: Uint8Array;
      readonly receiveKey: Uint8Array;
    }
  | {
      readonly type: 'dtls';
      /** RFC 5763 §5: `active` is the client. */
      readonly role: 'client' | 'server';
      /** Of the peer's certificate. */
      readonly fingerprint: Fingerprint;
    };
