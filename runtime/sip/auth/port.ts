import type { SipRequest, SipResponse } from '../message/message';

/** RFC 8760 §2.1, RFC 7616 §3.3: spelled as on the wire. */
export type DigestAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256';

/** What we answer challenges with. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Only for this realm; for any when absent. */
  readonly realm?: string;
}

/** H(username:realm:password) in lower-case hex, by algorithm. */
export type DigestHashes = Readonly<Partial<Record<DigestAlgorithm, string>>>;

/** What is stored instead of a password. */
export interface DigestSecret extends DigestHashes {
  /** The same of `username@realm`, which many phones log in as. */
  readonly qualified?: DigestHashes;
}

/** Who is known in a realm. Synchronous: it is asked for each request. */
export interface SecretStore {
  find(username: string, realm: string): DigestSecret | undefined;
}

/** `www`: 401, a user agent server or registrar; `proxy`: 407, a proxy (RFC 3261 §22.1). */
export type ChallengeKind = 'www' | 'proxy';

export type AuthVerdict =
  | { readonly type: 'accepted'; readonly username: string }
  /** No credentials for our realm and kind. */
  | { readonly type: 'missing' }
  /**
   * The digest is right, but its nonce too old, used up, or not of this process, as after a restart: challenge
   * with `stale=true` (RFC 7616 §3.3).
   */
  | { readonly type: 'stale' }
  /** Wrong password, unknown user, a replayed nonce count: all look alike to the peer. */
  | { readonly type: 'refused'; readonly username: string; readonly reason: string }
  /** 400. */
  | { readonly type: 'malformed'; readonly reason: string };

/** The server's side of digest authentication (RFC 3261 §22, RFC 7616, RFC 8760). */
export interface Authenticator {
  readonly realm: string;
  /**
   * Once for each request, because it counts the nonce as used; never for ACK and CANCEL, which cannot be
   * challenged (RFC 3261 §22.1).
   */
  verify(request: SipRequest, kind: ChallengeKind): AuthVerdict;
  /** The `WWW-Authenticate` or `Proxy-Authenticate` headers, the strongest algorithm first. */
  challenge(
    kind: ChallengeKind,
    stale?: boolean,
  ): readonly (readonly [name: string, value: string])[];
}

/** The client's side: remembers nonces and their counts for one dialog, registration or destination. */
export interface ClientAuthentication {
  /**
   * Whether a 401 or 407 can be answered better than before: credentials for one of the realms it names (proxies
   * merge several challenges, RFC 3261 §16.7; RFC 8760 §2.4), an algorithm that we know, and not the same
   * refusal again. Any other final response may be shown too: its `nextnonce` is used from then on, and it
   * returns false.
   */
  take(response: SipResponse): boolean;
  /**
   * Puts `Authorization` and `Proxy-Authorization` for all challenges so far into a new request, in place of
   * those for the same realms. When method, URI and body have their final form.
   */
  authorize(request: SipRequest): void;
}
