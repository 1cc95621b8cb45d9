import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Server, type Socket as TcpSocket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetworkAddress } from '../../../runtime/core/address';
import { SeededRandom } from '../../../runtime/core/random';
import { trace, type DropTrace } from '../../../runtime/core/trace';
import type { VirtualClock } from '../../../runtime/core/virtual-clock';
import { createRequest, createResponse } from '../../../runtime/sip/message/create';
import type { SipMessage, SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { createTransportLayer } from '../../../runtime/sip/transport/layer';
import type { TransportOptions } from '../../../runtime/sip/transport/options';
import type {
  Channel,
  Target,
  TransportLayer,
  TransportProtocol,
} from '../../../runtime/sip/transport/port';

/** What arrives, in order, for those who wait for it. */
export class Inbox<T> {
  private readonly items: T[] = [];
  private readonly waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const waiter = this.waiting.shift();
    if (waiter === undefined) this.items.push(item);
    else waiter(item);
  }

  next(): Promise<T> {
    const item = this.items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  get size(): number {
    return this.items.length;
  }
}

export interface Received<T extends SipMessage> {
  readonly message: T;
  readonly channel: Channel;
}

/** A transport layer on loopback, with what it hands up. */
export class TestLayer {
  readonly requests = new Inbox<Received<SipRequest>>();
  readonly responses = new Inbox<Received<SipResponse>>();
  readonly closedFlows = new Inbox<string>();
  /** Answers each request at once, if set. */
  answer: ((request: SipRequest, channel: Channel) => void) | undefined;
  private inner: TransportLayer | undefined;

  static async start(
    clock: VirtualClock,
    listen: TransportOptions['listen'],
    options: Partial<TransportOptions> = {},
  ): Promise<TestLayer> {
    const layer = new TestLayer();
    layer.inner = await createTransportLayer({
      clock,
      random: new SeededRandom(1),
      listen,
      handler: {
        onRequest: (message, channel) => {
          layer.answer?.(message, channel);
          layer.requests.push({ message, channel });
        },
        onResponse: (message, channel) => layer.responses.push({ message, channel }),
        onFlowClosed: (flow) => layer.closedFlows.push(flow),
      },
      ...options,
    });
    return layer;
  }

  get layer(): TransportLayer {
    if (this.inner === undefined) throw new Error('not started');
    return this.inner;
  }

  address(protocol: TransportProtocol): Target {
    const listener = this.layer.listeners.find((one) => one.protocol === protocol);
    if (listener === undefined) throw new Error(`no listener for ${protocol}`);
    return listener;
  }

  /** Opens a channel and sends; returns the channel. */
  send(target: Target, message: SipRequest, onError: (error: Error) => void = fail): Channel {
    const channel = this.layer.open(target, message);
    channel.send(message, onError);
    return channel;
  }
}

/** A plain UDP socket with an inbox of parsed messages. */
export class UdpPeer {
  readonly messages = new Inbox<SipMessage>();
  readonly raw = new Inbox<Buffer>();
  /** Where the last datagram came from. */
  source: NetworkAddress | undefined;

  private constructor(private readonly socket: UdpSocket) {
    socket.on('message', (bytes, from) => {
      this.source = { host: from.address, port: from.port };
      this.raw.push(bytes);
      this.messages.push(parseMessage(bytes));
    });
  }

  static async start(host = '127.0.0.1', port = 0): Promise<UdpPeer> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.bind(port, host);
    try {
      await once(socket, 'listening');
    } catch (error) {
      socket.close();
      throw error;
    }
    return new UdpPeer(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(text: string | Buffer, to: NetworkAddress): void {
    this.socket.send(text, to.port, to.host);
  }

  close(): void {
    this.socket.close();
  }
}

/** A plain TCP client (or one of TLS, given its socket) with what it received so far. */
export class TcpPeer {
  private text = '';
  private readonly waiting = new Set<() => void>();
  readonly closed: Promise<unknown>;
  private ended = false;

  constructor(readonly socket: TcpSocket) {
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
      for (const look of this.waiting) look();
    });
    socket.on('error', () => undefined);
    socket.on('end', () => {
      this.ended = true;
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  static async connect(to: NetworkAddress): Promise<TcpPeer> {
    const socket = connect(to.port, to.host);
    await once(socket, 'connect');
    return new TcpPeer(socket);
  }

  get hasEnded(): boolean {
    return this.ended;
  }

  get port(): number {
    return this.socket.localPort ?? 0;
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Resolves with everything up to and including the first match, which is taken away. */
  async receive(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) {
        const end = match.index + match[0].length;
        const taken = this.text.slice(0, end);
        this.text = this.text.slice(end);
        return taken;
      }
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.waiting.delete(look);
          resolve();
        };
        this.waiting.add(look);
      });
    }
  }
}

/** A plain TCP server with an inbox of connections. */
export class TcpServer {
  readonly connections = new Inbox<TcpPeer>();
  private readonly all: TcpPeer[] = [];
  accepted = 0;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      const peer = new TcpPeer(socket);
      this.accepted += 1;
      this.all.push(peer);
      this.connections.push(peer);
    });
  }

  static async start(host = '127.0.0.1', port = 0): Promise<TcpServer> {
    const server = createServer();
    server.listen(port, host);
    await once(server, 'listening');
    return new TcpServer(server);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const peer of this.all) peer.socket.destroy();
    await closed;
  }
}

/** A UDP socket and a TCP server on one port: one that nobody else has for either. */
export async function udpAndTcp(host: string): Promise<{ udp: UdpPeer; tcp: TcpServer }> {
  for (;;) {
    const tcp = await TcpServer.start(host);
    try {
      return { udp: await UdpPeer.start(host, tcp.port), tcp };
    } catch (error) {
      await tcp.close();
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
}

/** Lets the loop turn until the layer has noticed. */
export async function untilOpen(ours: TestLayer, count: number): Promise<void> {
  for (let turn = 0; turn < 10_000 && ours.layer.openConnections !== count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(ours.layer.openConnections).toBe(count);
}

/** Collects drops until the returned function is called. */
export function watchDrops(): { readonly reasons: Inbox<DropTrace>; readonly stop: () => void } {
  const reasons = new Inbox<DropTrace>();
  return { reasons, stop: trace.drop.subscribe((drop) => reasons.push(drop)) };
}

export function fail(error: Error): never {
  throw error;
}

let branches = 0;

export interface WireOptions {
  readonly via?: string;
  readonly method?: string;
  readonly callId?: string;
  readonly body?: string;
  readonly extra?: string;
}

/** A request as text, for plain sockets. */
export function wire(options: WireOptions = {}): string {
  const { method = 'OPTIONS', body = '' } = options;
  branches += 1;
  const via = options.via ?? `SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK${branches}`;
  return [
    `${method} sip:menu@127.0.0.1 SIP/2.0`,
    `Via: ${via}`,
    'Max-Forwards: 70',
    'From: <sip:alice@127.0.0.1>;tag=a',
    'To: <sip:menu@127.0.0.1>',
    `Call-ID: ${options.callId ?? `call-${branches}`}`,
    `CSeq: 1 ${method}`,
    ...(options.extra === undefined ? [] : [options.extra]),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/** A request of ours, with the Via that the layer completes. */
export function outgoing(method = 'OPTIONS', options: { readonly size?: number } = {}): SipRequest {
  branches += 1;
  return createRequest({
    method,
    requestUri: 'sip:bob@127.0.0.1',
    headers: [
      ['Via', `SIP/2.0/UDP 0.0.0.0;branch=z9hG4bKout${branches}`],
      ['Max-Forwards', '70'],
      ['From', '<sip:menu@127.0.0.1>;tag=m'],
      ['To', '<sip:bob@127.0.0.1>'],
      ['Call-ID', `out-${branches}`],
      ['CSeq', `1 ${method}`],
    ],
    body: 'x'.repeat(options.size ?? 0),
  });
}

export function ok(request: SipRequest): SipResponse {
  return createResponse(request, 200, { toTag: 't' });
}

/** Loopback addresses of this machine: IPv6 is tested wherever the machine has it. */
export const loopbacks: readonly string[] = [
  '127.0.0.1',
  ...(Object.values(networkInterfaces())
    .flat()
    .some((entry) => entry?.address === '::1')
    ? ['::1']
    : []),
];
