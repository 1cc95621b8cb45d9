import { CallchartError, DefectError, describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { Problem } from './problem';

/** What a call or the server refuses, as a status. */
const statusOf: Readonly<Record<string, number>> = {
  CALLCHART_CALL_ENDED: 409,
  CALLCHART_CALL_STATE: 409,
  CALLCHART_CALL_BUSY: 409,
  CALLCHART_UNKNOWN_PARTICIPANT: 404,
  CALLCHART_STORE: 503,
  CALLCHART_BAD_CURSOR: 400,
};

/** What the reader of bodies throws, by its own names. */
const bodyProblems: Readonly<Record<string, readonly [number, string]>> = {
  'entity.too.large': [413, 'the body is larger than http.bodyLimit allows'],
  'entity.parse.failed': [400, 'the body is no JSON'],
  'encoding.unsupported': [415, 'the body must not be compressed'],
  'charset.unsupported': [415, 'the body must be UTF-8'],
  'request.aborted': [400, 'the request ended before its body did'],
  'request.size.invalid': [400, 'the body is not as long as Content-Length says'],
};

/** Whatever was thrown as what is answered; what nobody expected goes to the log, and not to the client. */
export function toProblem(thrown: unknown, requestId: string, logger: Logger): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof CallchartError && !(thrown instanceof DefectError)) {
    return new Problem(statusOf[thrown.code] ?? 422, thrown.code, thrown.message);
  }
  const { type, status } = (thrown ?? {}) as { readonly type?: unknown; readonly status?: unknown };
  const known = typeof type === 'string' ? bodyProblems[type] : undefined;
  if (known !== undefined) return new Problem(known[0], 'CALLCHART_INVALID_REQUEST', known[1]);
  // A path that cannot be decoded, and the like.
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem(status, 'CALLCHART_INVALID_REQUEST', 'the request cannot be read');
  }
  logger.error(
    {
      requestId,
      error: describeError(thrown),
      stack: thrown instanceof Error ? thrown.stack : undefined,
    },
    'a request to the API has failed',
  );
  return new Problem(
    500,
    'CALLCHART_DEFECT',
    'the server has failed; its log says more under this requestId',
  );
}
