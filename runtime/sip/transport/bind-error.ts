import { formatAddress } from '../../core/address';
import { CallchartError, describeError } from '../../core/errors';
import type { Listener } from './port';

/** Ports below this need a privilege on most systems. */
const firstFreePort = 1024;

/** The system's refusal to listen, as one line that says what to do about it. */
export function bindError(listener: Listener, cause: unknown): CallchartError {
  const what = `${listener.protocol} ${formatAddress(listener)}`;
  switch (errorCode(cause)) {
    case 'EADDRINUSE':
      return new CallchartError(
        'CALLCHART_ADDRESS_IN_USE',
        `${what} is in use by another process: stop it, or listen on another port`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EINVAL':
    case 'EAFNOSUPPORT':
      return new CallchartError(
        'CALLCHART_ADDRESS_UNAVAILABLE',
        `${what} is not an address of this machine: listen on one that it has, or on 0.0.0.0 or [::] for all`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new CallchartError(
        'CALLCHART_PORT_FORBIDDEN',
        `${what} is forbidden to this process: listen on a port of ${firstFreePort} or more, or grant it the port`,
        { cause },
      );
    default:
      return new CallchartError(
        'CALLCHART_LISTEN_FAILED',
        `${what} cannot be listened on: ${describeError(cause)}`,
        { cause },
      );
  }
}

/** The `code` of a system error, or ''. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
