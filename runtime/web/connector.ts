import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Clock } from '../core/clock';
import type { AddressGuard } from './address-guard';
import { ConnectTimeoutError } from './failure';
import { hostOf, portOf } from './url';

export interface ConnectorOptions {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Gets, while a connection is being made, what gives it up: for who closes the client. */
  readonly connecting: Set<() => void>;
  /** Whose certificates count; those that the platform trusts when it gives undefined. */
  readonly trusted: () => SecureContext | undefined;
}

/** Connects to one origin, to an address that the guard allows, in a limited time by our clock. */
export function connectorTo(url: URL, options: ConnectorOptions): buildConnector.connector {
  const { guard, clock, connectTimeout, connecting } = options;
  const secure = url.protocol === 'https:';
  const host = hostOf(url);
  const target = { host, port: portOf(url), lookup: guard.lookup(url), noDelay: true };
  /** Resumed by the next connection, which spares both sides the handshake. */
  let session: Buffer | undefined;

  function open(): Socket {
    if (!secure) return connectTcp(target);
    const secureContext = options.trusted();
    return connectTls({
      ...target,
      ...(secureContext === undefined ? {} : { secureContext }),
      // RFC 6066 §3: an address is no server name.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(session === undefined ? {} : { session }),
      ALPNProtocols: ['http/1.1'],
    }).on('session', (latest) => {
      session = latest;
    });
  }

  return (_, callback) => {
    const socket = open();
    const timer = clock.setTimeout(
      () => socket.destroy(new ConnectTimeoutError(connectTimeout)),
      connectTimeout,
    );
    let told = false;
    const tell = (error: Error | null): void => {
      if (told) return;
      told = true;
      clock.clearTimeout(timer);
      connecting.delete(giveUp);
      if (error === null) callback(null, socket);
      else callback(error, null);
    };
    const giveUp = (): void => {
      tell(Object.assign(new Error('given up'), { code: 'ECONNABORTED' }));
      socket.destroy();
    };
    connecting.add(giveUp);
    socket.setKeepAlive(true, 60_000);
    socket.once(secure ? 'secureConnect' : 'connect', () => tell(null));
    // It stays: an error after all is told by undici's own listener, or by nobody.
    socket.on('error', tell);
    socket.once('close', () => tell(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  };
}
