import type { Dispatcher } from 'undici';
import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';

export interface HttpGetOptions {
  readonly clock: Clock;
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

/** GET over http and https; one connection pool for all. */
export class HttpGet {
  private dispatcher: Promise<Dispatcher> | undefined;

  constructor(private readonly options: HttpGetOptions) {}

  /** Loads what the first request would wait for: it takes a tenth of a second. */
  async prepare(): Promise<void> {
    await this.agent();
  }

  /** Rejects with an `Error` that says why there is no answer. Redirects are not followed. */
  async get(url: URL, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const { clock, timeout } = this.options;
    const abort = new AbortController();
    const timer = clock.setTimeout(
      () => abort.abort(new Error(`there was no answer within ${timeout} ms`)),
      timeout,
    );
    try {
      const agent = await this.agent();
      const { signal } = abort;
      const path = url.pathname + url.search;
      const response = await agent.request({
        origin: url.origin,
        path,
        method: 'GET',
        headers,
        signal,
      });
      return {
        status: response.statusCode,
        headers: plain(response.headers),
        body: await this.read(response),
      };
    } catch (error) {
      throw abort.signal.aborted ? (abort.signal.reason as Error) : new Error(reason(error));
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await (await this.dispatcher)?.destroy();
  }

  private async read({ headers, body }: Dispatcher.ResponseData): Promise<Uint8Array> {
    const { maxSize } = this.options;
    const limit = `it has more than ${(maxSize / 1024 / 1024).toFixed(1)} MB`;
    const chunks: Uint8Array[] = [];
    let size = Number(plain(headers)['content-length'] ?? 0);
    if (size <= maxSize) {
      size = 0;
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > maxSize) break;
        chunks.push(chunk);
      }
    }
    if (size > maxSize) {
      body.destroy();
      throw new Error(limit);
    }
    return Buffer.concat(chunks);
  }

  /** Where requests to certain addresses are to be refused, this is the place: `connect` of the agent. */
  private agent(): Promise<Dispatcher> {
    this.dispatcher ??= import('undici').then(
      // The time limit is ours, by our clock.
      ({ Agent }) => new Agent({ connections: 8, headersTimeout: 0, bodyTimeout: 0 }),
    );
    return this.dispatcher;
  }
}

function plain(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function reason(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host is not known';
  return describeError(error) || String(code);
}
