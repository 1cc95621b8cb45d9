/** RFC 6716 §3.2.1: bytes of a frame. */
const LONGEST_FRAME = 1_275;
/** As many frames of 10 ms as 50 ms have. */
const MOST_FRAMES = 5;
/** RFC 6716 §3.2.5: code 3, frames of their own sizes. */
const CODE_3 = 3;
const OWN_SIZES = 0x80;

/** Puts packets of one frame (code 0) together into one of several (RFC 6716 §3.2.5). */
export class OpusJoiner {
  /** Where the next packet is to be written, from its beginning. */
  readonly scratch = new Uint8Array(LONGEST_FRAME + 1);
  private readonly frames = new Uint8Array(MOST_FRAMES * LONGEST_FRAME);
  private readonly lengths = new Uint16Array(MOST_FRAMES);
  private count = 0;
  private used = 0;
  private toc = 0;

  clear(): void {
    this.count = 0;
    this.used = 0;
  }

  /** Whether no frame has anything to be heard. */
  get empty(): boolean {
    return this.used <= this.count;
  }

  /** Takes a packet of `length` bytes from {@link scratch}; false when it cannot stand with those before it. */
  add(length: number): boolean {
    const toc = this.scratch[0] as number;
    if ((toc & 3) !== 0 || this.count === MOST_FRAMES) return false;
    if (this.count > 0 && toc !== this.toc) return false;
    this.toc = toc;
    for (let i = 1; i < length; i += 1) {
      this.frames[this.used + i - 1] = this.scratch[i] as number;
    }
    this.lengths[this.count] = length - 1;
    this.used += length - 1;
    this.count += 1;
    return true;
  }

  /** Writes the packet and returns its length; 0 where there is no room for it. */
  write(out: Uint8Array, at: number): number {
    if (at + 2 + 2 * this.count + this.used > out.length) return 0;
    out[at] = this.toc | CODE_3;
    out[at + 1] = OWN_SIZES | this.count;
    let next = at + 2;
    // The last frame has what is left.
    for (let i = 0; i < this.count - 1; i += 1) {
      const length = this.lengths[i] as number;
      if (length < 252) {
        out[next] = length;
        next += 1;
      } else {
        out[next] = 252 | (length & 3);
        out[next + 1] = (length - (252 | (length & 3))) >> 2;
        next += 2;
      }
    }
    for (let i = 0; i < this.used; i += 1) out[next + i] = this.frames[i] as number;
    return next + this.used - at;
  }
}
