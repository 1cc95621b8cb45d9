import type { TransportProtocol } from '../transport/port';

/** One contact that a user registered (RFC 3261 §10). Immutable, and as it is stored. */
export interface Binding {
  /** The canonical address of record: `sip:alice@example.com`, scheme and host in lower case. */
  readonly aor: string;
  /** The Contact URI as registered, as text. */
  readonly contact: string;
  /** 0 to 1. */
  readonly q: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly registeredAt: number;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent?: string;
  /** Name-addrs of Path, the nearest to us first (RFC 3327 §5.3). */
  readonly path: readonly string[];
  /** `+sip.instance` and `reg-id` (RFC 5626 §4.2). */
  readonly instanceId?: string;
  readonly regId?: number;
  /** Further parameters of the Contact (RFC 3840), as text: `;audio;methods="INVITE,BYE"`. */
  readonly params?: string;
  /** The way the REGISTER came, when no proxy was between and it leads to the contact. */
  readonly flow?: string;
  readonly source: {
    readonly protocol: TransportProtocol;
    readonly host: string;
    readonly port: number;
  };
}

export type BindingChange =
  | { readonly type: 'added' | 'refreshed'; readonly binding: Binding }
  | {
      readonly type: 'removed';
      readonly binding: Binding;
      readonly reason: 'unregistered' | 'expired' | 'replaced' | 'flow-closed' | 'user-removed';
    };

/** Where bindings outlive the process. Synchronous: a REGISTER is answered when its bindings are kept. */
export interface BindingStore {
  /** All that have not expired at `now`. */
  load(now: number): Iterable<Binding>;
  /** In one transaction; throws when they cannot be kept (the REGISTER gets 500). */
  write(changes: readonly BindingChange[]): void;
}

/** Where a request for an address of record may go. */
export interface ForwardTarget {
  /** The new request URI, as text. */
  readonly uri: string;
  /** Route values to put before it: the Path of a binding. */
  readonly routes: readonly string[];
  /** Tried first, then what the URI says. */
  readonly flow?: string;
  /** Highest first; equal ones at once (RFC 3261 §16.6). */
  readonly q: number;
  /** Other flows of the same instance: each in its place when it fails with 430, never beside it (RFC 5626 §7). */
  readonly alternatives?: readonly ForwardTarget[];
}

/** RFC 3261 §10's abstract location service, as the other elements ask it. */
export interface LocationService {
  /** Live bindings of a canonical address of record, by q, the highest first. */
  bindings(aor: string): readonly Binding[];
  targets(aor: string): readonly ForwardTarget[];
  /** How many bindings there are. */
  readonly size: number;
  all(): Iterable<Binding>;
  /** Told of each change after it was kept; returns what forgets the listener. */
  onChange(listener: (change: BindingChange) => void): () => void;
}
