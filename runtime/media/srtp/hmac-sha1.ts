import { SHA1_BLOCK_SIZE, SHA1_WORDS, sha1Block, sha1Start } from './sha1';

/** HMAC-SHA1 (RFC 2104) of packets under one key; allocates nothing for a packet. */
export class HmacSha1 {
  /** The two states after the padded keys: half of the blocks of a short message are done once. */
  private readonly inner = new Int32Array(SHA1_WORDS);
  private readonly outer = new Int32Array(SHA1_WORDS);

  /** @param key at most 64 bytes. */
  constructor(key: Uint8Array) {
    padded(key, 0x36, this.inner);
    padded(key, 0x5c, this.outer);
  }

  /** Writes the first `length` bytes of the tag of what {@link compute} takes into `target` at `at`. */
  write(
    bytes: Uint8Array,
    size: number,
    suffix: number | undefined,
    target: Uint8Array,
    at: number,
    length: number,
  ): void {
    this.compute(bytes, size, suffix);
    for (let i = 0; i < length; i += 1) target[at + i] = tagByte(i);
  }

  /**
   * Whether `length` bytes at `at` are the beginning of the tag of the first `size` bytes (and the
   * suffix). Takes as long for a wrong tag as for a right one.
   */
  matches(
    bytes: Uint8Array,
    size: number,
    suffix: number | undefined,
    at: number,
    length: number,
  ): boolean {
    this.compute(bytes, size, suffix);
    let difference = 0;
    for (let i = 0; i < length; i += 1) difference |= (bytes[at + i] as number) ^ tagByte(i);
    return difference === 0;
  }

  /** Of the first `size` bytes and then, where there is one, the suffix as 32 bits, into {@link state}. */
  private compute(bytes: Uint8Array, size: number, suffix: number | undefined): void {
    state.set(this.inner);
    let done = 0;
    for (; size - done >= SHA1_BLOCK_SIZE; done += SHA1_BLOCK_SIZE) sha1Block(state, bytes, done);
    let used = 0;
    for (; done < size; done += 1, used += 1) tail[used] = bytes[done] as number;
    let total = SHA1_BLOCK_SIZE + size;
    if (suffix !== undefined) {
      putWord(tail, used, suffix);
      used += 4;
      total += 4;
    }
    finish(used, total);

    for (let i = 0; i < SHA1_WORDS; i += 1) putWord(tail, 4 * i, state[i] as number);
    state.set(this.outer);
    finish(4 * SHA1_WORDS, SHA1_BLOCK_SIZE + 4 * SHA1_WORDS);
  }
}

/** One for all keys: nothing is kept in them from one packet to the next. */
const state = new Int32Array(SHA1_WORDS);
const tail = new Uint8Array(2 * SHA1_BLOCK_SIZE);

/** FIPS 180-4 §5.1.1: a one, zeros, and the length in bits; `used` bytes of the tail are taken. */
function finish(used: number, total: number): void {
  const end = used + 9 > SHA1_BLOCK_SIZE ? 2 * SHA1_BLOCK_SIZE : SHA1_BLOCK_SIZE;
  tail[used] = 0x80;
  tail.fill(0, used + 1, end - 4);
  putWord(tail, end - 4, total * 8);
  for (let at = 0; at < end; at += SHA1_BLOCK_SIZE) sha1Block(state, tail, at);
}

function padded(key: Uint8Array, pad: number, into: Int32Array): void {
  const block = new Uint8Array(SHA1_BLOCK_SIZE).fill(pad);
  key.forEach((byte, index) => {
    block[index] = byte ^ pad;
  });
  sha1Start(into);
  sha1Block(into, block, 0);
}

function putWord(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

function tagByte(index: number): number {
  return ((state[index >>> 2] as number) >>> (24 - 8 * (index & 3))) & 0xff;
}
