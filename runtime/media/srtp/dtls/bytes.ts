/**
 * Reads numbers and vectors (RFC 5246 §4) from bytes of the network. Whatever is missing reads as nothing
 * and makes {@link failed} true: look at it once, at the end.
 */
export class ByteReader {
  failed = false;
  private at = 0;

  constructor(private readonly source: Uint8Array) {}

  get left(): number {
    return this.source.length - this.at;
  }

  /** Whether all was read and nothing was missing. */
  get complete(): boolean {
    return !this.failed && this.left === 0;
  }

  number(size: 1 | 2 | 3 | 6): number {
    let value = 0;
    for (const byte of this.bytes(size)) value = value * 256 + byte;
    return value;
  }

  bytes(size: number): Uint8Array {
    if (size > this.left) {
      this.failed = true;
      this.at = this.source.length;
      return NOTHING;
    }
    this.at += size;
    return this.source.subarray(this.at - size, this.at);
  }

  /** Bytes that come after their length, which is a number of so many bytes. */
  vector(lengthSize: 1 | 2 | 3): Uint8Array {
    return this.bytes(this.number(lengthSize));
  }
}

const NOTHING = new Uint8Array(0);

export function number(size: 1 | 2 | 3 | 6, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

export function vector(lengthSize: 1 | 2 | 3, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([number(lengthSize, content.length), content]);
}

/** The numbers of a list. */
export function numbersOf(list: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) {
    numbers.push(((list[at] as number) << 8) | (list[at + 1] as number));
  }
  return numbers;
}

export function listOf(numbers: readonly number[]): Buffer {
  return Buffer.concat(numbers.map((each) => number(2, each)));
}
