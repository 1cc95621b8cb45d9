import type { CodecName, RecordingFormat } from './audio';
import type {
  ExternalAddress,
  OutboundConfig,
  RegistrarConfig,
  RouteConfig,
  SecurityConfig,
  SrtpKeys,
  SrtpPolicy,
  TlsConfig,
  TrunkConfig,
} from './network-config';
import type { EventsConfig } from './events-config';
import type { QueueConfig } from './queue-config';
import type { TwilioConfig, WebConfig } from './web-config';

/**
 * The configuration file's shape: every member is optional, durations are milliseconds. Paths are
 * relative to the file that holds them. Secrets and addresses may come from the environment; see
 * `docs/configuration.md`.
 */
export interface CallchartConfig {
  readonly sip?: {
    /**
     * Where to listen, `udp:127.0.0.1:5060`, `tls:[::1]:5061`, `wss:0.0.0.0:8443`, …. The default is UDP and
     * TCP on loopback, port 5060. `;srtp=required` behind it is `media.srtp` for calls that come by it.
     * Environment: `CALLCHART_LISTEN`, separated by commas.
     */
    readonly listen?: readonly string[];
    /**
     * The literal address that peers reach this machine by, when it is behind a NAT: named in Via,
     * Contact and SDP; or one for each network of peers. Environment: `CALLCHART_EXTERNAL_ADDRESS`.
     */
    readonly externalAddress?: string | readonly ExternalAddress[];
    /** Networks without a NAT between, besides those this machine is attached to: `10.0.0.0/8`. */
    readonly localNetworks?: readonly string[];
    readonly tls?: TlsConfig;
    /** DNS servers, `127.0.0.1:5353`, instead of the system's. */
    readonly nameservers?: readonly string[];
    /** Calls at once; the next one gets 503 with Retry-After. 1 000. */
    readonly maxCalls?: number;
    /** How long a call may ring without an answer. 180 000. */
    readonly ringTimeout?: number;
    /** The longest a call may last. 14 400 000 (four hours). */
    readonly maxCallDuration?: number;
    /** The session timer that we propose (RFC 4028); 0 proposes none. 1 800 000. */
    readonly sessionExpires?: number;
    /** The shortest session timer that we accept. 90 000. */
    readonly minSessionExpires?: number;
  };
  readonly registrar?: RegistrarConfig;
  /** By name. */
  readonly trunks?: Readonly<Record<string, TrunkConfig>>;
  /**
   * The first that fits a request takes it. Without any: REGISTER to the registrar, calls to the flow that the
   * dialled user names, to the registered user of that name, to `flows.default`.
   */
  readonly routes?: readonly RouteConfig[];
  readonly outbound?: OutboundConfig;
  readonly security?: SecurityConfig;
  /** Users and their registrations are kept here. `./data`. */
  readonly data?: { readonly directory?: string };
  readonly media?: {
    /** RTP ports, even and odd in pairs. 10 000 to 19 999. */
    readonly ports?: { readonly min: number; readonly max: number };
    /**
     * In order of preference; Opus only where it can be loaded. `['PCMU', 'PCMA', 'G722', 'opus']`: what we offer costs
     * next to nothing and is never recoded between phones and trunks, and a phone that prefers another one gets it.
     */
    readonly codecs?: readonly CodecName[];
    /** Whose order of codecs decides. `theirs`. */
    readonly preference?: 'ours' | 'theirs';
    /** A call without any packet from the caller for so long is ended; 0 never. 60 000. */
    readonly timeout?: number;
    /** Threads that the audio runs in; 0: none, beside the signalling. The cores less one, at least 1. */
    readonly workers?: number;
    /** Whether our offers ask for RTCP on the port of RTP (RFC 5761); taken where the peer asks. `false`. */
    readonly rtcpMux?: boolean;
    /**
     * Encryption (RFC 3711): never, where the peer asks for it, or nothing else. Listeners (`;srtp=required`) and
     * trunks may say otherwise. `allowed`.
     */
    readonly srtp?: SrtpPolicy;
    /** How our offers agree on keys: in SDP (RFC 4568), or by DTLS (RFC 5763). `sdes`. */
    readonly srtpKeys?: SrtpKeys;
    readonly dtmf?: {
      /** Whether keys are heard in the sound: `auto`, where the peer takes no RFC 4733 events. */
      readonly detect?: 'auto' | 'always' | 'never';
    };
    /** Whose tones callers hear, two letters: `us`, `gb`, `de`, …. `us`. */
    readonly toneCountry?: string;
    /** What somebody who is put on hold hears, where the flow says nothing else: silence, when absent. */
    readonly holdMusic?: PromptConfig;
  };
  readonly flows?: {
    /** The folder whose `*.flow.ts` are served, each under its name. `./flows`. */
    readonly directory?: string;
    /** Single files, besides the folder or instead of it. */
    readonly files?: readonly string[];
    /** Answers calls whose user names no flow; without it they get 404. */
    readonly default?: string;
    /** What a caller hears when a flow breaks. The prompt `apology` where there is one, else `{ say: 'We are sorry, …' }`. */
    readonly apology?: PromptConfig;
  };
  readonly prompts?: {
    /** Where named prompts are. `./prompts`. */
    readonly directory?: string;
    /** The language of calls that say nothing else, a BCP 47 tag. That of the voice, where one is configured; `en`. */
    readonly language?: string;
    /** Languages in which a prompt is looked for before {@link language}, in order. */
    readonly fallback?: readonly string[];
    /** Synthesised audio is kept here, and what was fetched. `./.cache/speech`. */
    readonly cache?: string;
    /** Bytes of spoken texts on disk; the ones that were not used for longest go first. 512 MB. */
    readonly cacheSize?: number;
    /** Who speaks `{ say }`; of several, each where those before it fail. The built-in voice. */
    readonly voice?: VoiceConfig | readonly VoiceConfig[];
    /** Who speaks in a language, by its tag; those of {@link voice} that speak it come after them. */
    readonly voices?: Readonly<Record<string, VoiceConfig | readonly VoiceConfig[]>>;
  };
  /**
   * Who understands speech in `gather`: nobody, when absent. Of several, each is asked where those before it fail again
   * and again.
   */
  readonly recognizer?: RecognizerConfig | readonly RecognizerConfig[];
  /** Call records are appended here, a file a day. `./records`. */
  readonly records?: {
    readonly directory?: string;
    /** Whether what each flow was given is kept beside them, for `callchart replay`. `true`. */
    readonly flowLog?: boolean;
  };
  readonly recordings?: {
    /** Recorded audio is kept here. `./recordings`. */
    readonly directory?: string;
    /** What is recorded where the flow says nothing else: 16 bits, µ-law, or Opus. `wav`. */
    readonly format?: RecordingFormat;
  };
  /** The HTTP server of the API, metrics and health; there is none without `listen`. */
  readonly http?: HttpConfig;
  /** Queues, by name. One that is not described here is there as well, with the defaults. */
  readonly queues?: Readonly<Record<string, QueueConfig>>;
  readonly web?: WebConfig;
  /** For web apps that were written for Twilio. Their token comes from `CALLCHART_TWILIO_AUTH_TOKEN`. */
  readonly twilio?: TwilioConfig;
  /** Who is told of calls; without it nothing is written down for them. */
  readonly events?: EventsConfig;
  readonly log?: {
    /** Environment: `CALLCHART_LOG_LEVEL`. `info`. */
    readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  };
  /** How long calls in progress may go on after SIGTERM. 30 000. */
  readonly drainTimeout?: number;
}

/** Where the API is, and what it bears. */
export interface HttpConfig {
  /** An IP address and a port, `127.0.0.1:8080`. Environment: `CALLCHART_HTTP_LISTEN`. */
  readonly listen?: string;
  /** PEM files: https. Read again when they change. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** The URL by which others reach it, when a proxy is in front: `https://calls.example.com`. */
  readonly publicUrl?: string;
  /** Networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxy?: readonly string[];
  /** Bytes of a request's body. 100 000. */
  readonly bodyLimit?: number;
  /** Requests a minute with one key. 600. */
  readonly rateLimit?: number;
}

/** A prompt as the configuration writes it: a name, or text to speak. */
export type PromptConfig = string | { readonly say: string };

export type VoiceConfig =
  /** Built in, English: `slt` (default), `rms`, `awb`, `kal`. */
  | {
      readonly type: 'flite';
      readonly voice?: string;
      /** How long a sentence may take. 20 000. */
      readonly timeout?: number;
    }
  /**
   * espeak-ng, about a hundred languages: `npm install @echogarden/espeak-ng-emscripten` (GPL, version 3), which does
   * not come with Callchart.
   */
  | {
      readonly type: 'espeak';
      /** `de`, `pt-BR`, …; each text's own when absent. */
      readonly language?: string;
      /** One of its own, perhaps with a variant: `de+f3`. */
      readonly voice?: string;
      /** Times the usual speed, 0.5 to 2.5. 1. */
      readonly rate?: number;
      /** 0 to 99. 50. */
      readonly pitch?: number;
      /** How long a sentence may take. 20 000. */
      readonly timeout?: number;
    }
  /**
   * Google Cloud Text-to-Speech. Credentials come from `GOOGLE_APPLICATION_CREDENTIALS`, or a key
   * from `CALLCHART_GOOGLE_API_KEY`.
   */
  | {
      readonly type: 'google';
      /** `en-US`, … */
      readonly language: string;
      /** `en-US-Neural2-C`, …; the service chooses when absent. */
      readonly voice?: string;
      /** 0.25 to 4. 1. */
      readonly rate?: number;
      /** Semitones, -20 to 20. 0. */
      readonly pitch?: number;
      /** dB, -96 to 16. 0. */
      readonly gain?: number;
      /** `['telephony-class-application']`, … */
      readonly effects?: readonly string[];
      /** How long a synthesis may take. 5 000. */
      readonly timeout?: number;
      /** Another host than Google's, as `http://host:port`: a proxy, or a double in tests. */
      readonly endpoint?: string;
    };

export type RecognizerConfig =
  /**
   * Google Cloud Speech-to-Text. Credentials come from `GOOGLE_APPLICATION_CREDENTIALS`, or a key from
   * `CALLCHART_GOOGLE_API_KEY`.
   */
  | {
      readonly type: 'google';
      /** `en-US`, …: for calls whose language is the same without a region. */
      readonly language?: string;
      /** `phone_call`, `latest_short`, …, where the flow names none; the service chooses when absent. */
      readonly model?: string;
      /** How long the last result may take when all was said. 5 000. */
      readonly timeout?: number;
      /** Another host than Google's, as `http://host:port`: a proxy, or a double in tests. */
      readonly endpoint?: string;
    }
  /** Anybody's engine: docs/speech.md says what it is sent, and what it answers. */
  | {
      readonly type: 'websocket';
      /** `wss://…`, or `ws://…`; a token for it comes from `CALLCHART_RECOGNIZER_TOKEN`. */
      readonly url: string;
      /** How long the connection may take, and the last result when all was said. 5 000. */
      readonly timeout?: number;
    };

/** Returns what it is given: gives a configuration file its types. */
export function defineConfig(config: CallchartConfig): CallchartConfig {
  return config;
}
