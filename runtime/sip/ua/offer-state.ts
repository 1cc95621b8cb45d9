/** What an offer from the peer meets: `glare` is 491, `busy` 500 with Retry-After (RFC 3311 §5.2). */
export type OfferVerdict = 'free' | 'glare' | 'busy';

/**
 * Where offer and answer stand between us and the peer (RFC 3264 §4): at most one offer is open, in
 * either direction, and none may be made before the first exchange is complete (RFC 6337 §2.2).
 */
export class OfferState {
  private open: 'none' | 'ours' | 'theirs' = 'none';
  private complete = false;

  /** An offer of ours has no answer yet. */
  get awaitsAnswer(): boolean {
    return this.open === 'ours';
  }

  /** An offer of theirs has no answer yet. */
  get owesAnswer(): boolean {
    return this.open === 'theirs';
  }

  /** We may make an offer now. */
  get free(): boolean {
    return this.open === 'none' && this.complete;
  }

  get verdict(): OfferVerdict {
    if (this.open === 'none') return 'free';
    return this.open === 'ours' ? 'glare' : 'busy';
  }

  offered(by: 'us' | 'them'): void {
    this.open = by === 'us' ? 'ours' : 'theirs';
  }

  answered(): void {
    this.open = 'none';
    this.complete = true;
  }

  /** The offer was refused: all stays as it was before. */
  withdrawn(): void {
    this.open = 'none';
  }
}
