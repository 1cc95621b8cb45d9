import { CallchartError } from '../core/errors';

/** The call is over, or ended while something was being done with it. */
export class CallEndedError extends CallchartError {
  constructor() {
    super('CALLCHART_CALL_ENDED', 'the call has ended');
  }
}
