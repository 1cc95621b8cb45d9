import type { NetworkAddress } from '../../core/address';
import type { Clock } from '../../core/clock';
import type { MediaReceiver, MediaSecurity, MediaSockets } from '../port';
import { isRtcp } from '../rtp/packet';
import type { DtlsCertificate } from './certificate';
import type { SrtpKeys } from './dtls/association';
import { DtlsKeying, type DtlsVerdict } from './dtls-keying';
import { EarlyHellos } from './early-hellos';
import { SrtpChannel, type ChannelVerdict } from './srtp-channel';

type Dtls = MediaSecurity & { readonly type: 'dtls' };

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

/** A handshake, and what it was for. */
interface Agreement {
  readonly security: Dtls;
  readonly remote: NetworkAddress;
  readonly keying: DtlsKeying;
}

/**
 * Sockets between a session and the real ones that protect what goes out and open what comes in (RFC 3711): the session
 * never sees a protected packet, and once security was agreed, nothing plain passes in either direction. Without
 * security it is a comparison or two a packet.
 */
export class SecureSockets implements MediaSockets, MediaReceiver {
  readonly local: NetworkAddress;
  receiver: MediaReceiver | undefined;
  /** Packets that were not sent because there were no keys yet, or that no key may protect. */
  unsent = 0;
  private security: MediaSecurity | undefined;
  private readonly media: SrtpChannel;
  /** Whether it was ever said what is secure. */
  private settled = false;
  private agreement: Agreement | undefined;
  /** Of a port of RTCP with DTLS: RFC 5764 §3 has an association for each port. Else RTCP has the keys of RTP. */
  private control: { readonly channel: SrtpChannel; agreement: Agreement | undefined } | undefined;
  private released = false;
  /** By the port that they came to. */
  private early: { readonly rtp: EarlyHellos; readonly rtcp: EarlyHellos } | undefined;

  constructor(
    private readonly sockets: MediaSockets,
    private readonly options: SecureSocketsOptions,
  ) {
    this.local = sockets.local;
    this.media = new SrtpChannel(options.clock);
    sockets.receiver = this;
  }

  /** Whether packets go out: there is no security, or there are keys. */
  get ready(): boolean {
    return this.security === undefined || this.media.ready;
  }

  /**
   * What offer and answer agreed on, each time they did. Keys that stay go on with their counters; others take
   * their place (RFC 4568 §7.1.4), and what was sent under the old ones before is understood for a while.
   *
   * @param remote the peer's RTP address.
   * @param control its RTCP address; absent where RTCP shares the port of RTP.
   */
  secure(
    security: MediaSecurity | undefined,
    remote: NetworkAddress,
    control?: NetworkAddress,
  ): void {
    if (this.released) return;
    this.security = security;
    this.settled = true;
    if (security?.type === 'dtls') {
      this.agree(security, remote);
      this.agreeOnControl(security, control);
      this.early = undefined;
      return;
    }
    this.forget();
    this.early = undefined;
    // What keys there are stay, for when they come back.
    if (security !== undefined) use(this.media, security);
  }

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) {
      this.sockets.sendRtp(packet, host, port);
      return;
    }
    // RFC 5761 §5: reports may share the port.
    const sealed = isRtcp(packet) ? this.media.protectRtcp(packet) : this.media.protectRtp(packet);
    if (sealed === undefined) this.unsent += 1;
    else this.sockets.sendRtp(sealed, host, port);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) {
      this.sockets.sendRtcp(packet, host, port);
      return;
    }
    const sealed = (this.control?.channel ?? this.media).protectRtcp(packet);
    if (sealed === undefined) this.unsent += 1;
    else this.sockets.sendRtcp(sealed, host, port);
  }

  onRtp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) {
      if (!this.isEarly('rtp', packet, host, port)) this.receiver?.onRtp(packet, host, port);
      return;
    }
    const { media, agreement } = this;
    const verdict = take(packet, isRtcp(packet), media, agreement, host, port);
    if (verdict === 'ok') this.receiver?.onRtp(media.opened, host, port);
    else this.drop(verdict, 'rtp', packet, host, port);
  }

  onRtcp(packet: Uint8Array, host: string, port: number): void {
    if (this.security === undefined) {
      if (!this.isEarly('rtcp', packet, host, port)) this.receiver?.onRtcp(packet, host, port);
      return;
    }
    const { control } = this;
    const channel = control?.channel ?? this.media;
    const verdict = take(packet, true, channel, control?.agreement, host, port);
    if (verdict === 'ok') this.receiver?.onRtcp(channel.opened, host, port);
    else this.drop(verdict, 'rtcp', packet, host, port);
  }

  release(): void {
    if (this.released) return;
    this.forget();
    this.released = true;
    this.receiver = undefined;
    this.early = undefined;
    this.sockets.receiver = undefined;
    this.sockets.release();
  }

  private agree(security: Dtls, remote: NetworkAddress): void {
    if (stays(this.agreement, security, remote)) return;
    this.agreement?.keying.close();
    const keying = this.keying(security, remote, {
      send: (datagram, host, port) => this.sockets.sendRtp(datagram, host, port),
      onSecured: (keys) => {
        use(this.media, keys);
        this.options.onSecured?.();
      },
      onFailed: (reason) => this.options.onFailed(reason),
    });
    this.agreement = { security, remote, keying };
    begin(keying, this.early?.rtp);
  }

  private agreeOnControl(security: Dtls, remote: NetworkAddress | undefined): void {
    if (remote === undefined) {
      this.control?.agreement?.keying.close();
      this.control = undefined;
      return;
    }
    const control = (this.control ??= {
      channel: new SrtpChannel(this.options.clock),
      agreement: undefined,
    });
    if (stays(control.agreement, security, remote)) return;
    control.agreement?.keying.close();
    const keying = this.keying(security, remote, {
      send: (datagram, host, port) => this.sockets.sendRtcp(datagram, host, port),
      onSecured: (keys) => use(control.channel, keys),
      // A call can do without reports.
      onFailed: () => undefined,
    });
    control.agreement = { security, remote, keying };
    begin(keying, this.early?.rtcp);
  }

  private keying(
    { role, fingerprint }: Dtls,
    remote: NetworkAddress,
    callbacks: Pick<ConstructorParameters<typeof DtlsKeying>[0], 'send' | 'onSecured' | 'onFailed'>,
  ): DtlsKeying {
    const { clock, certificate, anyHost } = this.options;
    return new DtlsKeying({ role, fingerprint, remote, certificate, clock, anyHost, ...callbacks });
  }

  /**
   * Whether a packet was held that came before anything was agreed. It is no drop: as the answerer of an offer of ours, the
   * peer says hello as soon as it has answered.
   */
  private isEarly(kind: 'rtp' | 'rtcp', packet: Uint8Array, host: string, port: number): boolean {
    return packet[0] === HANDSHAKE && this.hold(kind, packet, host, port) && !this.settled;
  }

  /** Counts a packet, and keeps it if the next offer and answer may make sense of it. */
  private drop(
    verdict: Exclude<Verdict, 'ok'>,
    kind: 'rtp' | 'rtcp',
    packet: Uint8Array,
    host: string,
    port: number,
  ): void {
    if (verdict === 'dtls') return;
    if (packet[0] === HANDSHAKE) this.hold(kind, packet, host, port);
    this.options.onDrop(verdict, host, port);
  }

  private hold(kind: 'rtp' | 'rtcp', packet: Uint8Array, host: string, port: number): boolean {
    const { clock } = this.options;
    this.early ??= { rtp: new EarlyHellos(clock), rtcp: new EarlyHellos(clock) };
    return this.early[kind].hold(packet, host, port);
  }

  /** Ends the handshakes. */
  private forget(): void {
    this.agreement?.keying.close();
    this.control?.agreement?.keying.close();
    this.agreement = this.control = undefined;
  }
}

/** Answers who has said hello already; as a client it begins itself. */
function begin(keying: DtlsKeying, early: EarlyHellos | undefined): void {
  if (keying.role === 'client') return;
  for (const { datagram, host, port } of early?.take() ?? []) keying.receive(datagram, host, port);
}

/** What became of a packet; `dtls` was for the handshake. */
type Verdict = ChannelVerdict | Exclude<DtlsVerdict, 'ok'> | 'dtls' | 'rtp-version';

/** The first byte of what may be a hello (RFC 6347 §4.1). */
const HANDSHAKE = 22;

/** Opens a packet, or takes it for a handshake: RFC 7983 §7 tells by the first byte what a datagram is. */
function take(
  packet: Uint8Array,
  control: boolean,
  channel: SrtpChannel,
  agreement: Agreement | undefined,
  host: string,
  port: number,
): Verdict {
  const first = packet[0] ?? 0;
  if (first >= 128 && first <= 191) return channel.open(packet, control);
  if (first < 20 || first > 63) return 'rtp-version';
  const verdict = agreement?.keying.receive(packet, host, port) ?? 'dtls-unexpected';
  return verdict === 'ok' ? 'dtls' : verdict;
}

function use(channel: SrtpChannel, { suite, sendKey, receiveKey }: SrtpKeys): void {
  channel.sendUnder(suite, sendKey);
  channel.receiveUnder(suite, receiveKey);
}

/** RFC 5763 §6.6: another offer and answer changes nothing unless the peer has become another, or moved. */
function stays(
  agreement: Agreement | undefined,
  { role, fingerprint }: Dtls,
  remote: NetworkAddress,
): boolean {
  if (agreement === undefined) return false;
  const { security } = agreement;
  // RFC 3264 §8.4: the hold of old phones is no place to move to.
  const moved =
    (agreement.remote.host !== remote.host || agreement.remote.port !== remote.port) &&
    remote.host !== '0.0.0.0' &&
    remote.host !== '::';
  return (
    !moved &&
    security.role === role &&
    security.fingerprint.algorithm === fingerprint.algorithm &&
    security.fingerprint.value === fingerprint.value
  );
}
