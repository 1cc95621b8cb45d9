/**
 * A page of an Ogg stream (RFC 3533 §6), little endian:
 *
 *      0  "OggS"       4  0 (version)        5  flags: 1 continued, 2 first, 4 last
 *      6  granule position, 64 bits         14  serial number of the stream
 *     18  number of the page                22  CRC of the page, itself taken as 0
 *     26  lacing values n                   27  n lacing values, 28 … the packets
 *
 * A packet is as many lacing values of 255 as fit into it, and one of what is left, which may be 0.
 */
const VERSION = 4;
const FLAGS = 5;
const GRANULE = 6;
const SERIAL = 14;
const NUMBER = 18;
const CRC = 22;
const LACING_COUNT = 26;
const LACING = 27;

const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;

const MAX_LACING = 255;
/** As many bytes of a page say how long it is. */
export const MAX_PAGE_HEADER_SIZE = LACING + MAX_LACING;

export interface Page {
  /** Samples of 48 kHz up to the end of the last packet that ends here, for Opus (RFC 7845 §4). */
  readonly granule: number;
  readonly serial: number;
  readonly number: number;
  readonly packets: readonly Uint8Array[];
  readonly first?: boolean;
  readonly last?: boolean;
}

/** Lacing values that a packet takes. */
export function lacingOf(packet: Uint8Array): number {
  return Math.floor(packet.length / 255) + 1;
}

/** Whether so many lacing values have room in one page. */
export function fitsPage(lacing: number): boolean {
  return lacing <= MAX_LACING;
}

/** Writes a page of whole packets; the caller sees to it that they fit. */
export function writePage(page: Page): Uint8Array {
  const { packets } = page;
  let lacing = 0;
  let size = 0;
  for (const packet of packets) {
    lacing += lacingOf(packet);
    size += packet.length;
  }
  const bytes = new Uint8Array(LACING + lacing + size);
  const view = viewOf(bytes);
  for (let i = 0; i < TAG.length; i += 1) bytes[i] = TAG[i] as number;
  bytes[FLAGS] = (page.first === true ? FIRST : 0) | (page.last === true ? LAST : 0);
  view.setBigUint64(GRANULE, BigInt(page.granule), true);
  view.setUint32(SERIAL, page.serial, true);
  view.setUint32(NUMBER, page.number, true);
  bytes[LACING_COUNT] = lacing;
  let value = LACING;
  let at = LACING + lacing;
  for (const packet of packets) {
    for (let left = packet.length; left >= 0; left -= 255) {
      bytes[value] = Math.min(255, left);
      value += 1;
    }
    bytes.set(packet, at);
    at += packet.length;
  }
  seal(bytes);
  return bytes;
}

/** Bytes of the page that `header`, the first {@link MAX_PAGE_HEADER_SIZE} of it, begins; undefined if none does. */
export function pageSize(header: Uint8Array): number | undefined {
  if (header.length < LACING || header[VERSION] !== 0) return undefined;
  for (let i = 0; i < TAG.length; i += 1) if (header[i] !== TAG[i]) return undefined;
  const lacing = header[LACING_COUNT] as number;
  if (header.length < LACING + lacing) return undefined;
  let size = LACING + lacing;
  for (let i = LACING; i < LACING + lacing; i += 1) size += header[i] as number;
  return size;
}

/**
 * Reads a page that is all there, the packets as views of it. Undefined when its CRC is wrong, or a
 * packet of it begins or goes on in another page, which ours never do.
 */
export function readPage(bytes: Uint8Array): Page | undefined {
  const view = viewOf(bytes);
  const flags = bytes[FLAGS] as number;
  if ((flags & CONTINUED) !== 0 || view.getUint32(CRC, true) !== pageCrc(bytes)) return undefined;
  const lacing = bytes[LACING_COUNT] as number;
  const packets: Uint8Array[] = [];
  let from = LACING + lacing;
  let length = 0;
  for (let i = LACING; i < LACING + lacing; i += 1) {
    const value = bytes[i] as number;
    length += value;
    if (value === 255) continue;
    packets.push(bytes.subarray(from, from + length));
    from += length;
    length = 0;
  }
  if (length > 0) return undefined;
  return {
    granule: Number(view.getBigUint64(GRANULE, true)),
    serial: view.getUint32(SERIAL, true),
    number: view.getUint32(NUMBER, true),
    packets,
    first: (flags & FIRST) !== 0,
    last: (flags & LAST) !== 0,
  };
}

const TAG = Uint8Array.from('OggS', (letter) => letter.charCodeAt(0));

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function seal(bytes: Uint8Array): void {
  viewOf(bytes).setUint32(CRC, pageCrc(bytes), true);
}

/** RFC 3533 §6: generator 0x04c11db7, from 0, neither reflected nor inverted; the field itself counts as 0. */
function pageCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = i >= CRC && i < CRC + 4 ? 0 : (bytes[i] as number);
    crc = ((crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 0xff] as number)) >>> 0;
  }
  return crc;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});
