import { CallchartApiError } from './problem';

export interface ClientOptions {
  /** `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** What `callchart keys add` has printed. */
  readonly key: string;
  /** Milliseconds for each attempt; 30 000. */
  readonly timeout?: number;
  /** How often a request is tried again that may be carried out twice without harm; 2. */
  readonly retries?: number;
  /** Instead of the platform's: for tests, or a proxy. */
  readonly fetch?: typeof fetch;
}

export interface Sent {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** One is made where none is given, for a POST: so it may be sent again. */
  readonly idempotencyKey?: string | undefined;
}

/** Milliseconds before the first repetition; the next waits twice as long. */
const firstPause = 200;
/** The longest that Retry-After is heeded for. */
const longestPause = 10_000;

/** Sends requests, and sends those again that have had no answer, or 429, 502, 503 or 504. */
export class Transport {
  private readonly fetch: typeof fetch;
  private readonly base: string;

  constructor(private readonly options: ClientOptions) {
    this.fetch = options.fetch ?? fetch;
    this.base = options.baseUrl.replace(/\/+$/, '');
  }

  /** The JSON of the answer; undefined where there is none. */
  async json(sent: Sent): Promise<unknown> {
    const response = await this.send(sent);
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }

  /** @throws {CallchartApiError} for whatever is no 2xx */
  async send(sent: Sent): Promise<Response> {
    const { retries = 2 } = this.options;
    // The server carries what has the same key out once, so a POST with one may be repeated, too.
    const idempotencyKey =
      sent.method === 'POST' ? (sent.idempotencyKey ?? crypto.randomUUID()) : undefined;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.attempt(sent, idempotencyKey);
      if (!(outcome instanceof CallchartApiError)) return outcome;
      if (attempt >= retries || !mayRepeat(outcome, sent)) throw outcome;
      const pause = outcome.retryAfter ?? firstPause * 2 ** attempt;
      await wait(Math.min(pause, longestPause), sent.signal);
    }
  }

  private async attempt(
    sent: Sent,
    idempotencyKey: string | undefined,
  ): Promise<Response | CallchartApiError> {
    const { method, path, query, body, headers, signal } = sent;
    const { key, timeout = 30_000 } = this.options;
    const late = AbortSignal.timeout(timeout);
    const isStream = headers?.['Accept'] === 'text/event-stream';
    try {
      const response = await this.fetch(`${this.base}${path}${search(query)}`, {
        method,
        headers: {
          Authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        // A stream lasts: who reads it says when it ends.
        signal: isStream ? (signal ?? null) : signal ? AbortSignal.any([signal, late]) : late,
      });
      return response.ok ? response : await readProblem(response);
    } catch (cause) {
      signal?.throwIfAborted();
      const detail = `${method} ${path}: ${cause instanceof Error ? reasonOf(cause) : 'no answer'}`;
      return new CallchartApiError({ code: 'CALLCHART_API_UNREACHABLE', detail }, { cause });
    }
  }
}

function mayRepeat({ status }: CallchartApiError, { signal }: Sent): boolean {
  return signal?.aborted !== true && [0, 429, 502, 503, 504].includes(status);
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

async function readProblem(response: Response): Promise<CallchartApiError> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  const text = await response.text();
  try {
    const body = JSON.parse(text) as ConstructorParameters<typeof CallchartApiError>[0];
    return new CallchartApiError({ ...body, status: response.status }, { retryAfter });
  } catch {
    // What is between has answered, not the API.
    const detail = `${response.status} ${response.statusText}`;
    return new CallchartApiError({ status: response.status, detail }, { retryAfter });
  }
}

function search(query: Sent['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
}

/** Resolves after so many milliseconds; rejects when it is aborted. */
export function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      // eslint-disable-next-line no-restricted-globals -- as below
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    // eslint-disable-next-line no-restricted-globals -- a client has no server's clock
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
  });
}
