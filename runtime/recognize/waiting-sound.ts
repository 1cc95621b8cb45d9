/** Seconds of sound that wait for a connection at most; older sound is forgotten. */
const LONGEST = 10;

/** What was said while nobody could be told yet. */
export class WaitingSound {
  private readonly parts: Buffer[] = [];
  private bytes = 0;
  private readonly most: number;

  constructor(sampleRate: number) {
    this.most = LONGEST * sampleRate * Int16Array.BYTES_PER_ELEMENT;
  }

  push(part: Buffer): void {
    this.parts.push(part);
    this.bytes += part.length;
    while (this.bytes > this.most) this.bytes -= this.parts.shift()?.length ?? 0;
  }

  /** All of it, in order. */
  take(): Buffer[] {
    this.bytes = 0;
    return this.parts.splice(0);
  }
}

/** A copy, as 16-bit little-endian bytes. */
export function bytesOf(samples: Int16Array): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length * 2);
  for (let i = 0; i < samples.length; i += 1) bytes.writeInt16LE(samples[i] as number, i * 2);
  return bytes;
}
