import type { NetworkAddress } from '../../core/address';
import type { Clock } from '../../core/clock';
import type { MediaReceiver, MediaSecurity, MediaSockets, SrtpSuite } from '../port';
import { isRtcp } from '../rtp/packet';
import type { DtlsCertificate } from './certificate';
import { DtlsKeying } from './dtls-keying';
import { PacketScratch } from './packet-scratch';
import { SrtpReceiver, type SrtpVerdict } from './srtp-receiver';
import { MOST_OVERHEAD, SrtpSender } from './srtp-sender';

type Sdes = MediaSecurity & { readonly type: 'sdes' };
type Dtls = MediaSecurity & { readonly type: 'dtls' };

/** Milliseconds for which packets under the keys before are still taken: they were on their way. */
const OLD_KEYS = 5_000;

export interface SecureSocketsOptions {
  readonly clock: Clock;
  /** What DTLS shows of us; without it DTLS fails. */
  readonly certificate?: DtlsCertificate | undefined;
  /** Whether a peer behind NAT may do DTLS from another host than SDP named; only its fingerprint lets it in. */
  readonly anyHost: boolean;
  /** A packet was of no use: `srtp-auth`, `srtp-replay`, `srtp-missing`, `srtp-malformed`, `dtls-unexpected`, … */
  onDrop(reason: string, host: string, port: number): void;
  /** The keys can be used: packets go both ways from now on. */
  onSecured?(): void;
  /** No keys could be agreed: the session cannot go on. Told once for each {@link SecureSockets.secure}. */
  onFailed(reason: string): void;
}

/**
 * Sockets between a session and the real ones that protect what goes out and open what comes in (RFC 3711): the session
 * never sees a protected packet, and once security was agreed, nothing plain passes in either direction. Without
 * security it is one comparison a packet.
 */
export class SecureSockets implements MediaSockets, MediaReceiver {
  readonly local: NetworkAddress;
  receiver: MediaReceiver | undefined;
  /** Packets that were not sent because there were no keys yet, or that no key may protect. */
  unsent = 0;
  private security: MediaSecurity | undefined;
  /** What the keys below were made of, unless DTLS made them. */
  private sdes: Sdes | undefined;
  private sending: SrtpSender | undefined;
  private receiving: SrtpReceiver | undefined;
  private before: { readonly receiver: SrtpReceiver; readonly until: number } | undefined;
  private dtls: DtlsKeying | undefined;
  private remote: NetworkAddress | undefined;
  /** Of the packet that {@link open} has opened. */
  private openedSize = 0;
  private released = false;

  constructor(
    private readonly sockets: MediaSockets,
    private readonly options: SecureSocketsOptions,
  ) {
    this.local = sockets.local;
    sockets.receiver = this;
  }

  /** Whether packets go out: there is no security, or there are keys. */
  get ready(): boolean {
    return this.security === undefined || this.sending !== undefined;
  }

  /**
   * What offer and answer agreed on, each time they did. Keys that stay go on with their counters; others take
   * their place (RFC 4568 §7.1.4), and what was sent under the old ones before is understood for a while.
   * `remote` is the peer's RTP address.
   */
  secure(security: MediaSecurity | undefined, remote: NetworkAddress): void {
    if (this.released) return;
    const previous = this.security;
    this.security = security;
    if (security?.type === 'dtls') {
      this.agree(security, remote, previous);
      return;
    }
    this.dtls?.close();
    this.dtls = undefined;
    // What there is stays, so that keys that come back do not begin anew: no index may come twice.
    if (security === undefined) return;
    const last = this.sdes;
    this.sdes = security;
    const { suite, sendKey, receiveKey } = security;
    const sameSuite = last?.suite === suite;
    if (!sameSuite || !sameBytes(last.sendKey, sendKey)) {
      this.sending = new SrtpSender(suite, sendKey);
    }
    if (!sameSuite || !sameBytes(last.receiveKey, receiveKey)) this.receiveUnder(suite, receiveKey);
  }

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) this.sockets.sendRtp(packet, host, port);
    else if (isRtcp(packet)) {
      // RFC 5761 §5: RTCP that shares the port of RTP.
      const protectedPacket = this.protectControl(packet);
      if (protectedPacket !== undefined) this.sockets.sendRtp(protectedPacket, host, port);
    } else {
      const size = this.sending?.protectRtp(packet, packet.length, outgoing.bytes) ?? 0;
      if (size === 0) this.unsent += 1;
      else this.sockets.sendRtp(outgoing.view(size), host, port);
    }
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) this.sockets.sendRtcp(packet, host, port);
    else {
      const protectedPacket = this.protectControl(packet);
      if (protectedPacket !== undefined) this.sockets.sendRtcp(protectedPacket, host, port);
    }
  }

  onRtp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) {
      this.receiver?.onRtp(packet, host, port);
      return;
    }
    const first = packet[0] ?? 0;
    // RFC 7983 §7: what a datagram is, by its first byte.
    if (first >= 128 && first <= 191) {
      const verdict = this.open(packet, isRtcp(packet));
      if (verdict === 'ok') this.receiver?.onRtp(incoming.view(this.openedSize), host, port);
      else this.options.onDrop(verdict, host, port);
    } else if (first >= 20 && first <= 63) {
      const verdict = this.dtls?.receive(packet, host, port) ?? 'dtls-unexpected';
      if (verdict !== 'ok') this.options.onDrop(verdict, host, port);
    } else this.options.onDrop('rtp-version', host, port);
  }

  onRtcp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) {
      this.receiver?.onRtcp(packet, host, port);
      return;
    }
    const verdict = this.open(packet, true);
    if (verdict === 'ok') this.receiver?.onRtcp(incoming.view(this.openedSize), host, port);
    else this.options.onDrop(verdict, host, port);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.dtls?.close();
    this.dtls = undefined;
    this.sending = this.receiving = this.before = undefined;
    this.receiver = undefined;
    this.sockets.receiver = undefined;
    this.sockets.release();
  }

  /** Opens a packet into {@link incoming}. */
  private open(packet: Uint8Array, control: boolean): SrtpVerdict | 'srtp-missing' {
    const { receiving } = this;
    if (receiving === undefined || packet.length > incoming.bytes.length) {
      return receiving === undefined ? 'srtp-missing' : 'srtp-malformed';
    }
    const verdict = this.openWith(receiving, packet, control);
    if (verdict !== 'srtp-auth' || this.before === undefined) return verdict;
    if (this.options.clock.now() >= this.before.until) {
      this.before = undefined;
      return verdict;
    }
    const earlier = this.openWith(this.before.receiver, packet, control);
    return earlier === 'ok' ? earlier : verdict;
  }

  private openWith(receiver: SrtpReceiver, packet: Uint8Array, control: boolean): SrtpVerdict {
    const verdict = control
      ? receiver.unprotectRtcp(packet, incoming.bytes)
      : receiver.unprotectRtp(packet, incoming.bytes);
    if (verdict === 'ok') this.openedSize = receiver.size;
    return verdict;
  }

  /** A buffer of its own each time, as RTCP's sender has: the kernel may keep it for a moment when it is busy. */
  private protectControl(packet: Uint8Array): Uint8Array | undefined {
    const out = new Uint8Array(packet.length + MOST_OVERHEAD);
    const size = this.sending?.protectRtcp(packet, packet.length, out) ?? 0;
    if (size > 0) return out.subarray(0, size);
    this.unsent += 1;
    return undefined;
  }

  private receiveUnder(suite: SrtpSuite, key: Uint8Array): void {
    const { receiving } = this;
    if (receiving !== undefined) {
      this.before = { receiver: receiving, until: this.options.clock.now() + OLD_KEYS };
    }
    this.receiving = new SrtpReceiver(suite, key, receiving?.sourcePlaces());
  }

  /** RFC 5763 §6.6: another offer and answer changes nothing unless the peer has become another. */
  private agree(security: Dtls, remote: NetworkAddress, previous: MediaSecurity | undefined): void {
    const same =
      previous?.type === 'dtls' &&
      this.dtls !== undefined &&
      previous.role === security.role &&
      previous.fingerprint.algorithm === security.fingerprint.algorithm &&
      previous.fingerprint.value === security.fingerprint.value &&
      this.remote?.host === remote.host &&
      this.remote.port === remote.port;
    if (same) return;
    this.remote = remote;
    this.dtls?.close();
    const { clock, certificate, anyHost } = this.options;
    this.dtls = new DtlsKeying({
      role: security.role,
      fingerprint: security.fingerprint,
      remote,
      certificate,
      clock,
      anyHost,
      send: (datagram, host, port) => this.sockets.sendRtp(datagram, host, port),
      onSecured: ({ suite, sendKey, receiveKey }) => {
        this.sdes = undefined;
        this.sending = new SrtpSender(suite, sendKey);
        this.receiveUnder(suite, receiveKey);
        this.options.onSecured?.();
      },
      onFailed: (reason) => this.options.onFailed(reason),
    });
  }
}

/** One for all sessions of a thread: a packet is sent, or heard, before the next comes. */
const outgoing = new PacketScratch();
const incoming = new PacketScratch();

function sameBytes(first: Uint8Array, second: Uint8Array): boolean {
  return first.length === second.length && first.every((byte, index) => byte === second[index]);
}
