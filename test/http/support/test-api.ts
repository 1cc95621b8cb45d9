import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { ResolvedHttp } from '../../../runtime/config/resolved';
import type { ApiScope } from '../../../runtime/core/api-scope';
import { type Clock, RealClock } from '../../../runtime/core/clock';
import { type Logger, silentLogger } from '../../../runtime/core/logger';
import { SeededRandom } from '../../../runtime/core/random';
import type { CallRecord } from '../../../runtime/call/call-record';
import { Journal } from '../../../runtime/events/journal';
import type { CallHistory, HistoryPage, PageRequest, PastCall } from '../../../runtime/events/port';
import type { CallFilter } from '../../../runtime/store/call-table';
import type { RecordingFilter, RecordingRow } from '../../../runtime/store/recording-table';
import { type ApiParts, type OpenApi, openApi } from '../../../runtime/http/open-api';
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

/** Calls that are over, and recordings, in memory; cursors are their numbers. */
export class FakeHistory implements CallHistory {
  private readonly past: PastCall[] = [];
  readonly rows: RecordingRow[] = [];
  readonly filters: CallFilter[] = [];

  add(id: string, more: Partial<CallRecord> = {}): void {
    const record = callRecord(id, this.past.length, more);
    this.past.unshift({ id, record } as PastCall);
  }

  addRecording(id: string, path: string, more: Partial<RecordingRow> = {}): void {
    const row = { id, path, sid: `RE${id}`, call: 'call-9', duration: 1_500, created: 1_000 };
    const none = { format: undefined, channels: undefined, size: undefined, deleted: undefined };
    this.rows.unshift({ ...row, ...none, ...more });
  }

  calls(filter: CallFilter, { limit, cursor = '0' }: PageRequest): HistoryPage<PastCall> {
    this.filters.push(filter);
    return pageOf(this.past, Number(cursor), limit);
  }

  call(id: string): PastCall | undefined {
    return this.past.find((call) => call.id === id);
  }

  deleteCall(id: string): void {
    const index = this.past.findIndex((call) => call.id === id);
    if (index >= 0) this.past.splice(index, 1);
  }

  recordings(
    { call }: RecordingFilter,
    { limit, cursor = '0' }: PageRequest,
  ): HistoryPage<RecordingRow> {
    const rows = this.rows.filter((row) => call === undefined || row.call === call);
    return pageOf(rows, Number(cursor), limit);
  }

  recording(id: string): RecordingRow | undefined {
    return this.rows.find((row) => row.id === id);
  }

  async deleteRecording(id: string): Promise<boolean> {
    const index = this.rows.findIndex((row) => row.id === id);
    if (index >= 0) this.rows.splice(index, 1);
    return index >= 0;
  }
}

function pageOf<T>(all: readonly T[], from: number, limit: number): HistoryPage<T> {
  const next = from + limit < all.length ? String(from + limit) : undefined;
  return { rows: all.slice(from, from + limit), next };
}

export function callRecord(id: string, number = 0, more: Partial<CallRecord> = {}): CallRecord {
  const party = { uri: 'sip:bob@127.0.0.1', user: 'bob', displayName: '' };
  const time = new Date(Date.UTC(2026, 0, 4, 10, 0, number)).toISOString();
  return {
    ...{ id, callId: `${id}@127.0.0.1`, direction: 'inbound', from: party, to: party },
    ...{ localTag: 'a', remoteTag: 'b', trunk: undefined, user: undefined, dialled: 'menu' },
    ...{ remoteAddress: '127.0.0.1:5070', transport: 'UDP' },
    flow: { name: 'menu', version: '0123456789ab' },
    ...{ started: time, rang: undefined, answered: true, answeredAt: time, ended: time },
    ...{ duration: 3_000, talked: 2_000 },
    end: { by: 'caller', cause: 'bye', status: 200, reason: 'OK' },
    path: [{ state: 'asking', at: 10 }],
    ...{ digits: [], recordings: [{ at: 5, path: '/srv/recordings/x-1.wav' }], transfers: [] },
    ...{ legs: [], errors: [], omitted: 0, media: undefined, laterFlows: [] },
    ...more,
  };
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
    const clock = options.clock ?? new RealClock();
    const logger = options.logger ?? silentLogger;
    const feed = new Journal({ clock, logger, sizeOf: () => 100 });
    service.feed = feed;
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
      clock,
      feed,
      random: new SeededRandom(1),
      logger,
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

  get streams(): OpenApi['streams'] {
    return this.api.streams;
  }

  close(): Promise<void> {
    return this.api.close();
  }
}
