import type { SrtpPolicy } from '../core/network-config';
import type { Credentials } from '../sip/auth/port';
import type { SipRequest } from '../sip/message/message';
import type { Channel } from '../sip/transport/port';
import type { ExtraHeader } from '../sip/ua/port';

/** Who a call is said to come from (RFC 3323, RFC 3325). */
export interface CallerIdentity {
  /** A number, or a whole URI. */
  readonly number?: string;
  readonly displayName?: string;
  /** Hide it from the callee: anonymous From, `Privacy: id`, the number in P-Asserted-Identity alone. */
  readonly anonymous?: boolean;
  /** Whom the call was for before it was sent on (RFC 5806 Diversion, RFC 7044 History-Info). */
  readonly divertedFrom?: string;
}

/** What an INVITE through a trunk is made of. */
export interface TrunkAttempt {
  readonly requestUri: string;
  readonly from: string;
  readonly displayName: string | undefined;
  readonly headers: readonly ExtraHeader[];
  readonly routes: readonly string[];
  readonly credentials: readonly Credentials[];
  readonly codecs: readonly string[] | undefined;
  readonly srtp?: SrtpPolicy | undefined;
}

export type TrunkPlacement =
  | {
      readonly type: 'attempts';
      /** One for each server that is up, in the order of fail-over. */
      readonly attempts: readonly TrunkAttempt[];
      /** Gives the call's place back; idempotent. */
      release(): void;
    }
  | { readonly type: 'refused'; readonly status: 503; readonly reason: string };

export interface TrunkServerState {
  readonly server: string;
  readonly registration: 'none' | 'registering' | 'registered' | 'failed';
  /** Milliseconds since the epoch at which the registration ends. */
  readonly registeredUntil: number | undefined;
  readonly reachable: 'unknown' | 'up' | 'down';
  /** Milliseconds of the last answered OPTIONS. */
  readonly roundTrip: number | undefined;
  readonly lastError: string | undefined;
}

/** As `callchart trunks` shows it. Serialisable. */
export interface TrunkState {
  readonly name: string;
  readonly state: 'up' | 'down';
  readonly servers: readonly TrunkServerState[];
  readonly calls: number;
  readonly maxCalls: number | undefined;
}

/** All trunks of a configuration. */
export interface Trunks {
  readonly names: readonly string[];
  /** The trunk that a request comes from, by its source address or its client certificate. */
  identify(request: SipRequest, channel: Channel): string | undefined;
  /** The trunk whose inbound credentials have this user name. */
  byInboundUser(username: string): string | undefined;
  /** Number formats inward: the dialled number and the caller's as flows see them. */
  inboundNumber(trunk: string, number: string): string;
  /** Takes a place for an incoming call; undefined when the trunk is full. */
  admit(trunk: string): (() => void) | undefined;
  place(trunk: string, number: string, caller: CallerIdentity): TrunkPlacement;
  states(): readonly TrunkState[];
  /** Begins registrations and qualifying. */
  start(): void;
  /** A connection has closed: a registration that came by it is made anew. */
  onFlowClosed?(flow: string): void;
  /** Unregisters, and ends all timers. */
  close(): Promise<void>;
}
