import type { PromptConfig, VoiceConfig } from '../core/config';
import type {
  ExternalAddress,
  NumberFormat,
  Pattern,
  RegistrarConfig,
  RouteConfig,
  SecurityConfig,
  TlsConfig,
} from '../core/network-config';
import type { ListenerConfig } from './listener';

/** A configuration with every default in place, paths absolute, addresses read. */
export interface ResolvedConfig {
  readonly sip: {
    readonly listen: readonly ListenerConfig[];
    readonly externalAddress: string | readonly ExternalAddress[] | undefined;
    readonly localNetworks: readonly string[];
    readonly tls: ResolvedTls;
    /** As `dns.setServers` takes them; the system's when there is none. */
    readonly nameservers: readonly string[];
    readonly maxCalls: number;
    readonly ringTimeout: number;
    readonly maxCallDuration: number;
    readonly sessionExpires: number;
    readonly minSessionExpires: number;
  };
  readonly registrar: Required<RegistrarConfig>;
  readonly trunks: Readonly<Record<string, ResolvedTrunk>>;
  /** Undefined: those that there are without a configuration. */
  readonly routes: readonly RouteConfig[] | undefined;
  readonly outbound: ResolvedOutbound;
  readonly security: Required<SecurityConfig>;
  readonly data: { readonly directory: string };
  readonly media: {
    readonly ports: { readonly min: number; readonly max: number };
    readonly codecs: readonly ('PCMU' | 'PCMA')[];
    readonly preference: 'ours' | 'theirs';
    readonly timeout: number;
  };
  readonly flows: {
    readonly directory: string | undefined;
    readonly files: readonly string[];
    readonly default: string | undefined;
    readonly apology: PromptConfig;
  };
  readonly prompts: {
    readonly directory: string;
    readonly cache: string;
    readonly voice: VoiceConfig;
  };
  readonly records: { readonly directory: string };
  readonly recordings: { readonly directory: string };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
  readonly drainTimeout: number;
}

/** Files are absolute. `certificate` and `key` are both there, or neither. */
export interface ResolvedTls extends TlsConfig {
  readonly names: Readonly<Record<string, { readonly certificate: string; readonly key: string }>>;
  readonly verify: boolean;
  readonly clientCertificates: 'off' | 'optional' | 'required';
}

/** What the trunks' room is given for each. */
export interface ResolvedTrunk {
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
  readonly callerId: {
    readonly number: string | undefined;
    readonly displayName: string | undefined;
    readonly in: 'from' | 'p-asserted-identity' | 'both';
    readonly domain: string | undefined;
    readonly diversion: 'diversion' | 'history-info' | 'none';
  };
  readonly numbers: { readonly outbound: NumberFormat; readonly inbound: NumberFormat };
  readonly qualify: number | false;
  readonly maxCalls: number | undefined;
  readonly maxCallRate: number | undefined;
  readonly codecs: readonly ('PCMU' | 'PCMA')[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ResolvedOutbound {
  /** Undefined: all. */
  readonly allow: readonly Pattern[] | undefined;
  readonly deny: readonly Pattern[];
  readonly hosts: readonly string[];
  readonly maxCalls: number;
  readonly maxCallsPerMinute: number;
  readonly maxCallsPerDay: number;
  readonly maxCallsPerCaller: number;
}
