import { isIPv6, SocketAddress } from 'node:net';
import type { NetworkAddress } from '../core/address';

/** Milliseconds without a packet after which the source may turn up somewhere else. */
const SILENCE = 2_000;
/** Packets in a row that a source outside the negotiated host has to send before it is believed. */
const PROBATION = 4;
/** Numbers by which a packet may be ahead of the last one and still follow it. */
const REACH = 32;

/**
 * Symmetric RTP: decides which one source of packets is the peer, and so where ours go to. The port
 * (and behind NAT the address) that packets really come from is better than what SDP promised, but
 * whoever finds the port must not take the call over.
 *
 * - The first packet from the negotiated host latches its port.
 * - A source at another host has to send a few packets in a row first (the peer is behind NAT), and
 *   loses to the negotiated host as soon as that speaks.
 * - When SDP names another port of the host, packets that still come from the one before are heard, and we send to the
 *   new one.
 * - What goes on with the SSRC and the numbers of the source, from the same host, is the source, whatever its port.
 * - From then on all others are strangers, until the source has been silent for a while: then the same
 *   SSRC may continue from another place (its NAT binding has changed), or the negotiated address speak.
 */
export class SourceLatch {
  /** Where to send to. */
  host = '';
  port = 0;
  private expectedHost = '';
  private expectedPort = 0;
  private latched = false;
  private ssrc = 0;
  private sequence = 0;
  private lastHeard = 0;

  /** Where the source was before SDP moved it, and when the first packet came from there after that. */
  private formerHost = '';
  private formerPort = 0;
  private formerSince = 0;

  private candidateHost = '';
  private candidatePort = 0;
  private candidateSequence = 0;
  private candidateCount = 0;

  /** @param anyHost whether a source outside the negotiated host is ever believed. */
  constructor(private readonly anyHost: boolean) {}

  /** Whether a source has been found. */
  get found(): boolean {
    return this.latched;
  }

  /**
   * Whether there is an address to send to. `0.0.0.0` and `::` are none: the hold of old phones
   * (RFC 3264 §8.4).
   */
  get reachable(): boolean {
    return this.port > 0 && this.host !== '0.0.0.0' && this.host !== '::';
  }

  /** Whether an address is where packets are sent to, and, once a source was found, come from. */
  isSource(host: string, port: number): boolean {
    return port === this.port && host === this.host;
  }

  /** Whether the source is not where SDP said. */
  get moved(): boolean {
    return this.host !== this.expectedHost || this.port !== this.expectedPort;
  }

  /** What SDP says now. Returns whether that is new, which forgets the source. */
  expect(address: NetworkAddress): boolean {
    const host = canonicalHost(address.host);
    if (host === this.expectedHost && address.port === this.expectedPort) return false;
    if (this.latched) {
      this.formerHost = this.host;
      this.formerPort = this.port;
    }
    this.formerSince = 0;
    this.expectedHost = host;
    this.expectedPort = address.port;
    this.host = host;
    this.port = address.port;
    this.latched = false;
    this.candidateCount = 0;
    return true;
  }

  /** Whether a valid RTP packet is from the peer. `now` in milliseconds. */
  accept(host: string, port: number, ssrc: number, sequence: number, now: number): boolean {
    if (!this.latched || port !== this.port || host !== this.host) {
      if (this.lingers(host, port, now)) return true;
      if (!this.admits(host, port, ssrc, sequence, now)) return false;
      this.latched = true;
      this.host = host;
      this.port = port;
      this.candidateCount = 0;
    }
    this.ssrc = ssrc;
    this.sequence = sequence;
    this.lastHeard = now;
    return true;
  }

  /** Whether RTCP from `host` may be the peer's. */
  acceptsControl(host: string): boolean {
    return host === this.host || host === this.expectedHost;
  }

  /**
   * Whether a packet is of a source that SDP has moved to another port, and was on its way: it is the peer's, but not
   * where the peer is. One that goes on for long has not moved.
   */
  private lingers(host: string, port: number, now: number): boolean {
    if (this.latched || port !== this.formerPort || port === this.expectedPort) return false;
    if (host !== this.formerHost || host !== this.expectedHost) return false;
    if (this.formerSince === 0) this.formerSince = now;
    return now - this.formerSince < SILENCE;
  }

  private admits(host: string, port: number, ssrc: number, sequence: number, now: number): boolean {
    if (!this.latched) {
      return host === this.expectedHost || (this.anyHost && this.passes(host, port, sequence));
    }
    if (host === this.expectedHost && this.host !== this.expectedHost) return true;
    // A NAT that gives each packet another port: nobody else knows source and number.
    if (host === this.host && ssrc === this.ssrc && this.follows(sequence)) return true;
    if (now - this.lastHeard < SILENCE) return false;
    if (host === this.expectedHost && port === this.expectedPort) return true;
    return ssrc === this.ssrc && (this.anyHost || host === this.expectedHost);
  }

  private follows(sequence: number): boolean {
    const ahead = (sequence - this.sequence) & 0xffff;
    return ahead > 0 && ahead <= REACH;
  }

  private passes(host: string, port: number, sequence: number): boolean {
    const follows =
      host === this.candidateHost &&
      port === this.candidatePort &&
      sequence === ((this.candidateSequence + 1) & 0xffff);
    this.candidateHost = host;
    this.candidatePort = port;
    this.candidateSequence = sequence;
    this.candidateCount = follows ? this.candidateCount + 1 : 1;
    return this.candidateCount >= PROBATION;
  }
}

/** An IP literal as the platform writes the source of a packet: IPv6 has many spellings. */
export function canonicalHost(host: string): string {
  if (!isIPv6(host)) return host;
  const zone = host.indexOf('%');
  const address = zone < 0 ? host : host.slice(0, zone);
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return zone < 0 ? canonical : canonical + host.slice(zone);
}
