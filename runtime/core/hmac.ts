import { hash } from 'node:crypto';

/** Octets that SHA-256 takes at once, and that a key is filled up to. */
const block = 64;
const digestLength = 32;
/** Octets of a message that need no memory of their own. */
const usual = 448;

/**
 * HMAC-SHA-256 with one key, made of two hashes in one call each. Node's own object costs 2.2 µs and
 * a handle for the garbage collector each time, this 0.9 (`npm run bench -- element-path`).
 */
export class HmacSha256 {
  private readonly inner = Buffer.alloc(block + usual);
  private readonly outer = Buffer.alloc(block + digestLength);

  constructor(key: Uint8Array) {
    const short = key.length > block ? Buffer.from(hash('sha256', key, 'hex'), 'hex') : key;
    for (let i = 0; i < block; i += 1) {
      const octet = short[i] ?? 0;
      this.inner[i] = octet ^ 0x36;
      this.outer[i] = octet ^ 0x5c;
    }
  }

  /** The digest of a message, whose text counts as UTF-8; `binary`: a character for each of its 32 octets. */
  sign(message: string | Uint8Array, encoding: 'hex' | 'base64url' | 'binary'): string {
    const { outer } = this;
    outer.write(hash('sha256', this.keyed(message), 'binary'), block, 'binary');
    return hash('sha256', outer, encoding);
  }

  /** The message behind the key, good until the next one. */
  private keyed(message: string | Uint8Array): Uint8Array {
    const { inner } = this;
    const text = typeof message === 'string';
    // No character of a text takes more than three octets.
    if (message.length * (text ? 3 : 1) > usual) {
      const octets = text ? Buffer.from(message, 'utf8') : message;
      return Buffer.concat([inner.subarray(0, block), octets]);
    }
    if (text) return inner.subarray(0, block + inner.write(message, block, 'utf8'));
    inner.set(message, block);
    return inner.subarray(0, block + message.length);
  }
}
