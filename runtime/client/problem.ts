import type { AnswerOf } from './types';

/** What the API has refused (RFC 9457), or that it could not be reached: `status` is 0 then. */
export class CallchartApiError extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** Stable: `CALLCHART_UNKNOWN_FLOW`. */
  readonly code: string;
  /** As in the log of the server. */
  readonly requestId: string | undefined;
  /** What is wrong, and where. */
  readonly errors: readonly {
    readonly in: string;
    readonly at: string;
    readonly message: string;
  }[];
  /** Milliseconds after which it may be tried again, where the server says so. */
  readonly retryAfter: number | undefined;

  constructor(
    { status, code, detail, requestId, errors = [] }: Partial<AnswerOf<'problem'>>,
    options: { readonly cause?: unknown; readonly retryAfter?: number | undefined } = {},
  ) {
    super(detail ?? 'the request has failed', { cause: options.cause });
    this.name = 'CallchartApiError';
    this.status = status ?? 0;
    this.code = code ?? 'CALLCHART_API';
    this.requestId = requestId;
    this.errors = errors;
    this.retryAfter = options.retryAfter;
  }
}
