/**
 * The fixed header of an RTP packet (RFC 3550 §5.1):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   0 |V=2|P|X|  CC   |M|     PT      |            sequence           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   4 |                           timestamp                           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   8 |                             SSRC                              |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *  12 |               CC contributing sources, 4 bytes each           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  with X: 16 bits of the profile's, 16 bits length in words    |
 *     |  and as many words of extension, then the payload; with P the |
 *     |  last byte counts the padding bytes at the end                |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const FLAGS = 0;
const MARKER_AND_TYPE = 1;
const SEQUENCE = 2;
const TIMESTAMP = 4;
const SSRC = 8;

const VERSION_BITS = 2 << 6;
const PADDING_BIT = 0x20;
const EXTENSION_BIT = 0x10;
const CSRC_COUNT = 0x0f;
const MARKER_BIT = 0x80;
const PAYLOAD_TYPE = 0x7f;

/** Bytes before the payload of the packets that we send. */
export const RTP_HEADER_SIZE = 12;

const EXTENSION_HEADER_SIZE = 4;
const EXTENSION_LENGTH = 2;

/** What {@link RtpPacket.parse} found; all but `ok` are reasons to drop the packet. */
export type RtpVerdict = 'ok' | 'rtp-too-short' | 'rtp-version' | 'rtp-length' | 'rtp-padding';

/**
 * One received packet, seen in place. The object is made once and parses every packet of a session,
 * so reading a packet allocates nothing; its fields are valid until the next {@link parse}.
 */
export class RtpPacket {
  /** The datagram that was parsed last. */
  bytes: Uint8Array = NO_BYTES;
  marker = false;
  payloadType = 0;
  /** 16 bits. */
  sequence = 0;
  /** 32 bits, unsigned. */
  timestamp = 0;
  /** 32 bits, unsigned. */
  ssrc = 0;
  /** Where in {@link bytes} the payload begins. */
  payloadOffset = 0;
  /** Without padding; may be 0. */
  payloadLength = 0;

  /**
   * Reads a datagram, with the checks of RFC 3550 §A.1 that need no knowledge of the source. After
   * anything but `ok` the fields mean nothing. Never reads outside of `bytes`, never throws.
   */
  parse(bytes: Uint8Array): RtpVerdict {
    this.bytes = bytes;
    const { length } = bytes;
    if (length < RTP_HEADER_SIZE) return 'rtp-too-short';
    const flags = byteAt(bytes, FLAGS);
    if ((flags & 0xc0) !== VERSION_BITS) return 'rtp-version';

    let offset = RTP_HEADER_SIZE + 4 * (flags & CSRC_COUNT);
    if ((flags & EXTENSION_BIT) !== 0) {
      // RFC 3550 §5.3.1: the length counts the words after its own; zero is allowed.
      if (offset + EXTENSION_HEADER_SIZE > length) return 'rtp-length';
      offset += EXTENSION_HEADER_SIZE + 4 * uint16At(bytes, offset + EXTENSION_LENGTH);
    }
    let end = length;
    if (offset > end) return 'rtp-length';
    if ((flags & PADDING_BIT) !== 0) {
      // RFC 3550 §5.1: the count includes itself, so zero is as wrong as one that eats the header.
      const padding = byteAt(bytes, length - 1);
      end -= padding;
      if (padding === 0 || end < offset) return 'rtp-padding';
    }

    const markerAndType = byteAt(bytes, MARKER_AND_TYPE);
    this.marker = (markerAndType & MARKER_BIT) !== 0;
    this.payloadType = markerAndType & PAYLOAD_TYPE;
    this.sequence = uint16At(bytes, SEQUENCE);
    this.timestamp = uint32At(bytes, TIMESTAMP);
    this.ssrc = uint32At(bytes, SSRC);
    this.payloadOffset = offset;
    this.payloadLength = end - offset;
    return 'ok';
  }
}

/**
 * Writes a header without padding, extension or contributing sources at the start of `target`.
 * Returns where the payload goes.
 */
export function writeRtpHeader(
  target: Uint8Array,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): number {
  target[FLAGS] = VERSION_BITS;
  target[MARKER_AND_TYPE] = (marker ? MARKER_BIT : 0) | (payloadType & PAYLOAD_TYPE);
  target[SEQUENCE] = sequence >>> 8;
  target[SEQUENCE + 1] = sequence;
  target[TIMESTAMP] = timestamp >>> 24;
  target[TIMESTAMP + 1] = timestamp >>> 16;
  target[TIMESTAMP + 2] = timestamp >>> 8;
  target[TIMESTAMP + 3] = timestamp;
  target[SSRC] = ssrc >>> 24;
  target[SSRC + 1] = ssrc >>> 16;
  target[SSRC + 2] = ssrc >>> 8;
  target[SSRC + 3] = ssrc;
  return RTP_HEADER_SIZE;
}

/**
 * Whether a datagram that came to a port shared by RTP and RTCP is RTCP. RFC 5761 §4: RTCP types 192
 * to 223 stand where RTP has the marker and payload types 64 to 95, which therefore must not be used.
 */
export function isRtcp(bytes: Uint8Array): boolean {
  if (bytes.length < 2) return false;
  const type = byteAt(bytes, MARKER_AND_TYPE);
  return (byteAt(bytes, FLAGS) & 0xc0) === VERSION_BITS && type >= 192 && type <= 223;
}

const NO_BYTES = new Uint8Array(0);

/** Callers have checked that `index` is inside. */
function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function uint16At(bytes: Uint8Array, index: number): number {
  return (byteAt(bytes, index) << 8) | byteAt(bytes, index + 1);
}

function uint32At(bytes: Uint8Array, index: number): number {
  return ((uint16At(bytes, index) << 16) | uint16At(bytes, index + 2)) >>> 0;
}
