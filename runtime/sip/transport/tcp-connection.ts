import type { Socket } from 'node:net';
import { formatAddress, type NetworkAddress } from '../../core/address';
import type { TimerHandle } from '../../core/clock';
import type { MessageLimits } from '../message/limits';
import { StreamFramer, type FramerEvent } from '../message/framer';
import type { Hub } from './hub';

const crlf = Buffer.from('\r\n');

/** What a connection tells its owner. */
export interface ConnectionOwner {
  onFramerEvent(event: Exclude<FramerEvent, { type: 'ping' | 'pong' }>, from: TcpConnection): void;
  onClosed(connection: TcpConnection): void;
}

/** One TCP connection of either direction, bounded in time and space (RFC 3261 §18, RFC 5626 §4.4.1). */
export class TcpConnection {
  private readonly framer: StreamFramer;
  private phase: 'connecting' | 'open' | 'closed';
  private lastTraffic: number;
  /** When the message that began to arrive must be complete; Infinity while none has begun. */
  private messageDue = Infinity;
  private connectDue = Infinity;
  private timer: TimerHandle | undefined;
  private timerAt = Infinity;
  /** Our side is closed. */
  private ending = false;
  private failure: Error | undefined;
  private waiters: ((error: Error | undefined) => void)[] = [];

  constructor(
    private readonly hub: Hub,
    private readonly owner: ConnectionOwner,
    private readonly socket: Socket,
    readonly remote: NetworkAddress,
    connecting: boolean,
    messageLimits: MessageLimits | undefined,
  ) {
    this.framer = new StreamFramer(messageLimits);
    this.phase = connecting ? 'connecting' : 'open';
    this.lastTraffic = hub.clock.now();
    if (connecting) this.connectDue = this.lastTraffic + hub.limits.connectTimeout;
    socket.setNoDelay(true);
    socket.on('connect', () => this.onConnect());
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('error', (error) => (this.failure ??= error));
    socket.on('close', () => this.onClose());
    this.watch();
  }

  /** False once nothing more can be sent. */
  get usable(): boolean {
    return this.phase !== 'closed' && this.socket.writable;
  }

  /** Calls back when the connection stands, or with the error when it cannot be made. Never synchronously. */
  whenOpen(callback: (error: Error | undefined) => void): void {
    if (this.phase === 'connecting') this.waiters.push(callback);
    else process.nextTick(callback, this.phase === 'open' ? undefined : this.error());
  }

  /** Octets wait for the connection to stand. */
  send(bytes: Uint8Array, onError: (error: Error) => void): void {
    if (this.socket.writableLength + bytes.length > this.hub.limits.maxUnsent) {
      this.destroy('stalled-receiver');
    }
    this.socket.write(bytes, (error) => {
      if (error) onError(this.failure ?? error);
    });
    this.lastTraffic = this.hub.clock.now();
  }

  /**
   * Closes when everything was sent. What still comes is thrown away until the peer closes too, or its
   * time is up: closing on octets that nobody read resets the connection, and our answer would be lost.
   */
  end(): void {
    this.ending = true;
    this.messageDue = this.hub.clock.now() + this.hub.limits.messageTimeout;
    this.socket.end();
    this.watch();
  }

  destroy(reason: string): void {
    if (this.phase === 'closed' || this.socket.destroyed) return;
    this.failure ??= new Error(`${formatAddress(this.remote)}: ${reason}`);
    this.hub.drop(reason, this.remote);
    this.socket.destroy();
  }

  /** Without a word: the layer closes. Resolves when the socket is closed. */
  shut(): Promise<void> {
    return new Promise((resolve) => {
      if (this.phase === 'closed') {
        resolve();
        return;
      }
      this.socket.once('close', () => resolve());
      this.socket.destroy();
    });
  }

  private onConnect(): void {
    this.phase = 'open';
    this.connectDue = Infinity;
    this.lastTraffic = this.hub.clock.now();
    this.tellWaiters(undefined);
  }

  private onData(chunk: Uint8Array): void {
    if (this.ending) return;
    const now = this.hub.clock.now();
    this.lastTraffic = now;
    for (const event of this.framer.push(chunk)) {
      if (event.type === 'ping') {
        // RFC 5626 §4.4.1: a double CRLF is answered with a single one.
        this.send(crlf, () => undefined);
      } else if (event.type !== 'pong') {
        this.messageDue = Infinity;
        this.owner.onFramerEvent(event, this);
        if (event.type === 'error' && event.close) {
          this.end();
          return;
        }
      }
    }
    if (this.framer.pending === 0) this.messageDue = Infinity;
    else if (this.messageDue === Infinity) {
      this.messageDue = now + this.hub.limits.messageTimeout;
      this.watch();
    }
  }

  private onClose(): void {
    this.phase = 'closed';
    this.hub.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.owner.onClosed(this);
    this.tellWaiters(this.error());
  }

  private tellWaiters(error: Error | undefined): void {
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter(error);
  }

  private error(): Error {
    return this.failure ?? new Error(`${formatAddress(this.remote)}: the connection is closed`);
  }

  /** One timer for the three limits; traffic does not move it, it looks again when it fires. */
  private watch(): void {
    const { clock, limits } = this.hub;
    const idleDue = this.lastTraffic + limits.idleTimeout;
    const due = Math.min(idleDue, this.messageDue, this.connectDue);
    if (due >= this.timerAt && this.timer !== undefined) return;
    clock.clearTimeout(this.timer);
    this.timerAt = due;
    this.timer = clock.setTimeout(() => this.onTimer(), due - clock.now());
  }

  private onTimer(): void {
    this.timer = undefined;
    this.timerAt = Infinity;
    const { clock, limits } = this.hub;
    // Timers and now() may differ by a fraction of a millisecond.
    const now = clock.now() + 1;
    if (now >= this.connectDue) this.destroy('connect-timeout');
    else if (now >= this.messageDue) this.destroy(this.ending ? 'unread-answer' : 'slow-sender');
    else if (now >= this.lastTraffic + limits.idleTimeout) this.destroy('idle-connection');
    else this.watch();
  }
}
