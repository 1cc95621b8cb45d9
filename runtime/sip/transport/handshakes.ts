import type { Socket } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import type { TimerHandle } from '../../core/clock';
import type { Hub } from './hub';

/**
 * The handshakes (TLS, WebSocket) that peers have begun with us and not ended. Each has the time that a
 * message has, and all together a number, so that those who stall cannot keep the others out for long.
 */
export class Handshakes {
  private readonly underWay = new Map<Socket, TimerHandle>();

  constructor(private readonly hub: Hub) {}

  /** Begins one on an accepted socket; false, and the socket is closed, when there are too many. */
  begin(socket: Socket, remote: NetworkAddress): boolean {
    const { clock, limits } = this.hub;
    if (this.underWay.size >= limits.maxHandshakes) {
      this.refuse(socket, remote, 'handshake-limit');
      return false;
    }
    const timer = clock.setTimeout(
      () => this.refuse(socket, remote, 'handshake-timeout'),
      limits.messageTimeout,
    );
    this.underWay.set(socket, timer);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.end(socket)) this.hub.drop('handshake-failed', remote);
    });
    return true;
  }

  /** It has ended well. False when it had ended before. */
  end(socket: Socket): boolean {
    const timer = this.underWay.get(socket);
    if (timer === undefined) return false;
    this.hub.clock.clearTimeout(timer);
    return this.underWay.delete(socket);
  }

  /** Resolves when all sockets are closed. */
  async close(): Promise<void> {
    const sockets = [...this.underWay.keys()];
    await Promise.all(
      sockets.map((socket) => {
        this.end(socket);
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        socket.destroy();
        return closed;
      }),
    );
  }

  private refuse(socket: Socket, remote: NetworkAddress, reason: string): void {
    this.end(socket);
    this.hub.drop(reason, remote);
    socket.destroy();
  }
}
