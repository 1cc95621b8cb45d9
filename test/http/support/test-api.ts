import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { ResolvedHttp } from '../../../runtime/config/resolved';
import type { ApiScope } from '../../../runtime/core/api-scope';
import { type Clock, RealClock } from '../../../runtime/core/clock';
import { type Logger, silentLogger } from '../../../runtime/core/logger';
import { SeededRandom } from '../../../runtime/core/random';
import { type ApiParts, type OpenApi, openApi } from '../../../runtime/http/open-api';
import type { CallFilter, CallHistory, EndedCall, HistoryMark } from '../../../runtime/http/port';
import { endedCall, fits } from '../../../runtime/http/call-shapes';
import type { ApiKeys } from '../../../runtime/store/api-key-store';
import type { StoredApiKey } from '../../../runtime/store/api-key-table';
import type { StoredAnswer } from '../../../runtime/store/answer-table';
import { describedAnswer } from './described';
import { FakeService } from './fake-service';

/** A key of each scope: `read-key`, `call-key`, `admin-key`. */
export class FakeKeys implements ApiKeys {
  readonly revoked = new Set<string>();

  find(key: string): StoredApiKey | undefined {
    const scope = /^(read|call|admin)-key$/.exec(key)?.[1];
    if (scope === undefined || this.revoked.has(scope)) return undefined;
    const hash = createHash('sha256').update(key).digest('hex');
    return {
      prefix: scope,
      name: scope,
      scope: scope as ApiScope,
      hash,
      created: 0,
      lastUsed: undefined,
    };
  }

  has(prefix: string): boolean {
    return !this.revoked.has(prefix);
  }
}

/** Calls that are over, in memory. */
export class FakeHistory implements CallHistory {
  readonly calls: EndedCall[] = [];

  add(id: string, more: Readonly<Record<string, unknown>> = {}): void {
    const second = String(this.calls.length).padStart(2, '0');
    const time = `2026-01-04T10:00:${second}.000Z`;
    this.calls.push({ id, callId: `${id}@x`, started: time, ended: time, ...more });
  }

  async page(filter: CallFilter, limit: number, after?: HistoryMark): Promise<EndedCall[]> {
    return this.calls
      .toReversed()
      .filter(
        (call) => after === undefined || `${call.ended}${call.id}` < `${after.ended}${after.id}`,
      )
      .filter((call) => fits(endedCall(call), filter))
      .slice(0, limit);
  }

  async find(id: string): Promise<EndedCall | undefined> {
    return this.calls.find((call) => call.id === id);
  }
}

export class MemoryAnswers {
  private readonly kept = new Map<string, StoredAnswer & { readonly created: number }>();

  find(apiKey: string, key: string, since: number): StoredAnswer | undefined {
    const found = this.kept.get(`${apiKey} ${key}`);
    return found !== undefined && found.created > since ? found : undefined;
  }

  keep(apiKey: string, key: string, answer: StoredAnswer, { now }: { readonly now: number }): void {
    this.kept.set(`${apiKey} ${key}`, {
      ...(JSON.parse(JSON.stringify(answer)) as StoredAnswer),
      created: now,
    });
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
}

export interface Asking {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An API that listens, with a server of calls that has none. */
export class TestApi {
  private constructor(
    readonly api: OpenApi,
    readonly service: FakeService,
    readonly keys: FakeKeys,
    readonly history: FakeHistory,
  ) {}

  static async open(
    options: {
      readonly config?: Partial<ResolvedHttp>;
      readonly clock?: Clock;
      readonly logger?: Logger;
      readonly parts?: Partial<ApiParts>;
    } = {},
  ): Promise<TestApi> {
    const service = new FakeService();
    const keys = new FakeKeys();
    const history = new FakeHistory();
    const api = await openApi({
      config: {
        listen: { host: '127.0.0.1', port: 0 },
        tls: undefined,
        publicUrl: undefined,
        trustProxy: [],
        bodyLimit: 10_000,
        rateLimit: 100_000,
        ...options.config,
      },
      server: service,
      keys,
      answers: new MemoryAnswers(),
      history,
      version: '1.2.3',
      clock: options.clock ?? new RealClock(),
      random: new SeededRandom(1),
      logger: options.logger ?? silentLogger,
      ...options.parts,
    });
    return new TestApi(api, service, keys, history);
  }

  async ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    const { key = 'admin-key', body, headers } = asking;
    const response = await fetch(`${this.api.url}${path}`, {
      method,
      headers: {
        ...('key' in asking && asking.key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const { status } = response;
    const answer = isJson ? (JSON.parse(text) as unknown) : undefined;
    // Every answer that a test gets has to be as the description of the API says.
    const schema = status === 405 ? undefined : describedAnswer(method, path, status);
    const problem = schema?.safeParse(answer).error;
    if (problem !== undefined) {
      throw new Error(`${method} ${path} is not answered as described: ${problem.message} ${text}`);
    }
    return { status, headers: response.headers, text, body: answer };
  }

  get(path: string, asking: Asking = {}): Promise<Answer> {
    return this.ask('GET', path, asking);
  }

  /** Sends bytes as they are, and gives all that comes back. */
  async raw(bytes: string): Promise<string> {
    const { hostname, port } = new URL(this.api.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write(bytes);
    await once(socket, 'close');
    return text;
  }

  close(): Promise<void> {
    return this.api.close();
  }
}
