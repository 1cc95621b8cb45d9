import type { Socket } from 'node:net';
import type { MessageLimits } from '../message/limits';
import type { Connection, ConnectionFacts, ConnectionOwner } from './connection';
import type { Hub } from './hub';
import type { Target } from './port';
import type { Security } from './security';
import { TcpConnection } from './tcp-connection';

export type MakeConnection = (owner: ConnectionOwner, facts: ConnectionFacts) => Connection;

/** How messages are told from each other on a connection. */
export interface Framing {
  /** Calls back when the peer may send messages. When it is refused, the socket just closes. */
  accept(socket: Socket, callback: (make: MakeConnection) => void): void;
  /** @param socket is being connected to the target. */
  dial(socket: Socket, target: Target, name: string): MakeConnection;
}

/** By their Content-Length (RFC 3261 §18.3). */
export class ContentLengthFraming implements Framing {
  constructor(
    private readonly hub: Hub,
    private readonly security: Security,
    private readonly messageLimits: MessageLimits | undefined,
  ) {}

  accept(socket: Socket, callback: (make: MakeConnection) => void): void {
    callback(this.dial(socket));
  }

  dial(socket: Socket): MakeConnection {
    const { hub, messageLimits, security } = this;
    return (owner, facts) =>
      new TcpConnection(hub, owner, socket, facts, security.ready, messageLimits);
  }
}
