import { ForbiddenAddressError } from './address-guard';
import type { WebFailure } from './port';

/** Why there is no answer, with the rest of a sentence that begins with the URL. */
export interface Failure {
  readonly reason: WebFailure;
  readonly text: string;
}

/** A connection was not made in time. */
export class ConnectTimeoutError extends Error {
  readonly code = 'CALLCHART_CONNECT_TIMEOUT';
  constructor(readonly timeout: number) {
    super(`there was no connection within ${timeout} ms`);
  }
}

const byCode: Readonly<Record<string, Failure>> = {
  ...each(['ECONNREFUSED'], 'refused', 'nobody listens there'),
  ...each(
    ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EINVAL'],
    'refused',
    'there is no way to that host',
  ),
  ...each(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'], 'unknownHost', 'its host is not known'),
  ...each(['ETIMEDOUT'], 'timeout', 'there was no connection in time'),
  ...each(
    ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'],
    'closed',
    'the connection was closed before the answer was whole',
  ),
  ...each(
    ['UND_ERR_HEADERS_OVERFLOW', 'HPE_HEADER_OVERFLOW'],
    'tooLarge',
    'its header fields are too large',
  ),
  ...each(['UND_ERR_INVALID_ARG'], 'badUrl', 'a header field or the method is not valid'),
};

function each(
  codes: readonly string[],
  reason: WebFailure,
  text: string,
): Readonly<Record<string, Failure>> {
  return Object.fromEntries(codes.map((code) => [code, { reason, text }]));
}

/** What an error of a connection, of TLS or of the HTTP parser means. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ForbiddenAddressError) {
    return { reason: 'forbiddenAddress', text: error.message };
  }
  if (error instanceof ConnectTimeoutError) return { reason: 'timeout', text: error.message };
  // All addresses of a host were tried, each with its error.
  if (error instanceof AggregateError && error.errors.length > 0) return failureOf(error.errors[0]);
  // undici knows no code for all that its parser refuses.
  const isParser = error instanceof Error && error.name === 'HTTPParserError';
  const code = codeOf(error);
  const known = byCode[code];
  if (known !== undefined) return known;
  if (isParser || code.startsWith('UND_ERR_RES')) {
    return { reason: 'garbage', text: 'what came is no HTTP' };
  }
  if (isTls(code))
    return { reason: 'tls', text: `its certificate or TLS is not accepted (${code})` };
  return {
    reason: 'closed',
    text: `the connection failed (${code || 'for no reason that was given'})`,
  };
}

function codeOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error && error.code;
  return typeof code === 'string' ? code : '';
}

/** Node names these after OpenSSL's: there are dozens. */
function isTls(code: string): boolean {
  return /^ERR_(TLS|SSL)|CERT|SIGNATURE|^CRL_|^EPROTO$|^UNABLE_TO|^INVALID_(CA|PURPOSE)|^PATH_LENGTH|^HOSTNAME_MISMATCH/.test(
    code,
  );
}
