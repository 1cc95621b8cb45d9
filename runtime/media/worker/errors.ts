import { CallchartError, describeError, type ErrorCode } from '../../core/errors';
import type { ErrorFacts } from './protocol';

/** An error on its way to another thread, which keeps code and status but no class. */
export function factsOf(thrown: unknown): ErrorFacts {
  const message = describeError(thrown);
  if (!(thrown instanceof CallchartError)) return { message };
  const { code, status } = thrown;
  return { message, code, ...(status === undefined ? {} : { status }) };
}

/** The error that another thread told of. */
export function errorOf({ message, code, status }: ErrorFacts): Error {
  if (code === undefined) return new Error(message);
  return new CallchartError(code as ErrorCode, message, status === undefined ? {} : { status });
}

/** Nobody is there to do what was asked for. */
export function workerGone(reason: string): CallchartError {
  return new CallchartError('CALLCHART_MEDIA_WORKER_DIED', reason, { status: 503 });
}
