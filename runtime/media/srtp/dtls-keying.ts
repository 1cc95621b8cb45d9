import type { NetworkAddress } from '../../core/address';
import type { Clock, TimerHandle } from '../../core/clock';
import type { Fingerprint } from '../port';
import { canonicalHost } from '../source-latch';
import type { DtlsCertificate } from './certificate';
import type { AssociationOptions, DtlsAssociation, SrtpKeys } from './dtls/association';
import { DtlsClient } from './dtls/client';
import { HelloCookies, readHello, type ReceivedHello } from './dtls/hello-cookie';
import { DtlsServer } from './dtls/server';

export type DtlsVerdict = 'ok' | 'dtls-malformed' | 'dtls-unexpected' | 'stranger';

export interface DtlsKeyingOptions {
  readonly role: 'client' | 'server';
  /** Of the peer's certificate. */
  readonly fingerprint: Fingerprint;
  /** The peer's RTP address, as SDP has it. */
  readonly remote: NetworkAddress;
  readonly certificate: DtlsCertificate | undefined;
  readonly clock: Clock;
  /** Whether the peer may come from another host. */
  readonly anyHost: boolean;
  send(datagram: Uint8Array, host: string, port: number): void;
  onSecured(keys: SrtpKeys): void;
  /** Nothing more comes of it. Never from within the constructor. */
  onFailed(reason: string): void;
}

/** Milliseconds for which a server waits until a client has finished. */
const PATIENCE = 20_000;

/**
 * Handshakes at once, and in all of the negotiated host and of all others: each costs about a millisecond (`npm run bench
 * -- srtp`).
 */
const MOST_AT_ONCE = 4;
const MOST_IN_ALL = 20;

interface Attempt {
  readonly host: string;
  readonly port: number;
  readonly random: Uint8Array;
  readonly association: DtlsAssociation;
}

/**
 * Gets the keys of one peer by DTLS over the socket of its media (RFC 5763, RFC 5764). The address does not say who
 * somebody is, only the fingerprint does: as a server it lets a few sources try side by side, and the first
 * that proves to be the peer is the peer. Whoever fails from elsewhere than the negotiated address changes nothing: behind
 * one NAT there are many.
 */
export class DtlsKeying {
  private readonly host: string;
  private readonly attempts: Attempt[] = [];
  private readonly cookies = new HelloCookies();
  private tried = 0;
  private strangersTried = 0;
  /** Why the last one failed who was not where SDP said: the peer itself, as far as anybody knows. */
  private reason: string | undefined;
  private timer: TimerHandle | undefined;
  private state: 'open' | 'secured' | 'closed' = 'open';

  constructor(private readonly options: DtlsKeyingOptions) {
    const { role, remote, certificate, clock } = options;
    this.host = canonicalHost(remote.host);
    if (certificate === undefined) {
      this.timer = clock.setTimeout(() => this.fail('there is no certificate for DTLS'), 0);
    } else if (role === 'server') {
      this.timer = clock.setTimeout(
        () => this.fail(this.reason ?? 'no DTLS handshake came to an end'),
        PATIENCE,
      );
    } else if (reachable(this.host, remote.port)) {
      this.connect(certificate);
    }
  }

  get role(): 'client' | 'server' {
    return this.options.role;
  }

  /** Takes a datagram whose first byte is one of DTLS (RFC 7983 §7). */
  receive(datagram: Uint8Array, host: string, port: number): DtlsVerdict {
    if (this.state === 'closed') return 'dtls-unexpected';
    const attempt = this.attempts.find((each) => each.host === host && each.port === port);
    if (this.options.role === 'client') {
      return attempt === undefined ? 'stranger' : attempt.association.receive(datagram);
    }
    const received = readHello(datagram);
    if (received === undefined || sameRandom(received, attempt)) {
      return attempt === undefined ? 'dtls-unexpected' : attempt.association.receive(datagram);
    }
    // RFC 5763 §6.6: a new association comes with a new offer and answer.
    if (this.state === 'secured') return 'dtls-unexpected';
    if (host !== this.host && !this.options.anyHost) return 'stranger';
    if (!this.cookies.check(received, host, port)) {
      this.options.send(this.cookies.request(received, host, port), host, port);
      return 'ok';
    }
    return this.accept(received, attempt, host, port)?.receive(datagram) ?? 'dtls-unexpected';
  }

  /** Ends all handshakes and timers. Idempotent. */
  close(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.state = 'closed';
    for (const { association } of this.attempts.splice(0)) association.close();
  }

  private connect(certificate: DtlsCertificate): void {
    const { port } = this.options.remote;
    const association = new DtlsClient(this.callbacks(certificate, this.host, port));
    this.attempts.push({ host: this.host, port, random: NOTHING, association });
    association.start();
  }

  /** Begins a handshake with a client that has shown where it is. */
  private accept(
    received: ReceivedHello,
    earlier: Attempt | undefined,
    host: string,
    port: number,
  ): DtlsAssociation | undefined {
    const { certificate } = this.options;
    const negotiated = host === this.host;
    const tried = negotiated ? this.tried : this.strangersTried;
    if (certificate === undefined || tried >= MOST_IN_ALL) return undefined;
    // The same client has begun anew.
    if (earlier !== undefined) this.drop(earlier);
    if (!negotiated && this.attempts.some((each) => each.host === host)) return undefined;
    if (this.attempts.length >= MOST_AT_ONCE) {
      const other = this.attempts.find((each) => each.host !== this.host) ?? this.attempts[0];
      if (!negotiated || other === undefined) return undefined;
      this.drop(other);
    }
    if (negotiated) this.tried += 1;
    else this.strangersTried += 1;
    const { message, record, hello } = received;
    const association = new DtlsServer(this.callbacks(certificate, host, port), {
      message,
      record,
    });
    this.attempts.push({ host, port, random: Uint8Array.from(hello.random), association });
    return association;
  }

  private callbacks(certificate: DtlsCertificate, host: string, port: number): AssociationOptions {
    const { clock, fingerprint } = this.options;
    return {
      clock,
      certificate,
      fingerprint,
      send: (datagram) => this.options.send(datagram, host, port),
      onSecured: (keys) => this.succeed(host, port, keys),
      onFailed: (reason) => {
        const attempt = this.attempts.find((each) => each.host === host && each.port === port);
        if (attempt !== undefined) this.attempts.splice(this.attempts.indexOf(attempt), 1);
        const negotiated = host === this.host && port === this.options.remote.port;
        if (negotiated || this.state === 'secured') this.fail(reason);
        else this.reason = reason;
      },
    };
  }

  private succeed(host: string, port: number, keys: SrtpKeys): void {
    if (this.state !== 'open') return;
    this.state = 'secured';
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    for (const attempt of this.attempts.slice()) {
      if (attempt.host !== host || attempt.port !== port) this.drop(attempt);
    }
    this.options.onSecured(keys);
  }

  private fail(reason: string): void {
    if (this.state === 'closed') return;
    this.close();
    this.options.onFailed(reason);
  }

  private drop(attempt: Attempt): void {
    this.attempts.splice(this.attempts.indexOf(attempt), 1);
    attempt.association.close();
  }
}

const NOTHING = new Uint8Array(0);

/** RFC 3264 §8.4: the hold of old phones has no address; there the peer has to be asked again. */
function reachable(host: string, port: number): boolean {
  return port > 0 && host !== '0.0.0.0' && host !== '::';
}

function sameRandom({ hello }: ReceivedHello, attempt: Attempt | undefined): boolean {
  return attempt !== undefined && Buffer.compare(hello.random, attempt.random) === 0;
}
