import type { Socket } from 'node:net';
import { StreamFramer } from '../message/framer';
import type { MessageLimits } from '../message/limits';
import { Connection, type ConnectionFacts, type ConnectionOwner } from './connection';
import type { Hub } from './hub';

const pong = Buffer.from('\r\n');
const ping = Buffer.from('\r\n\r\n');

/** A connection of TCP or TLS: messages are cut out of a stream of octets (RFC 3261 §18.3). */
export class TcpConnection extends Connection {
  private readonly framer: StreamFramer;

  /** @param ready the event that says that a socket of ours is connected, its peer verified. */
  constructor(
    hub: Hub,
    owner: ConnectionOwner,
    socket: Socket,
    facts: ConnectionFacts,
    ready: 'connect' | 'secureConnect',
    messageLimits: MessageLimits | undefined,
  ) {
    super(hub, owner, socket, facts);
    this.framer = new StreamFramer(messageLimits);
    socket.on(ready, () => this.opened());
    socket.on('data', (chunk) => this.onData(chunk));
  }

  protected override write(
    bytes: Uint8Array,
    callback: (error: Error | null | undefined) => void,
  ): void {
    this.socket.write(bytes, callback);
  }

  protected override ping(): void {
    this.send(ping, () => undefined);
  }

  protected override finish(): void {
    this.socket.end();
  }

  private onData(chunk: Uint8Array): void {
    if (!this.arrived()) return;
    for (const event of this.framer.push(chunk)) {
      switch (event.type) {
        case 'ping':
          // RFC 5626 §4.4.1: a double CRLF is answered with a single one. Two answers to pings of ours with
          // no message between look the same; then the one that we send means nothing to the peer.
          this.onPong();
          this.send(pong, () => undefined);
          break;
        case 'pong':
          this.onPong();
          break;
        case 'message':
          this.setPartial(false);
          this.owner.onMessage(event.message, this);
          break;
        case 'error':
          this.setPartial(false);
          this.owner.onMalformed(event.error, this);
          if (event.close) {
            this.end();
            return;
          }
          break;
      }
    }
    this.setPartial(this.framer.pending > 0);
  }
}
