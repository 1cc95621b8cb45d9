import { connect, createServer, type Server, type Socket } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import { CallchartError } from '../../core/errors';
import type { FramerEvent } from '../message/framer';
import type { MessageLimits } from '../message/limits';
import type { SipMessage } from '../message/message';
import { serialize } from '../message/serialize';
import { bindError } from './bind-error';
import { EndpointChannel, type Endpoint } from './endpoint';
import { traceMessage, type Hub, type ReplyChannel } from './hub';
import { isWildcard } from './local-addresses';
import type { Channel, Listener, Target } from './port';
import { TcpConnection, type ConnectionOwner } from './tcp-connection';
import type { ConnectionCount } from './connection-count';

/** Listens for connections. Rejects with what {@link bindError} makes of the system's error. */
export function listenTcp(
  hub: Hub,
  listener: Listener,
  count: ConnectionCount,
  endpointFor: (bound: NetworkAddress) => Endpoint,
  messageLimits: MessageLimits | undefined,
): Promise<TcpListener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true });
    const onError = (error: Error): void => reject(bindError(listener, error));
    server.once('error', onError);
    server.listen({ ...literal(listener), exclusive: true, ipv6Only: true }, () => {
      server.off('error', onError);
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : listener.port;
      const endpoint = endpointFor({ host: listener.host, port });
      resolve(new TcpListener(hub, server, endpoint, count, messageLimits));
    });
  });
}

/** One listening TCP socket, the connections that came to it, and those that we open in its name. */
export class TcpListener implements ConnectionOwner {
  /** By `host|port` of the peer: the newest, if there are several. */
  private readonly byPeer = new Map<string, TcpConnection>();
  private readonly all = new Set<TcpConnection>();

  constructor(
    private readonly hub: Hub,
    private readonly server: Server,
    readonly endpoint: Endpoint,
    private readonly count: ConnectionCount,
    private readonly messageLimits: MessageLimits | undefined,
  ) {
    server.on('connection', (socket) => this.onConnection(socket));
    // Too many open files, say: the next one may be accepted again.
    server.on('error', (error) => hub.drop('accept-error', endpoint.bound, error.message));
  }

  /** Calls back when a connection to the target stands, a new one or one that was there before. */
  connect(target: NetworkAddress, callback: (error: Error | undefined) => void): void {
    const connection = this.connectionTo(target);
    if (connection instanceof Error) process.nextTick(callback, connection);
    else connection.whenOpen(callback);
  }

  /** Sends over a connection to the target, a new one if there is none (RFC 3261 §18.1.1). */
  send(
    message: SipMessage | Uint8Array,
    channel: Channel,
    target: NetworkAddress,
    onError: (error: Error) => void,
  ): void {
    const connection = this.connectionTo(target);
    if (connection instanceof Error) process.nextTick(onError, connection);
    else this.sendOn(connection, message, channel, onError);
  }

  sendOn(
    connection: TcpConnection,
    message: SipMessage | Uint8Array,
    channel: Channel,
    onError: (error: Error) => void,
  ): void {
    const given = message instanceof Uint8Array;
    const bytes = given ? message : serialize(message);
    traceMessage(this.hub.clock, 'out', channel, bytes, given ? undefined : message);
    connection.send(bytes, onError);
  }

  onFramerEvent(
    event: Exclude<FramerEvent, { type: 'ping' | 'pong' }>,
    connection: TcpConnection,
  ): void {
    const channel = new TcpReplyChannel(this, connection);
    if (event.type === 'message') this.hub.onMessage(event.message, channel);
    else this.hub.onMalformed(event.error, channel);
  }

  onClosed(connection: TcpConnection): void {
    this.all.delete(connection);
    this.count.remove(connection.remote.host);
    const key = keyOf(connection.remote);
    if (this.byPeer.get(key) === connection) this.byPeer.delete(key);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    await Promise.all([...this.all].map((connection) => connection.shut()));
    await closed;
  }

  private onConnection(socket: Socket): void {
    const { remoteAddress: host, remotePort: port } = socket;
    if (host === undefined || port === undefined) {
      // Gone before it was accepted.
      socket.destroy();
      return;
    }
    const remote = { host, port };
    if (!this.count.add(host)) {
      this.hub.drop('connection-limit', remote);
      socket.destroy();
      return;
    }
    this.adopt(socket, remote, false);
    socket.resume();
  }

  private connectionTo(target: NetworkAddress): TcpConnection | CallchartError {
    const known = this.byPeer.get(keyOf(target));
    if (known?.usable === true) return known;
    const { host, port } = target;
    if (!this.count.add(host)) {
      return new CallchartError('CALLCHART_CONNECTION_LIMIT', 'too many TCP connections', {
        status: 503,
      });
    }
    const { bound } = this.endpoint;
    const socket = connect({
      host,
      port,
      ...(isWildcard(bound.host) ? {} : { localAddress: bound.host }),
    });
    return this.adopt(socket, { host, port }, true);
  }

  private adopt(socket: Socket, remote: NetworkAddress, connecting: boolean): TcpConnection {
    const { hub, messageLimits } = this;
    const connection = new TcpConnection(hub, this, socket, remote, connecting, messageLimits);
    this.all.add(connection);
    this.byPeer.set(keyOf(remote), connection);
    return connection;
  }
}

/** The way back for a message that came over a connection. */
class TcpReplyChannel extends EndpointChannel implements ReplyChannel {
  private sentByPort = 0;

  constructor(
    private readonly listener: TcpListener,
    private readonly connection: TcpConnection,
  ) {
    super();
  }

  get protocol(): 'TCP' {
    return 'TCP';
  }

  get reliable(): true {
    return true;
  }

  get remote(): NetworkAddress {
    return this.connection.remote;
  }

  get endpoint(): Endpoint {
    return this.listener.endpoint;
  }

  aim(sentByPort: number): void {
    this.sentByPort = sentByPort;
  }

  send(message: SipMessage, onError: (error: Error) => void): void {
    this.put(message, onError);
  }

  sendBytes(bytes: Uint8Array, onError: (error: Error) => void): void {
    this.put(bytes, onError);
  }

  private put(message: SipMessage | Uint8Array, onError: (error: Error) => void): void {
    if (this.connection.usable) {
      this.listener.sendOn(this.connection, message, this, onError);
      return;
    }
    // RFC 3261 §18.2.2: a new connection to where the request came from, at the sent-by's port.
    const target = { host: this.connection.remote.host, port: this.sentByPort };
    this.listener.send(message, this, target, onError);
  }
}

/** The way for a request over TCP; the connection is made when it is first needed. */
export class TcpRequestChannel extends EndpointChannel {
  constructor(
    private readonly listener: TcpListener,
    private readonly target: Target,
  ) {
    super();
  }

  get protocol(): 'TCP' {
    return 'TCP';
  }

  get reliable(): true {
    return true;
  }

  get remote(): NetworkAddress {
    return { host: this.target.host, port: this.target.port };
  }

  get endpoint(): Endpoint {
    return this.listener.endpoint;
  }

  send(message: SipMessage, onError: (error: Error) => void): void {
    this.listener.send(message, this, this.target, onError);
  }

  sendBytes(bytes: Uint8Array, onError: (error: Error) => void): void {
    this.listener.send(bytes, this, this.target, onError);
  }
}

function keyOf(address: NetworkAddress): string {
  return `${address.host}|${address.port}`;
}

function literal(listener: Listener): { readonly host: string; readonly port: number } {
  return { host: listener.host, port: listener.port };
}
