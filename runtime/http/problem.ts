import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../core/errors';

/** Where in a request something is wrong. */
export interface ProblemPlace {
  readonly in: 'path' | 'query' | 'body' | 'header';
  /** `callerId.number`; '' is all of it. */
  readonly at: string;
  readonly message: string;
}

/** What went wrong, as it is answered (RFC 9457): `type` is `about:blank`, so `title` is the status' own. */
export interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  /** One sentence for a person. */
  readonly detail: string;
  /** Stable, for programs. */
  readonly code: ErrorCode;
  /** As in the header field X-Request-Id, and in the log. */
  readonly requestId: string;
  readonly errors?: readonly ProblemPlace[];
}

export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly ProblemPlace[];
}

/** Thrown where a request cannot be carried out: becomes the answer. */
export class Problem extends Error {
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly ProblemPlace[] | undefined;

  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    detail: string,
    { headers = {}, errors }: ProblemOptions = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.headers = headers;
    this.errors = errors;
  }

  body(requestId: string): ProblemBody {
    const { status, code, message, errors } = this;
    return {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: message,
      code,
      requestId,
      ...(errors === undefined ? {} : { errors }),
    };
  }
}

export const problems = {
  notFound: (what: string) => new Problem(404, 'CALLCHART_NOT_FOUND', `there is no ${what}`),
  ended: (id: string) => new Problem(409, 'CALLCHART_CALL_ENDED', `the call ${id} is over`),
} as const;
