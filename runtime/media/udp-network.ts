import type { NetworkAddress } from '../core/address';
import type { Clock, TimerHandle } from '../core/clock';
import { CallchartError } from '../core/errors';
import { below, type Random } from '../core/random';
import type { MediaNetwork, MediaReceiver, MediaSockets } from './port';
import { bindPair, type UdpPair } from './udp-pair';

export interface UdpNetworkOptions {
  readonly clock: Clock;
  /** Where in the range the search begins; the first port when absent. */
  readonly random?: Random;
  /** RTP takes an even port and RTCP the next; both ends are included. 10 000 to 20 000. */
  readonly portRange?: { readonly first: number; readonly last: number };
  /** What the sockets bind to when it is not the address that is announced: a wildcard, or behind NAT. */
  readonly bindHost?: string;
  /** Milliseconds that released ports rest, so that a new call hears no late packet of the old; 2 000. */
  readonly quarantine?: number;
  /** Milliseconds after which unused sockets are closed; 60 000. */
  readonly idleTime?: number;
  /** Bytes of the kernel's receive buffer; the system's when absent. */
  readonly receiveBuffer?: number;
}

/** Counters of {@link UdpNetwork}, since it was made. */
interface UdpNetworkCounters {
  /** Packets that arrived while nobody held the ports. */
  unclaimed: number;
  /** Packets not sent because the kernel's buffer was full. */
  congested: number;
  /** Socket errors; none ends a call. */
  errors: number;
  /** Pairs that were bound anew, and taken from the pool. */
  bound: number;
  reused: number;
}

/**
 * RTP and RTCP over UDP. Binding and closing two sockets costs 44 µs, a sixth of what a short call may, so
 * pairs stay bound after release, rest for the quarantine, and serve again.
 */
export class UdpNetwork implements MediaNetwork {
  readonly counters: UdpNetworkCounters = {
    unclaimed: 0,
    congested: 0,
    errors: 0,
    bound: 0,
    reused: 0,
  };
  private readonly clock: Clock;
  private readonly first: number;
  private readonly count: number;
  private readonly quarantine: number;
  private readonly idleTime: number;
  private readonly pools = new Map<string, Pool>();
  private readonly leases = new Set<Lease>();
  private trimTimer: TimerHandle | undefined;
  private closed = false;

  constructor(private readonly options: UdpNetworkOptions) {
    const { first, last } = options.portRange ?? { first: 10_000, last: 20_000 };
    this.clock = options.clock;
    this.first = first + (first % 2);
    this.count = Math.floor((last + 1 - this.first) / 2);
    if (this.first < 2 || last > 65_535 || this.count < 1) {
      throw new CallchartError(
        'CALLCHART_MEDIA_PORT_RANGE',
        `the media port range ${first}-${last} holds no even port with its successor`,
      );
    }
    this.quarantine = options.quarantine ?? 2_000;
    this.idleTime = options.idleTime ?? 60_000;
  }

  /** Pairs that are allocated now. */
  get open(): number {
    return this.leases.size;
  }

  /** Pairs that are bound, allocated or not. */
  get bound(): number {
    let bound = 0;
    for (const pool of this.pools.values()) bound += pool.owned.size;
    return bound;
  }

  /**
   * Two ports at `localHost`. Rejects with `CALLCHART_MEDIA_PORTS_EXHAUSTED` (503) when none is free,
   * and with `CALLCHART_MEDIA_BIND_FAILED` (500) when the address is not one of this machine.
   */
  async allocate(localHost: string): Promise<MediaSockets> {
    if (this.closed) throw exhausted('the media network is closed');
    const host = this.options.bindHost ?? localHost;
    const pool = this.poolOf(host);
    const pair = pool.takeReady(this.clock.now() - this.quarantine);
    if (pair !== undefined) {
      this.counters.reused += 1;
      return this.lease(pool, pair, localHost);
    }
    return this.lease(pool, await this.bind(host, pool), localHost);
  }

  /** Closes every socket, allocated ones too. */
  close(): Promise<void> {
    this.closed = true;
    for (const lease of this.leases) lease.release();
    for (const pool of this.pools.values()) {
      for (const pair of pool.drain()) pair.close();
    }
    this.clock.clearTimeout(this.trimTimer);
    this.trimTimer = undefined;
    return Promise.resolve();
  }

  private poolOf(host: string): Pool {
    let pool = this.pools.get(host);
    if (pool === undefined) {
      const { random } = this.options;
      pool = new Pool(random === undefined ? 0 : below(random, this.count));
      this.pools.set(host, pool);
    }
    return pool;
  }

  private async bind(host: string, pool: Pool): Promise<UdpPair> {
    for (let tried = 0; tried < this.count; tried += 1) {
      const port = this.first + 2 * pool.cursor;
      pool.cursor = (pool.cursor + 1) % this.count;
      if (pool.owned.has(port)) continue;
      pool.owned.add(port);
      const bound = await bindPair(host, port, this.options.receiveBuffer, this.counters);
      if (bound.type === 'bound') {
        if (this.closed) {
          bound.pair.close();
          throw exhausted('the media network is closed');
        }
        this.counters.bound += 1;
        return bound.pair;
      }
      pool.owned.delete(port);
      if (bound.type === 'failed') {
        throw new CallchartError(
          'CALLCHART_MEDIA_BIND_FAILED',
          `cannot bind media sockets to ${host}: ${bound.error.message}; ` +
            'give an address of this machine, or a wildcard to bind beside the one to announce',
          { status: 500, cause: bound.error },
        );
      }
      if (bound.type === 'no-descriptors') {
        throw exhausted(
          'no file descriptor is left for media sockets; raise `ulimit -n`',
          bound.error,
        );
      }
    }
    const last = this.first + 2 * this.count - 1;
    throw exhausted(`all media ports of ${this.first}-${last} at ${host} are taken`);
  }

  private lease(pool: Pool, pair: UdpPair, localHost: string): Lease {
    const lease = new Lease({ host: localHost, port: pair.port }, pair, (released) => {
      this.leases.delete(released);
      if (this.closed) {
        pool.owned.delete(pair.port);
        pair.close();
        return;
      }
      pool.rest(pair, this.clock.now());
      this.trimTimer ??= this.clock.setTimeout(this.trim, this.quarantine + this.idleTime);
    });
    pair.receiver = lease;
    this.leases.add(lease);
    return lease;
  }

  private readonly trim = (): void => {
    this.trimTimer = undefined;
    const now = this.clock.now();
    let resting = false;
    for (const pool of this.pools.values()) {
      for (const pair of pool.takeIdle(
        now - this.quarantine,
        now - this.quarantine - this.idleTime,
      )) {
        pair.close();
      }
      resting ||= pool.resting > 0;
    }
    if (resting) this.trimTimer = this.clock.setTimeout(this.trim, this.idleTime / 2);
  };
}

function exhausted(message: string, cause?: Error): CallchartError {
  return new CallchartError('CALLCHART_MEDIA_PORTS_EXHAUSTED', message, {
    status: 503,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The pairs of one bind address that nobody holds. */
class Pool {
  /** RTP ports bound by us, held or not. */
  readonly owned = new Set<number>();
  cursor: number;
  /** Released, oldest first, from `head` on; still in quarantine. */
  private quarantined: UdpPair[] = [];
  private head = 0;
  /** Out of quarantine. The last released serves first, so that those at the bottom can be given up. */
  private readonly ready: UdpPair[] = [];

  constructor(cursor: number) {
    this.cursor = cursor;
  }

  get resting(): number {
    return this.quarantined.length - this.head + this.ready.length;
  }

  rest(pair: UdpPair, now: number): void {
    pair.releasedAt = now;
    this.quarantined.push(pair);
  }

  /** A pair that was released at `before` or earlier. */
  takeReady(before: number): UdpPair | undefined {
    this.promote(before);
    return this.ready.pop();
  }

  /** Gives up those released at `idleSince` or earlier. */
  takeIdle(before: number, idleSince: number): UdpPair[] {
    this.promote(before);
    const keep = this.ready.findIndex((pair) => pair.releasedAt > idleSince);
    const idle = this.ready.splice(0, keep < 0 ? this.ready.length : keep);
    for (const pair of idle) this.owned.delete(pair.port);
    return idle;
  }

  drain(): UdpPair[] {
    const all = [...this.quarantined.slice(this.head), ...this.ready];
    this.quarantined = [];
    this.head = 0;
    this.ready.length = 0;
    for (const pair of all) this.owned.delete(pair.port);
    return all;
  }

  private promote(before: number): void {
    for (;;) {
      const pair = this.quarantined[this.head];
      if (pair === undefined || pair.releasedAt > before) break;
      this.head += 1;
      this.ready.push(pair);
    }
    if (this.head > 64 && this.head * 2 > this.quarantined.length) {
      this.quarantined = this.quarantined.slice(this.head);
      this.head = 0;
    }
  }
}

/** One allocation. A new object each time, so that a late `release` cannot touch the next holder's ports. */
class Lease implements MediaSockets, MediaReceiver {
  receiver: MediaReceiver | undefined;

  constructor(
    readonly local: NetworkAddress,
    private pair: UdpPair | undefined,
    private readonly onRelease: (lease: Lease) => void,
  ) {}

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    this.pair?.sendRtp(packet, host, port);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    this.pair?.sendRtcp(packet, host, port);
  }

  onRtp(packet: Uint8Array, host: string, port: number): void {
    this.receiver?.onRtp(packet, host, port);
  }

  onRtcp(packet: Uint8Array, host: string, port: number): void {
    this.receiver?.onRtcp(packet, host, port);
  }

  release(): void {
    const { pair } = this;
    if (pair === undefined) return;
    this.pair = undefined;
    this.receiver = undefined;
    pair.receiver = undefined;
    this.onRelease(this);
  }
}
