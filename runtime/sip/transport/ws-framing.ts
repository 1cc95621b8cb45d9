import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { formatHost } from '../../core/address';
import { defaultMessageLimits, type MessageLimits } from '../message/limits';
import type { Framing, MakeConnection } from './framing';
import type { Hub } from './hub';
import type { Target } from './port';
import { WebSocketConnection } from './ws-connection';

/** RFC 7118 §4. */
const subprotocol = 'sip';

/** Where browsers find us; a query after it is theirs. */
const paths: readonly string[] = ['/', '/ws'];

/** Octets of an upgrade's header. */
const maxUpgrade = 16_384;

/** Pieces that a message may come in: a browser needs one. */
const maxFragments = 256;

/** By the messages of a WebSocket: one for each of SIP's (RFC 7118 §5). */
export class WebSocketFraming implements Framing {
  /** Reads upgrades; it listens nowhere, the sockets are given to it. */
  private readonly http: Server;
  private readonly upgrades: WebSocketServer;
  private readonly waiting = new WeakMap<Duplex, (make: MakeConnection) => void>();
  private readonly options;

  constructor(
    private readonly hub: Hub,
    private readonly protocol: 'WS' | 'WSS',
    messageLimits: MessageLimits = defaultMessageLimits,
  ) {
    const { maxHead, maxBody } = messageLimits;
    this.options = {
      maxPayload: maxHead + maxBody,
      maxFragments,
      perMessageDeflate: false,
      // Pongs are counted with what waits for a peer that does not read.
      autoPong: false,
    };
    this.upgrades = new WebSocketServer({
      ...this.options,
      noServer: true,
      clientTracking: false,
      handleProtocols: () => subprotocol,
    });
    this.http = createServer({ maxHeaderSize: maxUpgrade }, (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end();
    });
    this.http.on('upgrade', (request, socket, head) => this.onUpgrade(request, socket, head));
    this.http.on('clientError', (_error, socket) => socket.destroy());
  }

  accept(socket: Socket, callback: (make: MakeConnection) => void): void {
    this.waiting.set(socket, callback);
    this.http.emit('connection', socket);
  }

  dial(socket: Socket, target: Target, name: string): MakeConnection {
    const scheme = this.protocol === 'WSS' ? 'wss' : 'ws';
    const url = `${scheme}://${formatHost(name)}:${target.port}/`;
    const websocket = new WebSocket(url, [subprotocol], {
      ...this.options,
      createConnection: () => socket,
    });
    return this.maker(websocket, socket);
  }

  private onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const callback = this.waiting.get(socket);
    const refusal = callback === undefined ? 503 : refusalOf(request);
    if (callback === undefined || refusal !== undefined) {
      const text = `HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
      socket.end(text, () => socket.destroy());
      return;
    }
    this.waiting.delete(socket);
    this.upgrades.handleUpgrade(request, socket, head, (websocket) => {
      callback(this.maker(websocket, request.socket));
    });
  }

  private maker(websocket: WebSocket, socket: Socket): MakeConnection {
    return (owner, facts) => new WebSocketConnection(this.hub, owner, socket, facts, websocket);
  }
}

/** The status that an upgrade gets which is not for SIP, if any. */
function refusalOf({ url = '', headers }: IncomingMessage): number | undefined {
  const [path = ''] = url.split('?');
  if (!paths.includes(path)) return 404;
  const offered = headers['sec-websocket-protocol'] ?? '';
  // RFC 7118 §4.1: who does not offer the subprotocol does not mean SIP.
  return offered.split(',').some((name) => name.trim() === subprotocol) ? undefined : 400;
}
