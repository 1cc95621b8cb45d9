import { BaseMessage, emptyBody } from './base-message';
import type { HeaderTable } from './header-table';
import { RETRY_AFTER, UNSUPPORTED, WARNING } from './header-names';
import { parseRetryAfter, parseWarning } from './header-values';
import type { SipResponse } from './message';
import type { WarningValue } from './values';

/** The one implementation of {@link SipResponse}. */
export class ResponseMessage extends BaseMessage implements SipResponse {
  readonly kind = 'response';
  status: number;
  reason: string;

  constructor(status: number, reason: string, headers: HeaderTable, body: Uint8Array = emptyBody) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }

  get unsupported(): readonly string[] {
    return this.tokens(UNSUPPORTED);
  }

  get retryAfter(): number | undefined {
    return this.single(RETRY_AFTER, parseRetryAfter)?.seconds;
  }

  get warnings(): readonly WarningValue[] {
    return this.list(WARNING, parseWarning);
  }
}
