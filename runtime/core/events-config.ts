/** Who is told of calls. Durations are milliseconds. */
export interface EventsConfig {
  readonly subscribers?: readonly SubscriberConfig[];
  /** How long events are kept that all have got, and those that somebody has not got in the end. 604 800 000 (7 days). */
  readonly retention?: number;
}

/** A web app that events are sent to. */
export interface SubscriberConfig {
  /** `https://app.example.com/events`. */
  readonly url: string;
  /** What it is known by in lists and logs; the URL without its query when absent. */
  readonly name?: string;
  /** Which it gets: `call.ended`, or `leg.*` for all that begin so; all but `call.state` when absent. */
  readonly types?: readonly string[];
  /** Whether it gets `call.state` too. `false`. */
  readonly states?: boolean;
  /** Header fields of the requests; a secret comes from a variable of the environment: `{ env: 'APP_TOKEN' }`. */
  readonly headers?: Readonly<Record<string, string | { readonly env: string }>>;
}

/** With every default in place. */
export interface EventsSettings {
  readonly subscribers: readonly SubscriberSettings[];
  readonly retention: number;
}

export interface SubscriberSettings {
  readonly name: string;
  readonly url: string;
  readonly types: readonly string[] | undefined;
  readonly states: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Variables of the environment that header fields name and that are not set. */
  readonly missing: readonly string[];
}
