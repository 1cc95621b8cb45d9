/** Indices behind the highest one that can still be told apart; RFC 3711 §3.3.2 asks for 64 or more. */
export const REPLAY_WINDOW = 128;

/**
 * Which packets have been taken (RFC 3711 §3.3.2): a ring of bits under the index. What is too old to be
 * remembered counts as taken.
 */
export class ReplayWindow {
  /** The highest index that was taken; -1 before the first. */
  highest = -1;
  private readonly bits = new Uint32Array(REPLAY_WINDOW / 32);

  /** Whether a packet of this index was taken, or may have been. */
  seen(index: number): boolean {
    if (index > this.highest) return false;
    if (index <= this.highest - REPLAY_WINDOW) return true;
    const place = index % REPLAY_WINDOW;
    return (((this.bits[place >>> 5] as number) >>> (place & 31)) & 1) === 1;
  }

  /** Remembers a packet that was authentic, and of which {@link seen} was false. */
  take(index: number): void {
    const { bits, highest } = this;
    if (index - highest >= REPLAY_WINDOW) bits.fill(0);
    else {
      for (let skipped = highest + 1; skipped < index; skipped += 1) this.set(skipped, false);
    }
    this.set(index, true);
    if (index > highest) this.highest = index;
  }

  private set(index: number, taken: boolean): void {
    const place = index % REPLAY_WINDOW;
    const slot = place >>> 5;
    const bit = 1 << (place & 31);
    const word = this.bits[slot] as number;
    this.bits[slot] = taken ? word | bit : word & ~bit;
  }
}
