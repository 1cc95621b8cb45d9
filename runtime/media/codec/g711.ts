import type { CodecName } from '../port';

/**
 * ITU-T G.711: 8-bit logarithmic PCM in its two laws, by tables that are computed once.
 *
 *      bit  7      6 5 4      3 2 1 0
 *         sign   segment      step within the segment
 *
 * mu-law (PCMU) sends all bits inverted, A-law (PCMA) every second one (XOR 0x55). A segment is twice
 * as coarse as the one below it. Samples are 16-bit: 14 bits of mu-law and 13 of A-law, left aligned.
 */

/** mu-law adds this to each 14-bit magnitude, so that all segments begin at a power of two. */
const MU_BIAS = 33;
const MU_CLIP = 0x1fff;
const A_INVERT = 0x55;

/** mu-law ignores the lowest 2 of 16 bits and A-law the lowest 4, which keeps the tables in cache. */
const MU_SHIFT = 2;
const A_SHIFT = 4;
const MU_MASK = 0xffff >> MU_SHIFT;
const A_MASK = 0xffff >> A_SHIFT;

const MU_ENCODE = encodeTable(MU_SHIFT, muLawOf);
const A_ENCODE = encodeTable(A_SHIFT, aLawOf);
const MU_DECODE = Int16Array.from({ length: 256 }, (_, byte) => linearOfMuLaw(byte));
const A_DECODE = Int16Array.from({ length: 256 }, (_, byte) => linearOfALaw(byte));

/**
 * Encodes `count` samples of `samples`, starting at `from`, into as many bytes of `out`, starting at
 * `at`. The caller sees to it that both ranges exist.
 */
export function encodeG711(
  codec: CodecName,
  samples: Int16Array,
  from: number,
  count: number,
  out: Uint8Array,
  at: number,
): void {
  const end = from + count;
  if (codec === 'PCMU') {
    for (let i = from, o = at; i < end; i += 1, o += 1) {
      out[o] = MU_ENCODE[((samples[i] as number) >> MU_SHIFT) & MU_MASK] as number;
    }
  } else {
    for (let i = from, o = at; i < end; i += 1, o += 1) {
      out[o] = A_ENCODE[((samples[i] as number) >> A_SHIFT) & A_MASK] as number;
    }
  }
}

/** The reverse of {@link encodeG711}: `count` bytes from `from` become samples from `at`. */
export function decodeG711(
  codec: CodecName,
  bytes: Uint8Array,
  from: number,
  count: number,
  out: Int16Array,
  at: number,
): void {
  const table = codec === 'PCMU' ? MU_DECODE : A_DECODE;
  const end = from + count;
  for (let i = from, o = at; i < end; i += 1, o += 1) {
    out[o] = table[bytes[i] as number] as number;
  }
}

/** The 256 linear values of a codec, by byte. Not to be written to. */
export function g711DecodeTable(codec: CodecName): Int16Array {
  return codec === 'PCMU' ? MU_DECODE : A_DECODE;
}

/** One entry for each value that the law can tell apart, negative ones in two's complement. */
function encodeTable(shift: number, law: (sample: number) => number): Uint8Array {
  const size = 0x1_0000 >> shift;
  return Uint8Array.from({ length: size }, (_, index) => {
    const sample = index << shift;
    return law(sample < 0x8000 ? sample : sample - 0x1_0000);
  });
}

/** G.711 table 2a. The ones' complement makes the negative half mirror the positive one exactly. */
function muLawOf(sample: number): number {
  const negative = sample < 0;
  const magnitude = Math.min(((negative ? ~sample : sample) >> MU_SHIFT) + MU_BIAS, MU_CLIP);
  const segment = Math.floor(Math.log2(magnitude)) - 5;
  const step = (magnitude >> (segment + 1)) & 0x0f;
  return ~((negative ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

/** G.711 table 1a. The two lowest segments have equal steps. */
function aLawOf(sample: number): number {
  const negative = sample < 0;
  const magnitude = (negative ? ~sample : sample) >> A_SHIFT;
  let bits = magnitude;
  if (magnitude >= 32) {
    const segment = Math.floor(Math.log2(magnitude)) - 3;
    bits = (segment << 4) | ((magnitude >> (segment - 1)) & 0x0f);
  }
  return ((negative ? 0 : 0x80) | bits) ^ A_INVERT;
}

/** The middle of the step that the byte stands for. */
function linearOfMuLaw(byte: number): number {
  const inverted = ~byte & 0xff;
  const segment = (inverted >> 4) & 7;
  const step = inverted & 0x0f;
  const magnitude = (((2 * step + MU_BIAS) << segment) - MU_BIAS) << MU_SHIFT;
  return inverted < 0x80 ? magnitude : -magnitude;
}

function linearOfALaw(byte: number): number {
  const bits = byte ^ A_INVERT;
  const segment = (bits >> 4) & 7;
  const step = bits & 0x0f;
  const magnitude = segment === 0 ? 2 * step + 1 : (2 * step + 33) << (segment - 1);
  return bits >= 0x80 ? magnitude << 3 : -(magnitude << 3);
}
