import type { NetworkAddress } from '../../core/address';
import type { Connection } from './connection';
import { canonicalHost } from './local-addresses';
import type { Target } from './port';

/** Aliases of one connection: a peer has few addresses, and could name all ports. */
const maxAliases = 8;

/** Which connection a request to a peer can take: the alias table of RFC 5923 §5. */
export class PeerConnections {
  /** By `host|port`, the newest last. */
  private readonly byAddress = new Map<string, Connection[]>();
  private readonly keys = new Map<Connection, string[]>();

  /** @param address the other end, or what the peer said it could be taken for. */
  add(connection: Connection, address: NetworkAddress): void {
    const key = keyOf(address);
    const keys = this.keys.get(connection);
    if (keys === undefined) this.keys.set(connection, [key]);
    else if (keys.includes(key) || keys.length > maxAliases) return;
    else keys.push(key);
    const there = this.byAddress.get(key);
    if (there === undefined) this.byAddress.set(key, [connection]);
    else there.push(connection);
  }

  find(target: Target): Connection | undefined {
    const there = this.byAddress.get(keyOf(target));
    if (there === undefined) return undefined;
    for (let i = there.length - 1; i >= 0; i -= 1) {
      const connection = there[i];
      if (connection?.usable === true && serves(connection, target)) return connection;
    }
    return undefined;
  }

  remove(connection: Connection): void {
    for (const key of this.keys.get(connection) ?? []) {
      const there = this.byAddress.get(key) ?? [];
      const rest = there.filter((one) => one !== connection);
      if (rest.length === 0) this.byAddress.delete(key);
      else this.byAddress.set(key, rest);
    }
    this.keys.delete(connection);
  }
}

/** RFC 5923 §8.1, §8.2: the peer must have proved to be the one who is asked for. */
function serves({ facts }: Connection, target: Target): boolean {
  const { protocol, serverName = target.host } = target;
  if (protocol !== 'TLS' && protocol !== 'WSS') return true;
  const name = canonicalHost(serverName);
  if (!facts.inbound) return canonicalHost(facts.serverName ?? facts.remote.host) === name;
  if (facts.peerNames?.includes(name) === true) return true;
  // Nobody in particular is asked for but whoever is at the other end of this very connection.
  return name === canonicalHost(facts.remote.host) && facts.remote.port === target.port;
}

function keyOf(address: NetworkAddress): string {
  return `${address.host}|${address.port}`;
}
