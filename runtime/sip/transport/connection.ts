import type { Socket } from 'node:net';
import { formatAddress, type NetworkAddress } from '../../core/address';
import type { TimerHandle } from '../../core/clock';
import type { SipMessage } from '../message/message';
import type { Hub } from './hub';
import { KeepAlive } from './keep-alive';
import type { KeepAliveOptions } from './port';

/** What a connection tells its owner. */
export interface ConnectionOwner {
  /** A message that a framer has read. */
  onMessage(message: SipMessage, from: Connection): void;
  /** Octets that are one message. */
  onBytes(bytes: Uint8Array, from: Connection): void;
  /** What could not be read. */
  onMalformed(error: unknown, from: Connection): void;
  onClosed(connection: Connection): void;
}

/** Where a connection comes from. */
export interface ConnectionFacts {
  readonly remote: NetworkAddress;
  /** RFC 5626 §3.1: names it, in this process and all others. */
  readonly flow: string;
  readonly inbound: boolean;
  /** TLS: the name that we asked the server for, and that its certificate carries. */
  readonly serverName?: string | undefined;
  /** TLS: the names in the verified certificate of a client. */
  readonly peerNames?: readonly string[] | undefined;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly onError: (error: Error) => void;
}

/** One connection of either direction, bounded in time and space (RFC 3261 §18). */
export abstract class Connection {
  protected phase: 'connecting' | 'open' | 'closed';
  /** Our side is closed. */
  protected ending = false;
  private lastTraffic: number;
  /** When the message that began to arrive must be complete; Infinity while none has begun. */
  private messageDue = Infinity;
  private connectDue = Infinity;
  private probedAt = 0;
  private timer: TimerHandle | undefined;
  private timerAt = Infinity;
  private failure: Error | undefined;
  private waiters: ((error: Error | undefined) => void)[] = [];
  /** What was to be sent before the connection stood, its peer verified. */
  private queue: Waiting[] = [];
  private queued = 0;
  private keepAlives: Set<KeepAlive> | undefined;

  protected constructor(
    protected readonly hub: Hub,
    protected readonly owner: ConnectionOwner,
    protected readonly socket: Socket,
    readonly facts: ConnectionFacts,
  ) {
    this.phase = facts.inbound ? 'open' : 'connecting';
    this.lastTraffic = hub.clock.now();
    if (!facts.inbound) this.connectDue = this.lastTraffic + hub.limits.connectTimeout;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.onClose());
    this.watch();
  }

  get remote(): NetworkAddress {
    return this.facts.remote;
  }

  /** False once nothing more can be sent. */
  get usable(): boolean {
    return this.phase !== 'closed' && !this.ending && this.socket.writable;
  }

  /** Calls back when the connection stands, or with the error when it cannot be made. Never synchronously. */
  whenOpen(callback: (error: Error | undefined) => void): void {
    if (this.phase === 'connecting') this.waiters.push(callback);
    else process.nextTick(callback, this.phase === 'open' ? undefined : this.error());
  }

  /** Octets wait for the connection to stand. */
  send(bytes: Uint8Array, onError: (error: Error) => void): void {
    if (!this.hasRoom(bytes.length)) this.destroy('stalled-receiver');
    this.lastTraffic = this.hub.clock.now();
    if (this.phase === 'connecting') {
      this.queue.push({ bytes, onError });
      this.queued += bytes.length;
    } else {
      this.put({ bytes, onError });
    }
  }

  /** Pings the peer until the returned function is called (RFC 5626 §4.4.1). */
  keepAlive(options: KeepAliveOptions): () => void {
    const keepAlive = new KeepAlive(this.hub, options, {
      ping: () => this.ping(),
      onFailed: () => {
        this.keepAlives?.delete(keepAlive);
        this.destroy('keep-alive-timeout');
      },
    });
    this.keepAlives ??= new Set();
    this.keepAlives.add(keepAlive);
    if (this.phase === 'closed') this.endKeepAlives();
    return () => {
      keepAlive.stop();
      this.keepAlives?.delete(keepAlive);
    };
  }

  /**
   * Closes when everything was sent. What still comes is thrown away until the peer closes too, or its
   * time is up: closing on octets that nobody read resets the connection, and our answer would be lost.
   */
  end(): void {
    this.ending = true;
    this.messageDue = this.hub.clock.now() + this.hub.limits.messageTimeout;
    this.finish();
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

  /** Hands octets to the system. */
  protected abstract write(
    bytes: Uint8Array,
    callback: (error: Error | null | undefined) => void,
  ): void;
  /** Sends what asks the peer for a sign of life. */
  protected abstract ping(): void;
  /** Closes our side. */
  protected abstract finish(): void;

  /** Asks a silent peer for a sign of life, where the protocol has something for that. */
  protected probe(): void {}

  /** The connection stands, its peer is who it should be. */
  protected opened(): void {
    if (this.phase !== 'connecting') return;
    this.phase = 'open';
    this.connectDue = Infinity;
    this.lastTraffic = this.hub.clock.now();
    const { queue } = this;
    this.queue = [];
    this.queued = 0;
    for (const waiting of queue) this.put(waiting);
    this.tellWaiters(undefined);
  }

  /** Whether octets have room among those that wait already. */
  protected hasRoom(octets: number): boolean {
    return this.socket.writableLength + this.queued + octets <= this.hub.limits.maxUnsent;
  }

  /** Octets came. False when nobody wants them. */
  protected arrived(): boolean {
    if (this.ending || this.socket.destroyed) return false;
    if (this.facts.inbound && this.hub.admit?.(this.remote) === false) {
      this.destroy('not-admitted');
      return false;
    }
    this.lastTraffic = this.hub.clock.now();
    return true;
  }

  /** Says whether a message has begun that is not complete. */
  protected setPartial(partial: boolean): void {
    if (!partial) this.messageDue = Infinity;
    else if (this.messageDue === Infinity) {
      this.messageDue = this.hub.clock.now() + this.hub.limits.messageTimeout;
      this.watch();
    }
  }

  /** An answer to a ping of ours, or what may be one. */
  protected onPong(): void {
    for (const keepAlive of this.keepAlives ?? []) keepAlive.onPong();
  }

  protected fail(error: Error): void {
    this.failure ??= error;
  }

  private put({ bytes, onError }: Waiting): void {
    this.write(bytes, (error) => {
      if (error) onError(this.failure ?? error);
    });
  }

  private onClose(): void {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    this.hub.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.owner.onClosed(this);
    this.endKeepAlives();
    const { queue } = this;
    this.queue = [];
    for (const { onError } of queue) onError(this.error());
    this.tellWaiters(this.error());
  }

  private endKeepAlives(): void {
    const { keepAlives } = this;
    this.keepAlives = undefined;
    for (const keepAlive of keepAlives ?? []) keepAlive.onClosed();
  }

  private tellWaiters(error: Error | undefined): void {
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter(error);
  }

  private error(): Error {
    return this.failure ?? new Error(`${formatAddress(this.remote)}: the connection is closed`);
  }

  /** One timer for all limits; traffic does not move it, it looks again when it fires. */
  private watch(): void {
    const { clock, limits } = this.hub;
    const asked = this.probedAt > this.lastTraffic;
    const idleDue = this.lastTraffic + limits.idleTimeout / (asked ? 1 : 2);
    const due = Math.min(idleDue, this.messageDue, this.connectDue);
    if (due >= this.timerAt && this.timer !== undefined) return;
    clock.clearTimeout(this.timer);
    this.timerAt = due;
    this.timer = clock.setTimeout(() => this.onTimer(), Math.max(0, due - clock.now()));
  }

  private onTimer(): void {
    this.timer = undefined;
    this.timerAt = Infinity;
    const { clock, limits } = this.hub;
    // Timers and now() may differ by a fraction of a millisecond.
    const now = clock.now() + 1;
    const idle = now - this.lastTraffic;
    if (now >= this.connectDue) this.destroy('connect-timeout');
    else if (now >= this.messageDue) this.destroy(this.ending ? 'unread-answer' : 'slow-sender');
    else if (idle >= limits.idleTimeout) this.destroy('idle-connection');
    else {
      if (idle >= limits.idleTimeout / 2) {
        // A silent peer is asked once, half way.
        this.probedAt = now;
        if (this.usable && this.phase === 'open') this.probe();
      }
      this.watch();
    }
  }
}
