import type { HttpConfig } from '../core/config';
import { parseHttpAddress } from './listener';
import type { ResolvedHttp } from './resolved';

/** Undefined where it listens nowhere. */
export function resolveHttp(
  http: HttpConfig,
  path: (name: string) => string,
): ResolvedHttp | undefined {
  const listen = http.listen === undefined ? undefined : parseHttpAddress(http.listen);
  if (listen === undefined) return undefined;
  const { tls, publicUrl, trustProxy = [], bodyLimit = 100_000, rateLimit = 600 } = http;
  return {
    listen,
    tls: tls && { certificate: path(tls.certificate), key: path(tls.key) },
    publicUrl: publicUrl?.replace(/\/$/, ''),
    trustProxy,
    bodyLimit,
    rateLimit,
  };
}
