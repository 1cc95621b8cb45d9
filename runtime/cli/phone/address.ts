import { CallchartError } from '../../core/errors';
import { parseUri, type SipUri } from '../../sip/message/uri';

/**
 * Whom to call.
 *
 * @throws {CallchartError} that says what such an address looks like
 */
export function readTarget(text: string): SipUri {
  let reason = 'it must be a sip: address with a host';
  try {
    const uri = parseUri(text);
    if (uri.scheme === 'sip') return uri;
  } catch (error) {
    if (error instanceof Error) reason = error.message;
  }
  throw new CallchartError(
    'CALLCHART_PHONE_TARGET',
    `cannot call "${text}": ${reason}; an example: sip:reception@127.0.0.1:5060`,
  );
}

/**
 * Who calls may be any URI, a number (`tel:`) as well.
 *
 * @throws {CallchartError} that says what such an address looks like
 */
export function checkCaller(text: string): void {
  try {
    parseUri(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CallchartError(
      'CALLCHART_PHONE_CALLER',
      `--from ${text}: ${reason}; an example: sip:phone@127.0.0.1`,
      { cause: error },
    );
  }
}
