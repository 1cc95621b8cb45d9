import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { WebSocket, type RawData } from 'ws';
import { Connection, type ConnectionFacts, type ConnectionOwner } from './connection';
import type { Hub } from './hub';
import { FrameBoundary } from './ws-frames';

const pong = Buffer.from('\r\n');
const longestKeepAlive = 4;
/** What a control frame has around its payload, at most. */
const frameOverhead = 14;

/** A WebSocket that carries SIP: each of its messages is one (RFC 7118 §5). */
export class WebSocketConnection extends Connection {
  private readonly boundary = new FrameBoundary();

  constructor(
    hub: Hub,
    owner: ConnectionOwner,
    socket: Socket,
    facts: ConnectionFacts,
    private readonly websocket: WebSocket,
  ) {
    super(hub, owner, socket, facts);
    if (facts.inbound) this.follow();
    else {
      websocket.on('open', () => {
        this.follow();
        this.opened();
      });
    }
    websocket.on('message', (data) => this.onWhole(data));
    websocket.on('ping', (data) => this.onPing(data));
    websocket.on('pong', () => this.onPong());
    websocket.on('error', (error) => this.onProblem(error));
    websocket.on('close', () => this.socket.destroy());
  }

  override get usable(): boolean {
    const { readyState } = this.websocket;
    return super.usable && (readyState === WebSocket.OPEN || readyState === WebSocket.CONNECTING);
  }

  protected override write(
    bytes: Uint8Array,
    callback: (error: Error | null | undefined) => void,
  ): void {
    // RFC 7118 §4.2: one octet that is not UTF-8 makes the whole message binary.
    this.websocket.send(bytes, { binary: !isUtf8(bytes) }, callback);
  }

  protected override ping(): void {
    if (this.websocket.readyState === WebSocket.OPEN) this.websocket.ping();
  }

  /** A browser sends nothing by itself, but answers: so it stays connected for as long as it lives. */
  protected override probe(): void {
    this.ping();
  }

  protected override finish(): void {
    this.websocket.close();
  }

  /** Before ws takes the octets, which may close all. */
  private follow(): void {
    this.socket.prependListener('data', (chunk: Uint8Array) => {
      if (this.arrived()) this.setPartial(this.boundary.isWithin(chunk));
    });
  }

  private onWhole(data: RawData): void {
    if (this.ending || this.socket.destroyed) return;
    const bytes = toBuffer(data);
    switch (emptyLines(bytes)) {
      case 0:
        this.owner.onBytes(bytes, this);
        return;
      case 1:
        this.onPong();
        return;
      case 2:
        // RFC 7118 §6: the keep-alives of RFC 5626 §4.4.1 can be used here, too.
        this.send(pong, () => undefined);
        return;
    }
  }

  private onPing(data: Buffer): void {
    if (this.websocket.readyState !== WebSocket.OPEN) return;
    if (this.hasRoom(data.length + frameOverhead)) this.websocket.pong(data);
    else this.destroy('stalled-receiver');
  }

  /** Frames that are none, or too much of them; ws has told the peer. Or there is no server. */
  private onProblem(error: Error): void {
    this.fail(error);
    if (this.phase !== 'open') {
      this.socket.destroy();
      return;
    }
    this.hub.drop('websocket-error', this.remote, error.message);
    if (!this.ending) this.end();
  }
}

/** How many a message of nothing else has; 0 for any other. */
function emptyLines(bytes: Buffer): 0 | 1 | 2 {
  if (bytes.length > longestKeepAlive) return 0;
  const text = bytes.toString('latin1');
  return text === '\r\n\r\n' ? 2 : text === '\r\n' ? 1 : 0;
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
