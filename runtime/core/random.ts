import { randomFillSync } from 'node:crypto';

/** The only source of randomness. */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number;
}

/** Unpredictable numbers, drawn from the system in blocks of 4 KiB. */
export class SecureRandom implements Random {
  private readonly block = new Uint32Array(1024);
  private next = this.block.length;

  uint32(): number {
    if (this.next === this.block.length) {
      randomFillSync(this.block);
      this.next = 0;
    }
    return this.block[this.next++] as number;
  }
}

/** The same numbers for the same seed (sfc32), for simulations and tests. */
export class SeededRandom implements Random {
  private a: number;
  private b = 0x9e3779b9;
  private c = 0x243f6a88;
  private counter = 1;

  constructor(seed: number) {
    this.a = seed >>> 0;
    for (let i = 0; i < 12; i += 1) this.uint32();
  }

  uint32(): number {
    const result = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + result;
    this.c |= 0;
    return result >>> 0;
  }
}

/** A fraction in [0, 1). */
export function fraction(random: Random): number {
  return random.uint32() / 0x1_0000_0000;
}

/** A whole number in [0, limit). */
export function below(random: Random, limit: number): number {
  return Math.floor(fraction(random) * limit);
}

/** The two digits of each octet: a table is ten times as fast as `toString(16)`, which a call pays often. */
const hex: readonly string[] = Array.from({ length: 256 }, (_, value) =>
  value.toString(16).padStart(2, '0'),
);

function octet(word: number, shift: number): string {
  return hex[(word >>> shift) & 255] as string;
}

/** `bits` (a multiple of 32) of randomness in lower-case hexadecimal, for tags, branches and ids. */
export function token(random: Random, bits = 64): string {
  let text = '';
  for (let done = 0; done < bits; done += 32) {
    const word = random.uint32();
    text += octet(word, 24) + octet(word, 16) + octet(word, 8) + octet(word, 0);
  }
  return text;
}
