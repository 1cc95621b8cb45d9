import type { NumberFormat, Pattern, SrtpPolicy } from './network-config';

/** A trunk of the configuration, every default in place. Durations are milliseconds. */
export interface TrunkSettings {
  /** URIs without a user, in the order of fail-over. */
  readonly servers: readonly string[];
  readonly register:
    | {
        /** Of the address of record; the user name when absent. */
        readonly user: string | undefined;
        readonly expires: number;
      }
    | false;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly realm: string | undefined;
  readonly inbound: {
    readonly addresses: readonly string[];
    readonly username: string | undefined;
  };
  readonly callerId: CallerIdSettings;
  readonly numbers: { readonly outbound: NumberFormat; readonly inbound: NumberFormat };
  readonly qualify: number | false;
  readonly maxCalls: number | undefined;
  /** Calls a second. */
  readonly maxCallRate: number | undefined;
  readonly codecs: readonly string[] | undefined;
  /** Undefined: what holds for the listener. */
  readonly srtp: SrtpPolicy | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface CallerIdSettings {
  readonly number: string | undefined;
  readonly displayName: string | undefined;
  readonly in: 'from' | 'p-asserted-identity' | 'both';
  readonly domain: string | undefined;
  readonly diversion: 'diversion' | 'history-info' | 'none';
}

/** `outbound` of the configuration, every default in place. 0 calls: none at all. */
export interface OutboundLimits {
  /** Undefined: all. */
  readonly allow: readonly Pattern[] | undefined;
  readonly deny: readonly Pattern[];
  readonly hosts: readonly string[];
  readonly maxCalls: number;
  readonly maxCallsPerMinute: number;
  readonly maxCallsPerDay: number;
  readonly maxCallsPerCaller: number;
}
