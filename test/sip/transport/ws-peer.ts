import { WebSocket, type ClientOptions } from 'ws';
import { formatAddress } from '../../../runtime/core/address';
import type { Target } from '../../../runtime/sip/transport/port';
import { Inbox } from './harness';

/** A WebSocket client, as a browser has one. */
export class WsPeer {
  readonly texts = new Inbox<string>();
  /** Whether each of them came in a text message. */
  readonly kinds: ('text' | 'binary')[] = [];
  readonly pings = new Inbox<string>();
  readonly pongs = new Inbox<string>();
  readonly closed: Promise<number>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, binary) => {
      this.kinds.push(binary ? 'binary' : 'text');
      this.texts.push(data.toString('latin1'));
    });
    socket.on('ping', (data) => this.pings.push(data.toString()));
    socket.on('pong', (data) => this.pongs.push(data.toString()));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  /** Rejects with what the server says to the upgrade when it refuses it. */
  static connect(
    to: Target,
    {
      path = '/',
      protocols = ['sip'],
      ...options
    }: ClientOptions & { readonly path?: string; readonly protocols?: string[] } = {},
  ): Promise<WsPeer> {
    const url = `${to.protocol.toLowerCase()}://${formatAddress(to)}${path}`;
    const socket = new WebSocket(url, protocols, { rejectUnauthorized: false, ...options });
    return new Promise((resolve, reject) => {
      const peer = new WsPeer(socket);
      socket.on('open', () => resolve(peer));
      socket.on('error', reject);
    });
  }

  send(data: string | Buffer, options: { binary?: boolean; fin?: boolean } = {}): void {
    this.socket.send(data, options);
  }
}
