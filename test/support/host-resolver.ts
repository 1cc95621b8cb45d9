import { isIP } from 'node:net';
import { destinationOf, noRoute, targetAt } from '../../runtime/sip/resolve/destination';
import type { Resolver } from '../../runtime/sip/resolve/port';
import type { Uri } from '../../runtime/sip/message/uri';
import type { Target } from '../../runtime/sip/transport/port';

/** Literals lead where they say, at once; names to the addresses that `lookup` finds. */
export function hostResolver(
  lookup: (host: string) => Promise<readonly string[]> = () => Promise.resolve([]),
): Resolver {
  const resolve = (uri: Uri): readonly Target[] | Promise<readonly Target[]> => {
    const destination = destinationOf(uri);
    const { host, port, secure } = destination;
    const protocol = destination.protocol ?? (secure ? 'TLS' : 'UDP');
    if (isIP(host) !== 0) return [targetAt(destination, protocol, host, port)];
    return lookup(host).then((addresses) => {
      if (addresses.length === 0) throw noRoute(`no address for ${host}`);
      return addresses.map((address) => targetAt(destination, protocol, address, port));
    });
  };
  return { resolve, close: () => undefined };
}
