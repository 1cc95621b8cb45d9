import type { Random } from '../../core/random';
import type { ReceiverStatistics } from './receiver-statistics';
import {
  parseRtcp,
  ReportBlock,
  SenderInfo,
  writeBye,
  writeCname,
  writeReport,
  type RtcpHandler,
  type RtcpVerdict,
} from './rtcp';
import { RtcpInterval } from './rtcp-interval';
import type { RtpSender } from './sender';

export interface RtcpSessionOptions {
  readonly random: Random;
  readonly sender: RtpSender;
  readonly receiver: ReceiverStatistics;
  /** Names this end the same in all its streams (RFC 7022 §4.2: random is best). */
  readonly cname: string;
  /** Of the timestamps we send; 8000. */
  readonly clockRate?: number;
}

/** Longer round trips than this, in seconds, are a stale or made-up LSR. */
const MAX_ROUND_TRIP = 60;

/**
 * RTCP of one call: writes our reports and reads the peer's. Sans-I/O: the caller sets a timer of
 * {@link nextDelay}, sends what {@link writeReport} wrote and sets the next one.
 */
export class RtcpSession implements RtcpHandler {
  /** Milliseconds; undefined until the peer has reported on a report of ours. */
  roundTrip: number | undefined;
  /** Of all packets that we sent, the part that the peer did not get: 0 to 1. */
  remoteLoss: number | undefined;
  /** What the peer last said of its jitter, in milliseconds. */
  remoteJitter: number | undefined;
  /** The peer has left (BYE). */
  ended = false;

  private readonly sender: RtpSender;
  private readonly receiver: ReceiverStatistics;
  private readonly cname: Uint8Array;
  private unitsPerMillisecond: number;
  private readonly interval: RtcpInterval;

  private readonly info = new SenderInfo();
  private readonly block = new ReportBlock();
  /** `sender.packets` at our last two reports: RFC 3550 §6.4. */
  private packetsBefore = 0;
  private packetsBeforeThat = 0;

  private lastReportOf: number | undefined;
  private lastReportMiddle = 0;
  private lastReportArrival = 0;
  private arrival = 0;

  constructor(options: RtcpSessionOptions) {
    this.sender = options.sender;
    this.receiver = options.receiver;
    this.cname = new TextEncoder().encode(options.cname);
    this.unitsPerMillisecond = (options.clockRate ?? 8000) / 1000;
    this.interval = new RtcpInterval(options.random);
  }

  /** Of the timestamps that we send from now on: another codec. */
  setClockRate(clockRate: number): void {
    this.unitsPerMillisecond = clockRate / 1000;
  }

  /** Milliseconds until the next report is due, drawn anew at each call. */
  nextDelay(): number {
    return this.interval.next();
  }

  /**
   * Writes a compound of SR or RR and SDES and returns its size. `target` holds
   * `MAX_RTCP_SIZE` bytes; `now` is milliseconds since the epoch.
   */
  writeReport(target: Uint8Array, now: number): number {
    const { sender, info, block } = this;
    // RFC 3550 §6.4: an SR if packets went out since the report before last, else an RR.
    const active = sender.packets > this.packetsBeforeThat;
    this.packetsBeforeThat = this.packetsBefore;
    this.packetsBefore = sender.packets;
    if (active) {
      info.setTime(now);
      info.rtpTimestamp = sender.timestampAt(now, this.unitsPerMillisecond);
      info.packets = sender.packets;
      info.octets = sender.octets;
    }
    const heard = this.receiver.fillReport(block);
    if (heard) {
      const known = this.lastReportOf === block.ssrc;
      const delay = Math.max(0, now - this.lastReportArrival);
      block.lastSenderReport = known ? this.lastReportMiddle : 0;
      block.delaySinceLastSenderReport = known
        ? Math.min(0xffff_ffff, Math.round(delay * 65.536))
        : 0;
    }
    const end = writeReport(
      target,
      0,
      sender.ssrc,
      active ? info : undefined,
      heard ? block : undefined,
    );
    return writeCname(target, end, sender.ssrc, this.cname);
  }

  /** Like {@link writeReport}, with a BYE behind it (RFC 3550 §6.6). */
  writeBye(target: Uint8Array, now: number, reason = ''): number {
    const end = this.writeReport(target, now);
    return writeBye(target, end, this.sender.ssrc, new TextEncoder().encode(reason));
  }

  /** Reads a datagram that arrived at `now`, milliseconds since the epoch. Never throws. */
  receive(bytes: Uint8Array, now: number): RtcpVerdict {
    this.arrival = now;
    return parseRtcp(bytes, this);
  }

  onSenderReport(ssrc: number, info: SenderInfo): void {
    this.lastReportOf = ssrc;
    this.lastReportMiddle = info.middle;
    this.lastReportArrival = this.arrival;
  }

  onReportBlock(_reporter: number, block: ReportBlock): void {
    if (block.ssrc !== this.sender.ssrc) return;
    this.remoteJitter = block.jitter / this.unitsPerMillisecond;
    // The peer counts from the first packet it got; ours is the best guess at that.
    const expected = block.extendedHighestSequence - this.sender.firstSequence + 1;
    const loss =
      expected > 0 ? Math.max(0, block.cumulativeLost) / expected : block.fractionLost / 256;
    this.remoteLoss = Math.min(1, loss);
    if (block.lastSenderReport !== 0) this.measureRoundTrip(block);
  }

  onCname(): void {
    // One source is latched by its address; its name decides nothing.
  }

  onBye(ssrc: number): void {
    const known = this.receiver.ssrc;
    if (known === undefined || known === ssrc) this.ended = true;
  }

  /** RFC 3550 §6.4.1: arrival - LSR - DLSR, in 65,536ths of a second modulo 2^32. */
  private measureRoundTrip(block: ReportBlock): void {
    this.info.setTime(this.arrival);
    const seconds =
      ((this.info.middle - block.lastSenderReport - block.delaySinceLastSenderReport) | 0) / 65_536;
    // The peer rounds its delay, which can bring a short trip a little below zero.
    if (seconds > -0.001 && seconds < MAX_ROUND_TRIP) {
      this.roundTrip = Math.max(0, seconds) * 1000;
    }
  }
}
