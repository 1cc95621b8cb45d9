import { once } from 'node:events';
import {
  connect,
  createServer,
  type ConnectionOptions,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls';
import type { NetworkAddress } from '../../../runtime/core/address';
import { Inbox, TcpPeer } from './harness';

/** Connects by TLS as anybody may; the handshake is over when this resolves. */
export async function dialTls(
  to: NetworkAddress,
  options: ConnectionOptions = {},
): Promise<{ readonly peer: TcpPeer; readonly socket: TLSSocket }> {
  const socket = connect({ host: to.host, port: to.port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return { peer: new TcpPeer(socket), socket };
}

/** A TLS server with an inbox of connections. */
export class TlsPeerServer {
  readonly connections = new Inbox<{ readonly peer: TcpPeer; readonly socket: TLSSocket }>();
  readonly failures = new Inbox<Error>();
  private readonly sockets: TLSSocket[] = [];
  private readonly server;
  accepted = 0;

  private constructor(options: TlsOptions) {
    this.server = createServer(options, (socket) => {
      this.accepted += 1;
      this.sockets.push(socket);
      this.connections.push({ peer: new TcpPeer(socket), socket });
    });
    this.server.on('tlsClientError', (error) => this.failures.push(error));
  }

  static async start(host: string, options: TlsOptions): Promise<TlsPeerServer> {
    const peer = new TlsPeerServer(options);
    peer.server.listen(0, host);
    await once(peer.server, 'listening');
    return peer;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
