import type { Uri } from './uri';

/** Header parameters: names lower-case, values unquoted, '' for a parameter without value. */
export type Params = ReadonlyMap<string, string>;

/** RFC 3261 §20.42. */
export interface Via {
  /** Upper-case: `UDP`, `TCP`, … */
  readonly protocol: string;
  /** Without brackets. */
  readonly host: string;
  /** Absent when the sent-by names none: the protocol's default. */
  readonly port: number | undefined;
  readonly branch: string | undefined;
  readonly received: string | undefined;
  /** '' when requested without value (RFC 3581 §3). */
  readonly rport: string | undefined;
  readonly params: Params;
}

/** From, To, Contact, Route, Refer-To …: RFC 3261 §25.1 `name-addr` / `addr-spec` with parameters. */
export interface NameAddr {
  /** Unquoted and unescaped; '' when absent. */
  readonly displayName: string;
  /** As written. */
  readonly uriText: string;
  /** Parsed on first use; throws a `MessageError` when it is malformed. */
  readonly uri: Uri;
  readonly params: Params;
  /** The `tag` parameter. */
  readonly tag: string | undefined;
}

/** RFC 3261 §20.16. */
export interface CSeq {
  readonly sequence: number;
  readonly method: string;
}

/** RFC 3261 §20.15, also for Accept, Content-Disposition and the like: lower-case `type/subtype`. */
export interface MediaType {
  readonly value: string;
  readonly params: Params;
}

/** RFC 3262 §7.2. */
export interface RAck {
  readonly rseq: number;
  readonly sequence: number;
  readonly method: string;
}

/** RFC 4028 §4. */
export interface SessionExpires {
  /** Seconds. */
  readonly interval: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** RFC 3326 §2. */
export interface ReasonValue {
  /** `SIP`, `Q.850`, … */
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

/** RFC 3261 §20.43. */
export interface WarningValue {
  readonly code: number;
  readonly agent: string;
  readonly text: string;
}
