import { CallchartError, type ErrorCode } from '../../core/errors';
import type { SipMessage, SipRequest } from './message';

/** What can be wrong with a message, each with the status that answers a request that has it. */
export type MessageErrorStatus = 400 | 413 | 414 | 416 | 505 | 513;

export interface MessageErrorOptions {
  readonly status?: MessageErrorStatus;
  readonly code?: ErrorCode;
  /** What the start line said; requests are answered, responses are discarded. */
  readonly kind?: SipMessage['kind'];
  readonly partial?: SipRequest;
  readonly cause?: unknown;
}

/**
 * A message, header or URI that does not follow the grammar of RFC 3261 §25, or a limit of ours.
 * Codes: `CALLCHART_SIP_MALFORMED`, `CALLCHART_SIP_TOO_LARGE`, `CALLCHART_SIP_VERSION`,
 * `CALLCHART_SIP_URI_SCHEME`.
 */
export class MessageError extends CallchartError {
  override readonly status: MessageErrorStatus;
  /** Undefined when not even the start line was understood, or for a single header or URI. */
  readonly kind: SipMessage['kind'] | undefined;
  /**
   * The request as far as it was understood: enough for a response (`createResponse`), that is its
   * top Via names an address. Its other headers may be malformed or missing.
   */
  readonly partial: SipRequest | undefined;

  constructor(message: string, options: MessageErrorOptions = {}) {
    const status = options.status ?? 400;
    super(options.code ?? codeFor(status), message, {
      status,
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.status = status;
    this.kind = options.kind;
    this.partial = options.partial;
  }
}

function codeFor(status: MessageErrorStatus): ErrorCode {
  switch (status) {
    case 400:
      return 'CALLCHART_SIP_MALFORMED';
    case 416:
      return 'CALLCHART_SIP_URI_SCHEME';
    case 505:
      return 'CALLCHART_SIP_VERSION';
    case 413:
    case 414:
    case 513:
      return 'CALLCHART_SIP_TOO_LARGE';
  }
}
