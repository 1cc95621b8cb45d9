/** What the protocol of an m= line says (RFC 3551, RFC 3711, RFC 4585, RFC 5764). */
export interface Profile {
  /** SAVP: every packet is protected. */
  readonly secure: boolean;
  /** UDP/TLS: its keys come from DTLS, and from nowhere else. */
  readonly dtls: boolean;
}

const plain: Profile = { secure: false, dtls: false };
const secure: Profile = { secure: true, dtls: false };
const dtls: Profile = { secure: true, dtls: true };

/**
 * The F variants ask for feedback by RTCP sooner than its interval would allow (RFC 4585 §3.4): a receiver that
 * sends none is one of them.
 */
const profiles: ReadonlyMap<string, Profile> = new Map([
  ['RTP/AVP', plain],
  ['RTP/AVPF', plain],
  ['RTP/SAVP', secure],
  ['RTP/SAVPF', secure],
  ['UDP/TLS/RTP/SAVP', dtls],
  ['UDP/TLS/RTP/SAVPF', dtls],
]);

/** Undefined for what we cannot talk over. */
export function readProfile(protocol: string): Profile | undefined {
  return profiles.get(protocol);
}
