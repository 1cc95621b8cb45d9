/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-------+-+-------------+-------------------------------+
 * |F|R|R|R| opcode|M| length 0-125|  16 bits more when 126,       |
 * |I|S|S|S|       |A|             |  64 bits more when 127        |
 * |N|V|V|V|       |S|             |                               |
 * | |1|2|3|       |K|             |                               |
 * +-+-+-+-+-------+-+-------------+-------------------------------+
 * | masking key, 32 bits, when M is set            | payload …    |
 *
 * RFC 6455 §5.2.
 */
const FIN = 0x80;
const CONTROL = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
const headerMax = 14;

/**
 * Follows the frames of a WebSocket just enough to know whether a message has begun that is not complete,
 * which ws does not tell.
 */
export class FrameBoundary {
  private readonly header = new Uint8Array(headerMax);
  private held = 0;
  /** Octets of the frame's payload to come. */
  private payload = 0;
  /** A data frame came that was not its message's last. */
  private fragmented = false;

  /** Takes the next octets; true when they end within a message or a frame. */
  isWithin(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      const skipped = Math.min(this.payload, chunk.length - at);
      this.payload -= skipped;
      at += skipped;
      while (at < chunk.length && this.payload === 0) {
        this.header[this.held] = chunk[at] as number;
        this.held += 1;
        at += 1;
        // A frame without payload is followed by the next header.
        if (this.held >= 2 && this.held === this.headerLength()) this.begin();
      }
    }
    return this.payload > 0 || this.held > 0 || this.fragmented;
  }

  private headerLength(): number {
    const second = this.header[1] as number;
    const length = second & LENGTH;
    const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
    return 2 + extended + (second & MASKED ? 4 : 0);
  }

  private begin(): void {
    const first = this.header[0] as number;
    const length = (this.header[1] as number) & LENGTH;
    const end = length === 127 ? 10 : length === 126 ? 4 : 2;
    let payload = end === 2 ? length : 0;
    for (let i = 2; i < end; i += 1) payload = payload * 256 + (this.header[i] as number);
    this.payload = payload;
    this.held = 0;
    // Control frames may come between the fragments of a message (RFC 6455 §5.4).
    if ((first & CONTROL) === 0) this.fragmented = (first & FIN) === 0;
  }
}
