import type { WebClient } from '../../web/port';

export interface HttpGetOptions {
  readonly web: WebClient;
  /** Milliseconds for all of an answer. */
  readonly timeout: number;
  /** Bytes; a larger body is refused. */
  readonly maxSize: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names are in small letters; of several values, all in one, separated by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** GET over http and https. */
export class HttpGet {
  constructor(private readonly options: HttpGetOptions) {}

  /** Rejects with an `Error` that says why there is no answer. Redirects are not followed. */
  async get(url: URL, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const { web, timeout, maxSize } = this.options;
    const result = await web.request({
      ...{ url: url.href, method: 'GET', headers, timeout, maxSize },
      // Each step of a redirect is kept by itself.
      maxRedirects: 0,
    });
    if (result.type === 'failed') throw new Error(result.detail);
    return result;
  }
}
