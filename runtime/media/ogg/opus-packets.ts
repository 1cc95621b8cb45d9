import { DefectError } from '../../core/errors';

/** RFC 7845 §4: granule positions count samples of this rate, whatever was recorded. */
export const GRANULE_RATE = 48_000;
/** Of one packet: 20 ms. */
export const GRANULES_A_PACKET = 960;

/**
 * What an Opus encoder is late by, in samples of 48 kHz: 4 ms that it looks ahead and 2.5 ms of the transform's
 * overlap. A decoder throws so many away at the beginning (RFC 7845 §4.2).
 */
export const PRE_SKIP = 312;

/**
 * The first packet of a stream (RFC 7845 §5.1):
 *
 *      0  "OpusHead"   8  1 (version)    9  channels   10  pre-skip
 *     12  samples/s of what was encoded 16  0 (gain)   18  mapping family
 *
 * and of two channels, which are two streams of one each: 19  2 streams, 20  0 of them coupled, 21  0, 1
 *
 * Two streams because a coupled one lets the sides of a conversation leak into each other where bits are few.
 */
export function opusHead(sampleRate: number, channels: 1 | 2): Uint8Array {
  const head = Buffer.alloc(channels === 1 ? 19 : 23);
  head.write('OpusHead', 'latin1');
  head[8] = 1;
  head[9] = channels;
  head.writeUInt16LE(PRE_SKIP, 10);
  head.writeUInt32LE(sampleRate, 12);
  // RFC 7845 §5.1.1.1: family 0 is one stream; of family 1 (§5.1.1.2) a table says which streams there are.
  if (channels === 2) head.set([1, 2, 0, 0, 1], 18);
  return head;
}

/** Whether a packet is the head of an Opus stream, of a version that is known (RFC 7845 §5.1). */
export function isOpusHead(packet: Uint8Array): boolean {
  const name = Buffer.from(packet.buffer, packet.byteOffset, Math.min(8, packet.length));
  return packet.length >= 19 && name.toString('latin1') === 'OpusHead' && (packet[8] ?? 16) < 16;
}

/** The second packet (RFC 7845 §5.2): who made it, and no comments. */
export function opusTags(): Uint8Array {
  const vendor = 'callchart';
  const tags = Buffer.alloc(8 + 4 + vendor.length + 4);
  tags.write('OpusTags', 'latin1');
  tags.writeUInt32LE(vendor.length, 8);
  tags.write(vendor, 12, 'latin1');
  return tags;
}

/**
 * Two packets of one stream each as one of both (RFC 7845 §3): the first says its own length, the second ends
 * with the packet. Only packets of one frame, which is what 20 ms are encoded as.
 */
export function joinPackets(first: Uint8Array, second: Uint8Array): Uint8Array {
  const toc = first[0] ?? 0;
  // RFC 6716 §3.2: the two lowest bits count the frames, 0 is one.
  if ((toc & 3) !== 0) throw new DefectError('an Opus packet of several frames');
  const length = first.length - 1;
  const field = length < 252 ? 1 : 2;
  const joined = new Uint8Array(first.length + field + second.length);
  joined[0] = toc;
  if (field === 1) {
    joined[1] = length;
  } else {
    // RFC 6716 §3.2.1: 252 to 255 here, and a quarter of the rest there.
    const low = 252 + (length & 3);
    joined[1] = low;
    joined[2] = (length - low) >> 2;
  }
  joined.set(first.subarray(1), 1 + field);
  joined.set(second, 1 + field + length);
  return joined;
}
