/**
 * The parts of the configuration that make a network element: TLS, registrar, trunks, routes and protection.
 * Durations are milliseconds. Secrets may come from the environment.
 */

import type { CodecName } from './audio';
import type { WebhookRouteConfig } from './web-config';

/** Encryption of the audio: never, where the peer asks for it, or nothing else. */
export type SrtpPolicy = 'off' | 'allowed' | 'required';

export const SRTP_POLICIES = [
  'off',
  'allowed',
  'required',
] as const satisfies readonly SrtpPolicy[];

/** How keys are agreed: in SDP (RFC 4568), or by DTLS (RFC 5763). */
export type SrtpKeys = 'sdes' | 'dtls';

export interface TlsConfig {
  /** PEM files. Needed by listeners of tls: and wss:. Read again on SIGHUP. */
  readonly certificate?: string;
  readonly key?: string;
  /** Certificates for further names, chosen by SNI. */
  readonly names?: Readonly<Record<string, { readonly certificate: string; readonly key: string }>>;
  /** A PEM file of authorities, instead of the system's. */
  readonly ca?: string;
  /** Whether the certificates of servers that we connect to are verified. `true`. */
  readonly verify?: boolean;
  /** Certificates of clients: not asked for, verified where shown, or needed. `off`. */
  readonly clientCertificates?: 'off' | 'optional' | 'required';
}

/** `externalAddress` for a part of the world: the first network that holds the peer's address counts. */
export interface ExternalAddress {
  /** `203.0.113.0/24`, or `*` for all that is not local. */
  readonly network: string;
  readonly address: string;
}

export interface RegistrarConfig {
  /**
   * The domains that users belong to. Addresses that we listen on always count as ours.
   * The first one is the realm of digests: `callchart` when there is none.
   */
  readonly domains?: readonly string[];
  /** 60 000: shorter ones get 423. */
  readonly minExpires?: number;
  /** 3 600 000: longer ones are shortened. */
  readonly maxExpires?: number;
  /** Where the phone asks for none: 3 600 000. */
  readonly defaultExpires?: number;
  /** Of one user at once: 10. */
  readonly maxContacts?: number;
  /** `none` believes whoever registers: for networks where nobody else can be. `digest`. */
  readonly authentication?: 'digest' | 'none';
  /**
   * What challenges offer, in this order. `['MD5']`, because many phones give up where another one is offered,
   * even beside it; SHA-256 is better where all phones know it.
   */
  readonly algorithms?: readonly ('MD5' | 'SHA-256' | 'SHA-512-256')[];
}

/** How numbers are written: `+491234` (e164), `00491234` or `0 1234` (national), or as they are (plain). */
export interface NumberFormat {
  readonly format?: 'e164' | 'national' | 'plain';
  /** The country code, `49`, that national numbers belong to. */
  readonly country?: string;
  /** Dialled before national and international numbers: `0` and `00`. */
  readonly nationalPrefix?: string;
  readonly internationalPrefix?: string;
  /** Digits taken from the front, then those put there. */
  readonly strip?: number;
  readonly prefix?: string;
}

export interface TrunkConfig {
  /** `sip:carrier.example;transport=tls`, in the order of fail-over. */
  readonly servers: string | readonly string[];
  /** Registers us there. `false`. */
  readonly register?: boolean | { readonly user?: string; readonly expires?: number };
  readonly username?: string;
  /** Environment: `CALLCHART_TRUNK_<NAME>_PASSWORD`. */
  readonly password?: string;
  readonly realm?: string;
  /** How the trunk's own calls to us are known: by where they come from, or by a user of ours that it logs in as. */
  readonly inbound?: {
    /** `203.0.113.0/24`, `203.0.113.7`. */
    readonly addresses?: readonly string[];
    readonly username?: string;
  };
  readonly callerId?: {
    /** Instead of what the call has. */
    readonly number?: string;
    readonly displayName?: string;
    /** Where the number stands: in From, or in P-Asserted-Identity too. `both`. */
    readonly in?: 'from' | 'p-asserted-identity' | 'both';
    /** Of From; that of the server when absent. */
    readonly domain?: string;
    /** How it says whom a call was for first. `diversion`. */
    readonly diversion?: 'diversion' | 'history-info' | 'none';
  };
  readonly numbers?: { readonly outbound?: NumberFormat; readonly inbound?: NumberFormat };
  /** OPTIONS so often; `false` sends none. 30 000. */
  readonly qualify?: number | false;
  readonly maxCalls?: number;
  /** New calls a second, to the trunk. */
  readonly maxCallRate?: number;
  readonly codecs?: readonly CodecName[];
  /** `media.srtp` for calls to and from it. */
  readonly srtp?: SrtpPolicy;
  /** Added to each INVITE. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Text with `*` (any run), `?` (one character), `#` (one digit) and `[a-z]`; a range of numbers `100-199`;
 * or a regular expression. It fits the whole, case does not count; `$1` stands for its first group, `*` or `?`.
 */
export type Pattern = string | RegExp;

export interface RouteConditions {
  readonly method?: string | readonly string[];
  /** The user or number of the request URI: what was dialled. */
  readonly dialled?: Pattern | readonly Pattern[];
  /** The whole request URI, `sip:100@example.com`. */
  readonly uri?: Pattern | readonly Pattern[];
  /** The user or number of From. */
  readonly from?: Pattern | readonly Pattern[];
  /** The user or number of To. */
  readonly to?: Pattern | readonly Pattern[];
  /** The trunk that it came by; `true` for any. */
  readonly trunk?: string | readonly string[] | boolean;
  /** The user who proved to be the caller; `true` for any. */
  readonly user?: Pattern | readonly Pattern[] | boolean;
  /** Header fields and what they must hold; `true`: that they are there. */
  readonly header?: Readonly<Record<string, Pattern | boolean>>;
  /** Whether the dialled user is registered now. */
  readonly registered?: boolean;
  /** Whether the request URI's domain is ours. */
  readonly local?: boolean;
  readonly time?: {
    /** `mon` … `sun`. */
    readonly days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
    /** `09:00`, and `17:30`, which is not in it; past midnight when it is the earlier one. */
    readonly from?: string;
    readonly until?: string;
    /** `Europe/Berlin`; the machine's when absent. */
    readonly zone?: string;
  };
}

/** One route: the conditions that all must hold, and just one action. The first that fits is taken. */
export interface RouteConfig {
  readonly name?: string;
  readonly when?: RouteConditions;
  /**
   * Who may use it. `anyone`, `known` (registered users and trunks), `users`, `trunks`. Flows, web apps, rejections,
   * and REGISTER, which authenticates by itself, are for anyone unless this says otherwise; all else is
   * for those known.
   */
  readonly allow?: 'anyone' | 'known' | 'users' | 'trunks';
  /** What is spoken with calls that it takes, in order of preference; of flows and gateways. `media.codecs`. */
  readonly codecs?: readonly CodecName[];
  /** The name of a flow; `true`: the flow that the dialled user names. */
  readonly flow?: string | true;
  /** A web app that says what happens, by documents: its URL, or more about it. */
  readonly webhook?: string | WebhookRouteConfig;
  /** To all contacts of the dialled user (`true`), or to URIs. */
  readonly proxy?: true | string | readonly string[] | ProxyRouteConfig;
  readonly redirect?:
    | true
    | string
    | readonly string[]
    | {
        readonly to?: string | readonly string[];
        readonly status?: 300 | 301 | 302 | 305 | 380;
      };
  readonly register?: true;
  readonly reject?: number | { readonly status: number; readonly reason?: string };
  readonly gateway?: string | readonly string[] | GatewayRouteConfig;
}

export interface ProxyRouteConfig {
  /** URIs; the contacts of the dialled user when absent; `request-uri`: where the request itself says. */
  readonly to?: string | readonly string[];
  /** Whether we stay in the way of the dialog. `true`. */
  readonly recordRoute?: boolean;
  /** How long it may ring; 180 000. */
  readonly timeout?: number;
}

export interface GatewayRouteConfig {
  readonly to: string | readonly string[];
  readonly trunk?: string;
  readonly dtmf?: 'rfc4733' | 'info';
  readonly timeout?: number;
}

/** The guard against toll fraud. Registered users and named trunks may always be called by flows and routes. */
export interface OutboundConfig {
  /** Numbers that may be called through trunks: all, when absent. */
  readonly allow?: readonly Pattern[];
  /** Numbers that may not: this outranks `allow`. */
  readonly deny?: readonly Pattern[];
  /** Hosts of SIP URIs that may be called without a trunk, `*.example.com`. None. */
  readonly hosts?: readonly string[];
  /** Calls at once: 50. */
  readonly maxCalls?: number;
  /** Calls begun in a minute: 60; in a day: 5 000. */
  readonly maxCallsPerMinute?: number;
  readonly maxCallsPerDay?: number;
  /** Calls at once by one caller, a user or a trunk: 10. */
  readonly maxCallsPerCaller?: number;
}

/** Protection against those who scan and guess. */
export interface SecurityConfig {
  /** Requests outside of dialogs that one source may send in a second: 200; the rest are dropped. 0: no limit. */
  readonly maxRequestsPerSecond?: number;
  /** Failures (wrong passwords, unknown users, calls that no route is for) before a source is shut out: 10. 0: never. */
  readonly maxFailures?: number;
  /** In how long they count: 60 000. */
  readonly failureWindow?: number;
  /** How long a source stays shut out: 600 000. */
  readonly banTime?: number;
  /** Networks that are never shut out or limited; trunks' own addresses never are. */
  readonly trusted?: readonly string[];
  /** How long a nonce is good: 300 000. */
  readonly nonceLifetime?: number;
  /** What unknown requests from strangers get: 403, or nothing. `reply`. */
  readonly strangers?: 'reply' | 'ignore';
}
