import type { Params } from './values';

export type Uri = SipUri | TelUri;

/** RFC 3261 §19.1. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Unescaped; undefined when there is no userinfo. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Lower-case, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names lower-case, values unescaped, '' for a parameter without value. */
  readonly params: Params;
  /** After `?`; names as written, values unescaped. */
  readonly headers: readonly (readonly [string, string])[];
}

/** RFC 3966. */
export interface TelUri {
  readonly scheme: 'tel';
  /** As written, visual separators included. */
  readonly number: string;
  readonly params: Params;
}
