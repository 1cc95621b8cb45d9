import { createServer, type Server } from 'node:net';
import { bindError } from './bind-error';
import type { Listener } from './port';

/** A bound TCP socket, for whatever is spoken on its connections. */
export interface TcpServer {
  readonly server: Server;
  readonly port: number;
}

/**
 * Listens for connections, those of the family of the address alone. Rejects with what
 * {@link bindError} makes of the system's error.
 */
export function bindTcp(listener: Listener): Promise<TcpServer> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    const onError = (error: Error): void => reject(bindError(listener, error));
    server.once('error', onError);
    const { host, port } = listener;
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
      server.off('error', onError);
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ server, port: bound });
    });
  });
}
