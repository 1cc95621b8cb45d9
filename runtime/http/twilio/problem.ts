import { STATUS_CODES } from 'node:http';
import type { Logger } from '../../core/logger';
import { toProblem } from '../failures';
import type { Problem } from '../problem';

/** An error as Twilio's clients read it. */
export interface TwilioErrorBody {
  readonly code: number;
  readonly message: string;
  readonly more_info: string;
  readonly status: number;
}

/** Thrown where a request cannot be carried out: becomes the answer. */
export class TwilioProblem extends Error {
  constructor(
    readonly status: number,
    /** Of Twilio's dictionary of errors. */
    readonly code: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'TwilioProblem';
  }

  get body(): TwilioErrorBody {
    const { code, message, status } = this;
    return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
  }
}

export const twilioProblems = {
  notFound: (path: string) =>
    new TwilioProblem(404, 20404, `The requested resource ${path} was not found`),
  notHere: (what: string) => new TwilioProblem(501, 20501, `${what} is not available here`),
  wrongState: (message: string) => new TwilioProblem(400, 21220, message),
  badValue: (code: number, message: string) => new TwilioProblem(400, code, message),
} as const;

/** Twilio's codes of what our own problems are; others are 20000 and the status. */
const CODES: Readonly<Record<string, number>> = {
  CALLCHART_KEY: 20003,
  CALLCHART_SCOPE: 20003,
  CALLCHART_WRONG_KEYS: 20429,
  CALLCHART_BAD_URL: 21205,
  CALLCHART_METHOD: 20004,
  CALLCHART_CALL_ENDED: 21220,
  CALLCHART_CALL_STATE: 21220,
  CALLCHART_CALL_BUSY: 21220,
  CALLCHART_UNKNOWN_PARTICIPANT: 20404,
  CALLCHART_BAD_CURSOR: 20001,
};

/** Of them, those that Twilio answers with another status. */
const STATUSES: Readonly<Record<string, number>> = {
  CALLCHART_BAD_URL: 400,
  CALLCHART_CALL_ENDED: 400,
  CALLCHART_CALL_STATE: 400,
  CALLCHART_CALL_BUSY: 400,
};

/** Whatever was thrown as what is answered; what nobody expected goes to the log, and not to the client. */
export function toTwilioProblem(thrown: unknown, requestId: string, logger: Logger): TwilioProblem {
  if (thrown instanceof TwilioProblem) return thrown;
  const problem: Problem = toProblem(thrown, requestId, logger);
  const { code, message, headers } = problem;
  const status = STATUSES[code] ?? problem.status;
  const text = message === '' ? (STATUS_CODES[status] ?? 'Error') : message;
  return new TwilioProblem(status, CODES[code] ?? 20_000 + status, text, headers);
}
