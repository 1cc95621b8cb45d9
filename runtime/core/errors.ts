/** A stable name for a kind of error, for scripts and for the documentation. */
export type ErrorCode = `CALLCHART_${string}`;

export interface CallchartErrorOptions {
  /** The SIP status that this error becomes when it meets a request. */
  readonly status?: number;
  readonly cause?: unknown;
}

/**
 * The base of every error that Callchart throws on purpose. An outcome that a flow should expect
 * (busy, no input, hang-up) is never an error: it is a member of a union.
 */
export class CallchartError extends Error {
  readonly code: ErrorCode;
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, options: CallchartErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = options.status;
  }
}

/** A state that the code rules out was reached: a defect of ours, never the peer's fault. */
export class DefectError extends CallchartError {
  constructor(message: string, options: CallchartErrorOptions = {}) {
    super('CALLCHART_DEFECT', message, options);
  }
}

/** What was thrown, as one line for a log or a person. */
export function describeError(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
