import type { Database, Statement } from './database';

/** What was answered to a request that may come again. */
export interface StoredAnswer {
  /** SHA-256 of method, path and body, in hexadecimal. */
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Answers by the API's key and the Idempotency-Key of their requests. */
export class AnswerTable {
  private readonly insert: Statement;
  private readonly select: Statement;
  private readonly forget: Statement;

  constructor(database: Database) {
    this.insert = database.prepare(
      'INSERT OR REPLACE INTO api_answers (api_key, idempotency_key, request, status, headers, body, created) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.select = database.prepare(
      'SELECT request, status, headers, body FROM api_answers WHERE api_key = ? AND idempotency_key = ? AND created > ?',
    );
    this.forget = database.prepare('DELETE FROM api_answers WHERE created <= ?');
  }

  /** One that was given after `since`, in milliseconds since the epoch. */
  find(apiKey: string, idempotencyKey: string, since: number): StoredAnswer | undefined {
    const [row] = this.select.all(apiKey, idempotencyKey, since);
    if (row === undefined) return undefined;
    const [request, status, headers, body] = row;
    return {
      request: String(request),
      status: Number(status),
      headers: JSON.parse(String(headers)) as StoredAnswer['headers'],
      body: JSON.parse(String(body)) as unknown,
    };
  }

  /** Keeps an answer, and forgets those that were given until `since`. */
  keep(
    apiKey: string,
    idempotencyKey: string,
    { request, status, headers, body }: StoredAnswer,
    { now, since }: { readonly now: number; readonly since: number },
  ): void {
    this.forget.run(since);
    const json = [JSON.stringify(headers), JSON.stringify(body ?? null)] as const;
    this.insert.run(apiKey, idempotencyKey, request, status, ...json, now);
  }
}
