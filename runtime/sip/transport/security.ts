import { connect, type Socket } from 'node:net';
import type { Target } from './port';

/** What lies between the octets of a stream and its TCP connection: nothing, or TLS. */
export interface Security {
  /** The event of a socket of ours that says that it can be used, its peer verified. */
  readonly ready: 'connect' | 'secureConnect';
  /**
   * Calls back when the handshake with a client has ended well, with its verified names if it showed a
   * certificate. When it has not, the socket just closes.
   */
  accept(
    socket: Socket,
    callback: (secured: Socket, peerNames: readonly string[] | undefined) => void,
  ): void;
  /** @param name whom the peer must prove to be. */
  dial(target: Target, name: string, localAddress: string | undefined): Socket;
  /** Whether we have a certificate to show. */
  readonly hasCertificate: boolean;
}

/** TCP as it is. */
export const plain: Security = {
  ready: 'connect',
  hasCertificate: false,
  accept: (socket, callback) => callback(socket, undefined),
  dial: ({ host, port }, _name, localAddress) =>
    connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) }),
};
