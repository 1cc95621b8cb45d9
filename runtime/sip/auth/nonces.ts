import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock';
import { HmacSha256 } from '../../core/hmac';
import type { Random } from '../../core/random';

/** What a nonce turned out to be once its digest was right. */
export type NonceUse = 'fresh' | 'replayed' | 'stale';

/** Nonces in use that are remembered; about 10 MB when all are. */
const defaultMaxUsed = 65_536;

/**
 * What stands in a nonce before it becomes base64url, in octets:
 *
 *     0              6              14                    30
 *     | issued, ms   | random       | HMAC-SHA-256, half  |
 */
const randomAt = 6;
const signatureAt = 14;
const nonceLength = 30;
/** 30 octets in base64url, which needs no padding. */
const textLength = 40;

/** How many counts below the highest are told apart: requests overtake each other on UDP. */
const windowBits = 32;

/** The counts that one nonce was used with. */
interface Used {
  readonly issued: number;
  highest: number;
  /** Bit n: `highest - n` was used. */
  seen: number;
}

/**
 * Nonces that need no memory when they are issued: the time and a random number, signed with a key of this
 * process (RFC 7616 §3.3, §5.4). Only those that somebody used with the right digest are remembered, with
 * their counts, until they have aged.
 */
export class Nonces {
  private readonly mac: HmacSha256;
  /** The nonce at hand, and what its signature should be: they cost no memory of their own. */
  private readonly scratch = Buffer.alloc(nonceLength);
  private readonly expected = Buffer.alloc(nonceLength - signatureAt);
  private readonly used = new Map<string, Used>();
  /** What was issued up to then and is not remembered may have been used and forgotten. */
  private forgottenUntil = -Infinity;

  /** @param lifetime milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly lifetime: number,
    private readonly maxUsed = defaultMaxUsed,
  ) {
    const key = Buffer.alloc(32);
    for (let at = 0; at < key.length; at += 4) key.writeUInt32BE(random.uint32(), at);
    this.mac = new HmacSha256(key);
  }

  /** How many are remembered. */
  get size(): number {
    return this.used.size;
  }

  issue(): string {
    const { scratch } = this;
    scratch.writeUIntBE(Math.floor(this.clock.now()), 0, randomAt);
    scratch.writeUInt32BE(this.random.uint32(), randomAt);
    scratch.writeUInt32BE(this.random.uint32(), randomAt + 4);
    this.sign().copy(scratch, signatureAt);
    return scratch.toString('base64url');
  }

  /** When it was issued, or undefined for one that this process did not issue. */
  issuedAt(nonce: string): number | undefined {
    if (nonce.length !== textLength) return undefined;
    const { scratch } = this;
    if (scratch.write(nonce, 'base64url') !== nonceLength) return undefined;
    if (!timingSafeEqual(this.sign(), scratch.subarray(signatureAt))) return undefined;
    // Base64 can spell the same octets with other characters: those we did not write.
    if (scratch.toString('base64url') !== nonce) return undefined;
    return scratch.readUIntBE(0, randomAt);
  }

  /**
   * Notes that a nonce was used with this count (RFC 7616 §3.4 `nc`). Only after the digest was right, so
   * that nobody can fill the memory without a password. Without a count a nonce is good for one request.
   */
  use(nonce: string, count: number | undefined): NonceUse {
    const issued = this.issuedAt(nonce);
    if (issued === undefined || this.clock.now() - issued > this.lifetime) return 'stale';
    const known = this.used.get(nonce);
    if (known === undefined) {
      if (issued <= this.forgottenUntil) return 'stale';
      this.remember(nonce, { issued, highest: count ?? 0, seen: 1 });
      return 'fresh';
    }
    if (count === undefined) return 'stale';
    const behind = known.highest - count;
    if (behind < 0) {
      known.seen = -behind >= windowBits ? 1 : (known.seen << -behind) | 1;
      known.highest = count;
      return 'fresh';
    }
    // Too far back to know: the next nonce tells the phone from the eavesdropper.
    if (behind >= windowBits) return 'stale';
    const bit = 1 << behind;
    if ((known.seen & bit) !== 0) return 'replayed';
    known.seen |= bit;
    return 'fresh';
  }

  /** The signature of the nonce at hand. */
  private sign(): Buffer {
    const signature = this.mac.sign(this.scratch.subarray(0, signatureAt), 'binary');
    this.expected.write(signature, 'binary');
    return this.expected;
  }

  private remember(nonce: string, use: Used): void {
    const now = this.clock.now();
    for (const [oldest, { issued }] of this.used) {
      if (now - issued <= this.lifetime) {
        if (this.used.size < this.maxUsed) break;
        this.forgottenUntil = Math.max(this.forgottenUntil, issued);
      }
      this.used.delete(oldest);
    }
    this.used.set(nonce, use);
  }
}
