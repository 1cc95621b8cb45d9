import { CallchartError } from '../core/errors';

/** The call is over, or ended while something was being done with it. */
export class CallEndedError extends CallchartError {
  constructor() {
    super('CALLCHART_CALL_ENDED', 'the call has ended');
  }
}

/** A flow asked for a response that its method does not give. */
export class ResponseStatusError extends CallchartError {
  constructor(status: number, allowed: string) {
    super('CALLCHART_INVALID_STATUS', `${status} is not a status of ${allowed}`);
  }
}

/** The peer does not take keys by SIP INFO. */
export class InfoRefusedError extends CallchartError {
  constructor(digit: string, status: number) {
    super(
      'CALLCHART_INFO_REFUSED',
      `the other side answered the key ${digit} in an INFO with ${status}`,
      {
        status,
      },
    );
  }
}
