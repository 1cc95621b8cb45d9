/**
 * A protected RTP packet (RFC 3711 §3.1). The index is not in it: its low half is the sequence number, its high
 * half is counted by both sides.
 *
 *     +----------------------------------------------------------+
 *     | RTP header, contributing sources, extension              |  authentic
 *     +----------------------------------------------------------+
 *     | payload and padding                                      |  authentic, encrypted
 *     +----------------------------------------------------------+
 *     | tag, 10 or 4 bytes: of the packet and the roll-over counter
 *     +----------------------------------------------------------+
 *
 * A protected RTCP packet (RFC 3711 §3.4):
 *
 *     +----------------------------------------------------------+
 *     | header and SSRC of the first packet, 8 bytes             |  authentic
 *     +----------------------------------------------------------+
 *     | the rest of the compound packet                          |  authentic, encrypted if E
 *     +-+--------------------------------------------------------+
 *     |E| index, 31 bits                                         |  authentic
 *     +-+--------------------------------------------------------+
 *     | tag, 10 bytes                                            |
 *     +----------------------------------------------------------+
 */
const FLAGS = 0;
const SEQUENCE = 2;
const SSRC = 8;

const RTP_FIXED_SIZE = 12;
const EXTENSION_BIT = 0x10;
const CSRC_COUNT = 0x0f;

/** The part of an RTCP packet that stays readable. */
export const RTCP_CLEAR_SIZE = 8;
export const RTCP_SSRC = 4;

/** E flag and index. */
export const RTCP_INDEX_SIZE = 4;
export const RTCP_ENCRYPTED = 0x8000_0000;
export const RTCP_MOST_INDEX = 0x7fff_ffff;

/**
 * Where the payload of an RTP packet of `size` bytes begins: behind its contributing sources and header extension,
 * which are never encrypted. -1 when it is no RTP packet.
 */
export function rtpPayloadOffset(bytes: Uint8Array, size: number): number {
  if (size < RTP_FIXED_SIZE) return -1;
  const flags = bytes[FLAGS] as number;
  if (flags >>> 6 !== 2) return -1;
  let offset = RTP_FIXED_SIZE + 4 * (flags & CSRC_COUNT);
  if ((flags & EXTENSION_BIT) !== 0) {
    if (offset + 4 > size) return -1;
    offset += 4 + 4 * uint16(bytes, offset + 2);
  }
  return offset <= size ? offset : -1;
}

export function rtpSequence(bytes: Uint8Array): number {
  return uint16(bytes, SEQUENCE);
}

export function rtpSsrc(bytes: Uint8Array): number {
  return uint32(bytes, SSRC);
}

export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function uint32(bytes: Uint8Array, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}

export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Quicker than a view and `set` for a few dozen bytes. */
export function copy(source: Uint8Array, target: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i += 1) target[i] = source[i] as number;
}
