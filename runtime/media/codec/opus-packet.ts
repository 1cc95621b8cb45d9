/**
 * The outside of an Opus packet, RFC 6716 §3: how long it lasts, without decoding it.
 *
 *       0 1 2 3 4 5 6 7
 *      +-+-+-+-+-+-+-+-+
 *      | config  |s| c |     then for c = 3:  |v|p|     M     |
 *      +-+-+-+-+-+-+-+-+
 */

/** RFC 6716 §3.2.1 [R2]. */
const LONGEST_FRAME = 1_275;
/** RFC 6716 §3.2.5 [R5]: 120 ms, at 48 kHz. */
const LONGEST = 5_760;

/** Samples at 48 kHz of one frame of the packet that begins with this byte: RFC 6716 §3.1, table 2. */
export function opusFrameSamples(toc: number): number {
  const config = toc >> 3;
  // SILK: 10, 20, 40, 60 ms; hybrid: 10, 20 ms; CELT: 2.5, 5, 10, 20 ms.
  if (config < 12) return (config & 3) === 3 ? 2_880 : 480 << (config & 3);
  if (config < 16) return 480 << (config & 1);
  return 120 << (config & 3);
}

/** Samples at 48 kHz that the packet lasts, or -1 when it breaks one of the rules R1 to R7 (RFC 6716 §3.4). */
export function opusDuration(bytes: Uint8Array, from: number, length: number): number {
  // [R1]
  if (length < 1 || from < 0 || from + length > bytes.length) return -1;
  const toc = bytes[from] as number;
  const frame = opusFrameSamples(toc);
  const rest = length - 1;
  switch (toc & 3) {
    case 0:
      return rest <= LONGEST_FRAME ? frame : -1;
    case 1:
      // [R3]
      return (rest & 1) === 0 && rest >> 1 <= LONGEST_FRAME ? 2 * frame : -1;
    case 2:
      return twoFramesFit(bytes, from + 1, rest) ? 2 * frame : -1;
    default:
      return manyFrames(bytes, from, length, frame);
  }
}

/**
 * Whether the packet holds a copy of the one before it (in-band FEC). The first frame's header, which is written with
 * even odds and so stands in plain bits, has a bit of voice activity for each 20 ms, then one for the copy; for
 * stereo the same again (RFC 6716 §4.2.3, §4.2.4).
 */
export function opusHasCopy(bytes: Uint8Array, from: number, length: number): boolean {
  if (opusDuration(bytes, from, length) < 0) return false;
  const toc = bytes[from] as number;
  // CELT has none.
  if (toc >> 3 >= 16) return false;
  const at = firstFrame(bytes, from, length);
  if (at >= from + length) return false;
  const header = bytes[at] as number;
  const activity = Math.max(1, opusFrameSamples(toc) / 960);
  if (((header >> (7 - activity)) & 1) !== 0) return true;
  return (toc & 4) !== 0 && ((header >> (6 - 2 * activity)) & 1) !== 0;
}

/** Where the first frame of a valid packet begins; behind the packet when that frame is empty. */
function firstFrame(bytes: Uint8Array, from: number, length: number): number {
  const none = from + length;
  switch ((bytes[from] as number) & 3) {
    case 0:
    case 1:
      return from + 1;
    case 2: {
      const first = frameLength(bytes, from + 1, length - 1);
      return first === 0 ? none : from + 1 + lengthSize(first);
    }
    default: {
      const header = bytes[from + 1] as number;
      let at = from + 2;
      let padding = 0;
      if ((header & 0x40) !== 0) {
        while (bytes[at] === 255) {
          padding += 254;
          at += 1;
        }
        padding += bytes[at] as number;
        at += 1;
      }
      if ((header & 0x80) === 0) return at + padding === none ? none : at;
      const count = header & 0x3f;
      if (count > 1 && bytes[at] === 0) return none;
      for (let i = 1; i < count; i += 1) at += (bytes[at] as number) < 252 ? 1 : 2;
      return at + padding >= none ? none : at;
    }
  }
}

/** Code 2 [R4]: a length, and two frames. */
function twoFramesFit(bytes: Uint8Array, at: number, rest: number): boolean {
  const first = frameLength(bytes, at, rest);
  if (first < 0) return false;
  const second = rest - lengthSize(first) - first;
  return second >= 0 && second <= LONGEST_FRAME;
}

/** Code 3 [R5, R6, R7]: a count, padding, and frames of one size or of their own. */
function manyFrames(bytes: Uint8Array, from: number, length: number, frame: number): number {
  if (length < 2) return -1;
  const header = bytes[from + 1] as number;
  const count = header & 0x3f;
  if (count === 0 || count * frame > LONGEST) return -1;
  let at = from + 2;
  let rest = length - 2;
  if ((header & 0x40) !== 0) {
    for (let more = true; more;) {
      if (rest < 1) return -1;
      const padding = bytes[at] as number;
      more = padding === 255;
      at += 1;
      rest -= 1 + (more ? 254 : padding);
    }
    if (rest < 0) return -1;
  }
  if ((header & 0x80) === 0) {
    return rest % count === 0 && rest / count <= LONGEST_FRAME ? count * frame : -1;
  }
  for (let i = 1; i < count; i += 1) {
    const size = frameLength(bytes, at, rest);
    if (size < 0) return -1;
    at += lengthSize(size);
    // The frame itself stands behind all lengths.
    rest -= lengthSize(size) + size;
    if (rest < 0) return -1;
  }
  return rest <= LONGEST_FRAME ? count * frame : -1;
}

/** RFC 6716 §3.2.1: one byte up to 251, two above; -1 where they are missing. */
function frameLength(bytes: Uint8Array, at: number, rest: number): number {
  if (rest < 1) return -1;
  const first = bytes[at] as number;
  if (first < 252) return first;
  return rest < 2 ? -1 : 4 * (bytes[at + 1] as number) + first;
}

function lengthSize(frame: number): number {
  return frame < 252 ? 1 : 2;
}
