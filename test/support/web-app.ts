import type { WebClient, WebFailure, WebRequest, WebResult } from '../../runtime/web/port';

/** What an app answers: TwiML as text that begins with `<`, JSON as anything else; or how it fails. */
export type AppAnswer =
  | string
  | readonly object[]
  | { readonly status: number; readonly contentType?: string; readonly body?: string }
  | { readonly fails: WebFailure };

export interface AppRequest {
  /** Without its query. */
  readonly path: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the query, or of the form. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What came as JSON. */
  readonly json: unknown;
}

/** Web apps in place of the web: the handler answers by path. */
export class WebApp implements WebClient {
  readonly requests: AppRequest[] = [];
  readonly counts = { requests: 0, failures: 0, open: 0, openCircuits: 0 };

  constructor(private readonly answer: (request: AppRequest) => AppAnswer) {}

  async request(request: WebRequest): Promise<WebResult> {
    const seen = read(request);
    this.requests.push(seen);
    const answer = this.answer(seen);
    if (typeof answer === 'object' && 'fails' in answer) {
      const { fails: reason } = answer;
      const detail = `the app fails: ${reason}`;
      return { type: 'failed', reason, message: detail, detail, attempts: 1 };
    }
    const { status, contentType, body } = written(answer);
    return {
      ...{ type: 'answer', status, cookies: [], attempts: 1 },
      headers: contentType === undefined ? {} : { 'content-type': contentType },
      body: Buffer.from(body),
      url: request.url,
    };
  }

  refusal(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  lookup(): never {
    throw new Error('a web app of a test has no address');
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What each path was told, in order. */
  told(path: string): readonly Readonly<Record<string, string>>[] {
    return this.requests.filter((each) => each.path === path).map((each) => each.parameters);
  }
}

function read({ url, method, headers = {}, body, sign }: WebRequest): AppRequest {
  const { pathname, searchParams } = new URL(url);
  const type = headers['content-type'] ?? '';
  const text = typeof body === 'string' ? body : '';
  const isForm = type.startsWith('application/x-www-form-urlencoded');
  const parameters = isForm ? new URLSearchParams(text) : searchParams;
  return {
    ...{ path: pathname, url, method },
    headers: { ...headers, ...sign?.({ url, method, body }) },
    parameters: Object.fromEntries(parameters),
    json: type.startsWith('application/json') ? JSON.parse(text) : undefined,
  };
}

function written(answer: Exclude<AppAnswer, { readonly fails: WebFailure }>): {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
} {
  if (typeof answer === 'string') {
    const contentType = answer.startsWith('<') ? 'text/xml' : 'application/json';
    return { status: 200, contentType, body: answer };
  }
  if (!('status' in answer)) {
    return { status: 200, contentType: 'application/json', body: JSON.stringify(answer) };
  }
  const { status, contentType, body = '' } = answer;
  return { status, contentType, body };
}
