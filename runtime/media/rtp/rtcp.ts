/**
 * RTCP packets (RFC 3550 §6.4 to §6.6). A datagram is a compound of them, each with this header:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   0 |V=2|P|  count  |  packet type  |  length in words, minus one   |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   4 |               SSRC of the sender (SR, RR, BYE)                |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * SR has 20 bytes of sender information next, then SR and RR have `count` report blocks:
 *
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *   0 |               SSRC that the block reports on                  |
 *   4 | fraction lost |       cumulative number of packets lost       |
 *   8 |           extended highest sequence number received           |
 *  12 |                      interarrival jitter                      |
 *  16 |                         last SR (LSR)                         |
 *  20 |                   delay since last SR (DLSR)                  |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 */
const VERSION_BITS = 2 << 6;
const PADDING_BIT = 0x20;
const COUNT = 0x1f;

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;

const HEADER_SIZE = 4;
const SENDER_INFO_SIZE = 20;
const REPORT_BLOCK_SIZE = 24;
const SDES_CNAME = 1;
const TEXT_SIZE = 260;

/** Bytes that hold any compound that we write: SR with a block, CNAME, BYE with a reason. */
export const MAX_RTCP_SIZE =
  HEADER_SIZE + 4 + SENDER_INFO_SIZE + REPORT_BLOCK_SIZE + 2 * (HEADER_SIZE + 4 + TEXT_SIZE);

/** One report block, reused for each report. */
export class ReportBlock {
  /** Of the stream that is reported on. */
  ssrc = 0;
  /** 0 to 255: 256ths of the packets that were lost since the report before. */
  fractionLost = 0;
  /** Signed, 24 bits. */
  cumulativeLost = 0;
  extendedHighestSequence = 0;
  /** Timestamp units. */
  jitter = 0;
  /** The middle 32 bits of the NTP time of the last SR, 0 if there was none. */
  lastSenderReport = 0;
  /** 65,536ths of a second. */
  delaySinceLastSenderReport = 0;
}

/** The sender's part of an SR, reused for each report. */
export class SenderInfo {
  /** Seconds since 1900, 32 bits. */
  ntpSeconds = 0;
  /** 2^32ths of a second. */
  ntpFraction = 0;
  rtpTimestamp = 0;
  packets = 0;
  octets = 0;

  /** Sets the NTP time from milliseconds since 1970. */
  setTime(now: number): void {
    const seconds = Math.floor(now / 1000);
    this.ntpSeconds = (seconds + NTP_UNIX_OFFSET) >>> 0;
    this.ntpFraction = Math.floor(((now - seconds * 1000) / 1000) * 0x1_0000_0000) >>> 0;
  }

  /** What a report block's LSR says of this SR. */
  get middle(): number {
    return ((this.ntpSeconds << 16) | (this.ntpFraction >>> 16)) >>> 0;
  }
}

/** Seconds from 1900 to 1970. */
const NTP_UNIX_OFFSET = 2_208_988_800;

/** What a datagram is; all but `ok` are reasons to drop it whole. */
export type RtcpVerdict = 'ok' | 'rtcp-too-short' | 'rtcp-version' | 'rtcp-length' | 'rtcp-padding';

/** Gets the parts of a compound in their order. Objects are only valid during the call. */
export interface RtcpHandler {
  onSenderReport(ssrc: number, info: SenderInfo): void;
  /** From an SR or RR of `reporter`. */
  onReportBlock(reporter: number, block: ReportBlock): void;
  onCname(ssrc: number, cname: string): void;
  /** `reason` is empty when none was given. */
  onBye(ssrc: number, reason: string): void;
}

/** Writes an SR (with `info`) or RR with up to one block at `offset`; returns the offset behind it. */
export function writeReport(
  target: Uint8Array,
  offset: number,
  ssrc: number,
  info: SenderInfo | undefined,
  block: ReportBlock | undefined,
): number {
  const type = info === undefined ? RECEIVER_REPORT : SENDER_REPORT;
  let at = offset + HEADER_SIZE;
  at = putUint32(target, at, ssrc);
  if (info !== undefined) {
    at = putUint32(target, at, info.ntpSeconds);
    at = putUint32(target, at, info.ntpFraction);
    at = putUint32(target, at, info.rtpTimestamp);
    at = putUint32(target, at, info.packets);
    at = putUint32(target, at, info.octets);
  }
  if (block !== undefined) {
    at = putUint32(target, at, block.ssrc);
    at = putUint32(target, at, (block.fractionLost << 24) | (block.cumulativeLost & 0xff_ffff));
    at = putUint32(target, at, block.extendedHighestSequence);
    at = putUint32(target, at, block.jitter);
    at = putUint32(target, at, block.lastSenderReport);
    at = putUint32(target, at, block.delaySinceLastSenderReport);
  }
  return finish(target, offset, at, type, block === undefined ? 0 : 1);
}

/** Writes an SDES with one chunk of one item, the CNAME (at most 255 bytes of UTF-8). */
export function writeCname(
  target: Uint8Array,
  offset: number,
  ssrc: number,
  cname: Uint8Array,
): number {
  let at = putUint32(target, offset + HEADER_SIZE, ssrc);
  at = putText(target, putByte(target, at, SDES_CNAME), cname);
  // RFC 3550 §6.5: at least one null byte ends the chunk, and nulls fill its last word.
  do at = putByte(target, at, 0);
  while ((at - offset) % 4 !== 0);
  return finish(target, offset, at, SOURCE_DESCRIPTION, 1);
}

/** Writes a BYE; an empty `reason` (at most 255 bytes of UTF-8) is left out. */
export function writeBye(
  target: Uint8Array,
  offset: number,
  ssrc: number,
  reason: Uint8Array,
): number {
  let at = putUint32(target, offset + HEADER_SIZE, ssrc);
  if (reason.length > 0) {
    at = putText(target, at, reason);
    while ((at - offset) % 4 !== 0) at = putByte(target, at, 0);
  }
  return finish(target, offset, at, GOODBYE, 1);
}

/**
 * Reads a datagram. All lengths are checked first (RFC 3550 §A.2), so a bad one delivers nothing.
 * Unknown packet types are skipped, and a compound need not begin with a report (RFC 5506 §3.4.2).
 * Never reads outside of `bytes`, never throws of its own.
 */
export function parseRtcp(bytes: Uint8Array, handler: RtcpHandler): RtcpVerdict {
  const verdict = check(bytes);
  if (verdict !== 'ok') return verdict;
  for (let offset = 0; offset < bytes.length;) {
    const next = offset + packetSize(bytes, offset);
    const flags = byteAt(bytes, offset);
    const end = (flags & PADDING_BIT) === 0 ? next : next - byteAt(bytes, next - 1);
    deliver(bytes, offset, end, flags & COUNT, handler);
    offset = next;
  }
  return 'ok';
}

function check(bytes: Uint8Array): RtcpVerdict {
  const { length } = bytes;
  if (length < HEADER_SIZE) return 'rtcp-too-short';
  let offset = 0;
  while (offset < length) {
    if (offset + HEADER_SIZE > length) return 'rtcp-length';
    const flags = byteAt(bytes, offset);
    if ((flags & 0xc0) !== VERSION_BITS) return 'rtcp-version';
    const size = packetSize(bytes, offset);
    if (offset + size > length) return 'rtcp-length';
    if ((flags & PADDING_BIT) !== 0) {
      // RFC 3550 §6.4.1: the padding counts itself and fills whole words.
      const padding = byteAt(bytes, offset + size - 1);
      if (padding === 0 || padding % 4 !== 0 || padding > size - HEADER_SIZE) return 'rtcp-padding';
    }
    offset += size;
  }
  return 'ok';
}

function deliver(
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
  handler: RtcpHandler,
): void {
  switch (byteAt(bytes, offset + 1)) {
    case SENDER_REPORT:
      deliverReport(bytes, offset, end, count, true, handler);
      break;
    case RECEIVER_REPORT:
      deliverReport(bytes, offset, end, count, false, handler);
      break;
    case SOURCE_DESCRIPTION:
      deliverCnames(bytes, offset + HEADER_SIZE, end, count, handler);
      break;
    case GOODBYE:
      deliverBye(bytes, offset + HEADER_SIZE, end, count, handler);
      break;
    default:
  }
}

const info = new SenderInfo();
const block = new ReportBlock();

function deliverReport(
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
  withInfo: boolean,
  handler: RtcpHandler,
): void {
  let at = offset + HEADER_SIZE + 4;
  if (at > end) return;
  const reporter = uint32At(bytes, at - 4);
  if (withInfo) {
    if (at + SENDER_INFO_SIZE > end) return;
    info.ntpSeconds = uint32At(bytes, at);
    info.ntpFraction = uint32At(bytes, at + 4);
    info.rtpTimestamp = uint32At(bytes, at + 8);
    info.packets = uint32At(bytes, at + 12);
    info.octets = uint32At(bytes, at + 16);
    at += SENDER_INFO_SIZE;
    handler.onSenderReport(reporter, info);
  }
  for (let i = 0; i < count && at + REPORT_BLOCK_SIZE <= end; i += 1, at += REPORT_BLOCK_SIZE) {
    const loss = uint32At(bytes, at + 4);
    block.ssrc = uint32At(bytes, at);
    block.fractionLost = loss >>> 24;
    block.cumulativeLost = (loss << 8) >> 8;
    block.extendedHighestSequence = uint32At(bytes, at + 8);
    block.jitter = uint32At(bytes, at + 12);
    block.lastSenderReport = uint32At(bytes, at + 16);
    block.delaySinceLastSenderReport = uint32At(bytes, at + 20);
    handler.onReportBlock(reporter, block);
  }
}

/** RFC 3550 §6.5: chunks of items (type, length, text), each chunk ended by a null and filled up. */
function deliverCnames(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  handler: RtcpHandler,
): void {
  let at = start;
  for (let chunk = 0; chunk < count && at + 4 <= end; chunk += 1) {
    const ssrc = uint32At(bytes, at);
    at += 4;
    while (at < end && byteAt(bytes, at) !== 0) {
      if (at + 2 > end) return;
      const text = at + 2;
      const next = text + byteAt(bytes, at + 1);
      if (next > end) return;
      if (byteAt(bytes, at) === SDES_CNAME) handler.onCname(ssrc, textOf(bytes, text, next));
      at = next;
    }
    at += 4 - ((at - start) % 4);
  }
}

function deliverBye(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  handler: RtcpHandler,
): void {
  const after = start + 4 * count;
  let reason = '';
  if (after < end) {
    const next = after + 1 + byteAt(bytes, after);
    if (next <= end) reason = textOf(bytes, after + 1, next);
  }
  for (let at = start; at < after && at + 4 <= end; at += 4) {
    handler.onBye(uint32At(bytes, at), reason);
  }
}

function finish(
  target: Uint8Array,
  offset: number,
  end: number,
  type: number,
  count: number,
): number {
  const words = (end - offset) / 4 - 1;
  target[offset] = VERSION_BITS | count;
  target[offset + 1] = type;
  target[offset + 2] = words >>> 8;
  target[offset + 3] = words;
  return end;
}

function packetSize(bytes: Uint8Array, offset: number): number {
  return 4 * (((byteAt(bytes, offset + 2) << 8) | byteAt(bytes, offset + 3)) + 1);
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder().decode(bytes.subarray(from, to));
}

function putByte(target: Uint8Array, at: number, value: number): number {
  target[at] = value;
  return at + 1;
}

function putUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

/** A length byte and that many bytes; longer texts are cut. */
function putText(target: Uint8Array, at: number, text: Uint8Array): number {
  const length = Math.min(255, text.length);
  target[at] = length;
  for (let i = 0; i < length; i += 1) target[at + 1 + i] = text[i] as number;
  return at + 1 + length;
}

/** Callers have checked that `index` is inside. */
function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function uint32At(bytes: Uint8Array, index: number): number {
  return (
    ((byteAt(bytes, index) << 24) |
      (byteAt(bytes, index + 1) << 16) |
      (byteAt(bytes, index + 2) << 8) |
      byteAt(bytes, index + 3)) >>>
    0
  );
}
