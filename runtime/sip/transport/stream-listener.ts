import type { Server, Socket } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import { CallchartError } from '../../core/errors';
import type { SipMessage } from '../message/message';
import { serialize } from '../message/serialize';
import type { Connection, ConnectionOwner } from './connection';
import type { ConnectionCount } from './connection-count';
import { PeerConnections } from './peer-connections';
import type { Endpoint } from './endpoint';
import type { Framing, MakeConnection } from './framing';
import type { Handshakes } from './handshakes';
import { traceMessage, type Hub } from './hub';
import { isWildcard } from './local-addresses';
import type { Channel, Target } from './port';
import type { Security } from './security';
import { StreamReplyChannel } from './stream-channels';
import { defaultPort } from './via-rewrite';

/** What the stream listeners of one layer share. */
export interface StreamShared {
  readonly hub: Hub;
  readonly count: ConnectionCount;
  readonly handshakes: Handshakes;
}

/**
 * One address that a protocol over TCP is spoken on: the connections that came to it, and those that we
 * open in its name. Without a server it only opens connections.
 */
export class StreamListener implements ConnectionOwner {
  private readonly peers = new PeerConnections();
  private readonly all = new Set<Connection>();
  private server: Server | undefined;
  private closing = false;

  constructor(
    private readonly shared: StreamShared,
    readonly endpoint: Endpoint,
    private readonly security: Security,
    private readonly framing: Framing,
  ) {}

  private get hub(): Hub {
    return this.shared.hub;
  }

  /**
   * Whether requests of ours offer their connection for the peer's requests: RFC 5923 §9.2 has it that
   * only a certificate makes an alias.
   */
  get offersAlias(): boolean {
    return (
      this.endpoint.protocol === 'TLS' && this.server !== undefined && this.security.hasCertificate
    );
  }

  /** Browsers cannot be connected to: where a connection of theirs has closed, there is no way (RFC 7118 §5.3). */
  get canCallBack(): boolean {
    return this.endpoint.protocol === 'TCP' || this.endpoint.protocol === 'TLS';
  }

  /** Takes the connections that come to a server. */
  serve(server: Server): void {
    this.server = server;
    server.on('connection', (socket) => this.onSocket(socket));
    // Too many open files, say: the next one may be accepted again.
    server.on('error', (error) =>
      this.hub.drop('accept-error', this.endpoint.bound, error.message),
    );
  }

  private onSocket(socket: Socket): void {
    const { remoteAddress: host, remotePort: port } = socket;
    if (host === undefined || port === undefined) {
      // Gone before it was accepted.
      socket.destroy();
      return;
    }
    const remote = { host, port };
    const reason = this.refusal(remote);
    if (reason !== undefined) {
      this.hub.drop(reason, remote);
      socket.destroy();
      return;
    }
    const { count, handshakes } = this.shared;
    socket.once('close', () => count.remove(host));
    if (this.endpoint.protocol === 'TCP') {
      this.framing.accept(socket, (make) => this.take(make, remote, undefined));
      return;
    }
    if (!handshakes.begin(socket, remote)) return;
    this.security.accept(socket, (secured, peerNames) => {
      this.framing.accept(secured, (make) => {
        if (handshakes.end(socket)) this.take(make, remote, peerNames);
      });
    });
  }

  /** Calls back when a connection to the target stands, a new one or one that was there before. */
  connect(target: Target, callback: (error: Error | undefined) => void): void {
    const connection = this.connectionTo(target);
    if (connection instanceof Error) process.nextTick(callback, connection);
    else connection.whenOpen(callback);
  }

  /** The connection that a request to the target would take, if there is one. */
  find(target: Target): Connection | undefined {
    return this.peers.find(target);
  }

  /** Sends over a connection to the target, a new one if there is none (RFC 3261 §18.1.1). */
  send(
    message: SipMessage | Uint8Array,
    channel: Channel,
    target: Target,
    onError: (error: Error) => void,
  ): void {
    const connection = this.connectionTo(target);
    if (connection instanceof Error) process.nextTick(onError, connection);
    else this.sendOn(connection, message, channel, onError);
  }

  sendOn(
    connection: Connection,
    message: SipMessage | Uint8Array,
    channel: Channel,
    onError: (error: Error) => void,
  ): void {
    const given = message instanceof Uint8Array;
    const bytes = given ? message : serialize(message);
    traceMessage(this.hub.clock, 'out', channel, bytes, given ? undefined : message);
    connection.send(bytes, onError);
  }

  onMessage(message: SipMessage, connection: Connection): void {
    if (message.kind === 'request') this.noteAlias(message.topVia, connection);
    this.hub.onMessage(message, new StreamReplyChannel(this, connection));
  }

  onBytes(bytes: Uint8Array, connection: Connection): void {
    this.hub.onBytes(bytes, new StreamReplyChannel(this, connection));
  }

  onMalformed(error: unknown, connection: Connection): void {
    this.hub.onMalformed(error, new StreamReplyChannel(this, connection));
  }

  onClosed(connection: Connection): void {
    this.all.delete(connection);
    this.peers.remove(connection);
    this.hub.onFlowClosed(connection, this.closing);
  }

  async close(): Promise<void> {
    this.closing = true;
    const { server } = this;
    const closed =
      server === undefined
        ? Promise.resolve()
        : new Promise<void>((resolve) => server.close(() => resolve()));
    await Promise.all([...this.all].map((connection) => connection.shut()));
    await closed;
  }

  private take(
    make: MakeConnection,
    remote: NetworkAddress,
    peerNames: readonly string[] | undefined,
  ): void {
    this.adopt(make(this, { remote, flow: this.hub.nextFlow(), inbound: true, peerNames }));
  }

  private refusal(remote: NetworkAddress): string | undefined {
    if (this.closing) return 'closing';
    if (this.hub.admit?.(remote) === false) return 'not-admitted';
    return this.shared.count.add(remote.host) ? undefined : 'connection-limit';
  }

  private connectionTo(target: Target): Connection | CallchartError {
    const known = this.peers.find(target);
    if (known !== undefined) return known;
    const { host, port } = target;
    const { count } = this.shared;
    if (this.closing) {
      return new CallchartError('CALLCHART_TRANSPORT_CLOSED', 'the transport layer is closed', {
        status: 503,
      });
    }
    if (!count.add(host)) {
      return new CallchartError(
        'CALLCHART_CONNECTION_LIMIT',
        `too many ${this.endpoint.protocol} connections`,
        { status: 503 },
      );
    }
    const { bound } = this.endpoint;
    const serverName = target.serverName ?? host;
    const from = isWildcard(bound.host) ? undefined : bound.host;
    const socket = this.security.dial(target, serverName, from);
    socket.once('close', () => count.remove(host));
    const make = this.framing.dial(socket, target, serverName);
    const flow = this.hub.nextFlow();
    return this.adopt(make(this, { remote: { host, port }, flow, inbound: false, serverName }));
  }

  private adopt(connection: Connection): Connection {
    this.all.add(connection);
    this.peers.add(connection, connection.remote);
    this.hub.onFlowOpened(connection, this);
    return connection;
  }

  /**
   * RFC 5923 §8.2: requests to where the peer says that it listens may come along this connection, if
   * its certificate says whom it speaks for (§9.2). Plain TCP knows nobody, so there it means nothing.
   */
  private noteAlias(
    via: { readonly port: number | undefined; readonly params: ReadonlyMap<string, string> },
    connection: Connection,
  ): void {
    const { facts, remote } = connection;
    if (!facts.inbound || facts.peerNames === undefined || !via.params.has('alias')) return;
    const port = via.port ?? defaultPort(this.endpoint.protocol);
    this.peers.add(connection, { host: remote.host, port });
  }
}
