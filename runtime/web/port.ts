/** A request to somebody else's web server. Durations are milliseconds. */
export interface WebRequest {
  /** Absolute; http or https. Name and password in it become Basic credentials. */
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Those that the connection needs (Host, Content-Length, …) are written by the client; `Host` and the like are left out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Of all of it: redirects, retries and the pauses between included. */
  readonly timeout: number;
  /** Of making the connection; that of the configuration (5 000) when absent, which is also the most. */
  readonly connectTimeout?: number;
  /** Bytes of the answer's body; a larger one is refused. */
  readonly maxSize: number;
  /** Redirects (301, 302, 303, 307, 308) that are followed; 0 gives their answer as it stands. */
  readonly maxRedirects: number;
  /** How often it is tried again when there was no answer, or 429 or 5xx; 0. */
  readonly retries?: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Header fields that depend on what is sent, such as a signature: asked for before each attempt and each redirect,
   * with what goes out then.
   */
  readonly sign?: (sent: SentRequest) => Readonly<Record<string, string>>;
}

/** What goes out in one attempt. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly body: string | Uint8Array | undefined;
}

/** Why there is no answer. */
export type WebFailure =
  | 'timeout'
  /** Nobody listens there. */
  | 'refused'
  | 'unknownHost'
  /** The connection ended before the answer did. */
  | 'closed'
  | 'tls'
  /** What came is no HTTP. */
  | 'garbage'
  | 'tooLarge'
  | 'tooManyRedirects'
  /** The address is private, link-local or the like, and not allowed. */
  | 'forbiddenAddress'
  | 'badUrl'
  /** The host has failed so often that it is left alone for a while. */
  | 'circuitOpen'
  /** Too many requests wait for this host. */
  | 'busy'
  | 'aborted';

/** What came of a request: never an exception. */
export type WebResult =
  | {
      readonly type: 'answer';
      /** Any status. */
      readonly status: number;
      /** Names in small letters; several values of one name are separated by commas. */
      readonly headers: Readonly<Record<string, string>>;
      /** Each `Set-Cookie` on its own. */
      readonly cookies: readonly string[];
      readonly body: Uint8Array;
      /** Where it came from in the end. */
      readonly url: string;
      readonly attempts: number;
    }
  | {
      readonly type: 'failed';
      readonly reason: WebFailure;
      /** One sentence for the log; without secrets, those of the URL included. */
      readonly message: string;
      /** The same without the URL: `nobody listens there`. */
      readonly detail: string;
      readonly attempts: number;
    };

/** `net.LookupFunction`, in words of our own: whoever only reads our types may not have those of Node. */
export type SocketLookup = (
  hostname: string,
  options: { readonly all?: boolean | undefined },
  callback: (
    error: Error | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void;

/** Asks other web servers: one pool, breaker and queue for each origin, so that a dead one delays no other. */
export interface WebClient {
  request(request: WebRequest): Promise<WebResult>;
  /** Whether a connection to this URL is allowed at all, before it is tried; also for WebSockets. Resolves to why not. */
  refusal(url: string): Promise<string | undefined>;
  /**
   * The option `lookup` for sockets of others (`ws`, `net`, `tls`) to the host of this URL: gives only addresses that
   * are allowed. Ask {@link refusal} before, because sockets do not look up a literal address.
   */
  lookup(url: string): SocketLookup;
  /** Loads what the first request would wait for: it takes a tenth of a second. */
  prepare(): Promise<void>;
  readonly counts: WebCounts;
  close(): Promise<void>;
}

export interface WebCounts {
  readonly requests: number;
  readonly failures: number;
  /** In flight or waiting now. */
  readonly open: number;
  /** Hosts that are left alone now. */
  readonly openCircuits: number;
}
