/** How web servers of others are asked. Durations are milliseconds. */
export interface WebConfig {
  /**
   * Hosts that may be asked although their address is private, loopback or not public otherwise: `localhost:3000`,
   * `*.internal.example`, `10.0.0.0/8`, `10.1.2.3:8080`. None.
   */
  readonly allow?: readonly string[];
  /** A PEM file with authorities that count besides those that the platform trusts. */
  readonly ca?: string;
  /** How long making a connection may take. 5 000. */
  readonly connectTimeout?: number;
  /** Requests to one origin at once. 100. */
  readonly connections?: number;
  /** Requests that may wait for one origin; the next one fails at once. 1 000. */
  readonly queue?: number;
  /** An origin that has not answered so often in a row is left alone. 5. */
  readonly failures?: number;
  /** How long it is left alone. 10 000. */
  readonly rest?: number;
}

/** With every default in place. */
export interface WebSettings extends Required<Omit<WebConfig, 'ca'>> {
  /** The file's absolute path. */
  readonly ca: string | undefined;
  /** Keys that requests are signed with; from the environment alone. */
  readonly signingKeys: readonly string[];
}

/** As whom web apps that were written for Twilio know this server. */
export interface TwilioConfig {
  /** `AC` and 32 hexadecimal digits, as it stands in requests and in the paths of the REST API. Zeros. */
  readonly accountSid?: string;
}

export interface TwilioSettings extends Required<TwilioConfig> {
  /** What requests are signed with, `X-Twilio-Signature`; from the environment alone. */
  readonly authToken: string | undefined;
}

/** A web app that answers calls with documents. Durations are milliseconds. */
export interface WebhookRouteConfig {
  readonly url: string;
  /** `POST`. */
  readonly method?: 'GET' | 'POST';
  /** Asked when `url` gives no document. */
  readonly fallbackUrl?: string;
  readonly fallbackMethod?: 'GET' | 'POST';
  /** How requests are written: with the parameters of Twilio as a form, or as JSON. `form`. */
  readonly format?: 'form' | 'json';
}
