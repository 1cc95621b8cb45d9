import type { NetworkAddress } from '../core/address';
import type { CodecName, RecordingFormat } from '../core/audio';
import type { PromptConfig, RecognizerConfig, VoiceConfig } from '../core/config';
import type {
  ExternalAddress,
  RegistrarConfig,
  RouteConfig,
  SecurityConfig,
  SrtpKeys,
  SrtpPolicy,
  TlsConfig,
} from '../core/network-config';
import type { QueueConfig } from '../core/queue-config';
import type { OutboundLimits, TrunkSettings } from '../core/network-settings';
import type { EventsSettings } from '../core/events-config';
import type { TwilioSettings, WebSettings } from '../core/web-config';
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
  readonly trunks: Readonly<Record<string, TrunkSettings>>;
  /** Undefined: those that there are without a configuration. */
  readonly routes: readonly RouteConfig[] | undefined;
  readonly outbound: OutboundLimits;
  readonly security: Required<SecurityConfig>;
  readonly data: { readonly directory: string };
  readonly media: {
    readonly ports: { readonly min: number; readonly max: number };
    readonly codecs: readonly CodecName[];
    readonly preference: 'ours' | 'theirs';
    readonly timeout: number;
    /** 0: the audio runs beside the signalling. */
    readonly workers: number;
    readonly rtcpMux: boolean;
    readonly srtp: SrtpPolicy;
    readonly srtpKeys: SrtpKeys;
    readonly dtmf: { readonly detect: 'auto' | 'always' | 'never' };
    /** Two small letters. */
    readonly toneCountry: string;
    readonly holdMusic: PromptConfig | undefined;
  };
  readonly flows: {
    readonly directory: string | undefined;
    readonly files: readonly string[];
    readonly default: string | undefined;
    /** Undefined: the prompt `apology`, or a text, as the call's language has it. */
    readonly apology: PromptConfig | undefined;
  };
  readonly prompts: {
    readonly directory: string;
    readonly cache: string;
    readonly language: string;
    readonly fallback: readonly string[];
    readonly cacheSize: number;
    /** In the order in which they are asked. */
    readonly voice: VoiceConfig | readonly VoiceConfig[];
    readonly voices: Readonly<Record<string, VoiceConfig | readonly VoiceConfig[]>>;
  };
  /** In the order in which they are asked. */
  readonly recognizer: RecognizerConfig | readonly RecognizerConfig[] | undefined;
  readonly records: { readonly directory: string; readonly flowLog: boolean };
  readonly recordings: { readonly directory: string; readonly format: RecordingFormat };
  /** By name; what they do not say is `usualQueue`'s. */
  readonly queues: Readonly<Record<string, QueueConfig>>;
  /** Undefined: there is no HTTP server. */
  readonly http: ResolvedHttp | undefined;
  readonly web: WebSettings;
  readonly twilio: TwilioSettings;
  /** Undefined: nothing is written down for those outside. */
  readonly events: EventsSettings | undefined;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
  readonly drainTimeout: number;
}

/** Where the API is. Files are absolute. */
export interface ResolvedHttp {
  readonly listen: NetworkAddress;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Without a slash at the end. */
  readonly publicUrl: string | undefined;
  readonly trustProxy: readonly string[];
  readonly bodyLimit: number;
  readonly rateLimit: number;
}

/** Files are absolute. `certificate` and `key` are both there, or neither. */
export interface ResolvedTls extends TlsConfig {
  readonly names: Readonly<Record<string, { readonly certificate: string; readonly key: string }>>;
  readonly verify: boolean;
  readonly clientCertificates: 'off' | 'optional' | 'required';
}
