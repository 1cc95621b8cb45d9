import type { NetworkAddress } from '../core/address';
import type { Clock } from '../core/clock';
import type { CodecName, MediaParameters, MediaSockets } from './port';
import { meanOpinion, rating } from './rtp/e-model';
import { MAX_RTCP_SIZE, type RtcpVerdict } from './rtp/rtcp';
import { RtcpSession, type RtcpSessionOptions } from './rtp/rtcp-session';
import { canonicalHost, type SourceLatch } from './source-latch';

/** Milliseconds: what a phone keeps waiting at least. */
const SHORTEST_BUFFER = 40;

export interface RtcpLinkOptions extends RtcpSessionOptions {
  readonly clock: Clock;
  readonly sockets: MediaSockets;
  readonly latch: SourceLatch;
}

/**
 * When RTCP is sent, and where to: the reports themselves are {@link RtcpSession}'s. It owns no timer;
 * {@link poll} looks whether a report is due.
 */
export class RtcpLink {
  private readonly session: RtcpSession;
  private announced: NetworkAddress | undefined;
  /** Where the peer's RTCP comes from. */
  private heard: NetworkAddress | undefined;
  private configured = false;
  private muxed = false;
  private due = Infinity;

  constructor(private readonly options: RtcpLinkOptions) {
    this.session = new RtcpSession(options);
  }

  get roundTrip(): number | undefined {
    return this.session.roundTrip;
  }

  get remoteLoss(): number | undefined {
    return this.session.remoteLoss;
  }

  /** What the peer hears of us by its reports: MOS, 1 to 4.5; undefined while none came. */
  remoteMos(codec: CodecName | undefined): number | undefined {
    const { remoteLoss, remoteJitter = 0, roundTrip = 0 } = this.session;
    if (codec === undefined || remoteLoss === undefined) return undefined;
    // RFC 3550 §6.4.1 has a mean of the jitter: a buffer that serves nearly all packets is some of them.
    const delay = Math.max(SHORTEST_BUFFER, 3 * remoteJitter) + roundTrip / 2;
    return Math.round(100 * meanOpinion(rating({ codec, loss: remoteLoss, delay }))) / 100;
  }

  configure(parameters: MediaParameters): void {
    const { rtcp } = parameters.remote;
    this.muxed = parameters.rtcpMux === true;
    this.session.setClockRate(parameters.codec.clockRate);
    const announced =
      rtcp === undefined ? undefined : { host: canonicalHost(rtcp.host), port: rtcp.port };
    if (announced?.host !== this.announced?.host || announced?.port !== this.announced?.port) {
      this.heard = undefined;
    }
    this.announced = announced;
    if (this.configured) return;
    this.configured = true;
    this.due = this.options.clock.now() + this.session.nextDelay();
  }

  /** Sends a report when it is time. */
  poll(now: number): void {
    if (now < this.due) return;
    this.due = now + this.session.nextDelay();
    // A buffer of its own each time: the kernel may keep it for a moment when it is busy.
    const report = Buffer.allocUnsafe(MAX_RTCP_SIZE);
    this.send(report.subarray(0, this.session.writeReport(report, this.options.clock.now())));
  }

  receive(packet: Uint8Array, host: string, port: number): RtcpVerdict | 'stranger' {
    if (!this.configured || !this.options.latch.acceptsControl(host)) return 'stranger';
    const verdict = this.session.receive(packet, this.options.clock.now());
    if (verdict === 'ok' && (this.heard?.port !== port || this.heard.host !== host)) {
      this.heard = { host, port };
    }
    return verdict;
  }

  /** RFC 3550 §6.3.7: says BYE, unless the peer has never heard of us. */
  close(): void {
    this.due = Infinity;
    if (!this.configured || this.options.sender.packets === 0) return;
    const bye = Buffer.allocUnsafe(MAX_RTCP_SIZE);
    this.send(bye.subarray(0, this.session.writeBye(bye, this.options.clock.now())));
  }

  private send(packet: Uint8Array): void {
    const { latch, sockets } = this.options;
    if (!latch.reachable) return;
    if (this.muxed) {
      // RFC 5761 §5.1.1: from and to where the RTP goes.
      sockets.sendRtp(packet, latch.host, latch.port);
      return;
    }
    const target = this.heard ?? (latch.moved ? undefined : this.announced);
    const host = target?.host ?? latch.host;
    // RFC 3550 §11: the odd port above the one for RTP.
    const port = target?.port ?? latch.port + 1;
    if (port > 0 && port <= 65_535) sockets.sendRtcp(packet, host, port);
  }
}
