import { nameOf, type SharedEncoding } from '../shared-encoding';
import type { Command } from './protocol';

/** Bytes that are kept for threads that start later: as much as one of them keeps. */
const MOST_BYTES = 128 * 1_024 * 1_024;

export interface EncodingTaker {
  post(command: Command): void;
}

/** Who encodes a clip for the first time does it for all media threads: they hear of it here. */
export class EncodingRegistry {
  private readonly encodings = new Map<string, SharedEncoding>();
  private total = 0;

  /** @param takers all media threads. */
  constructor(private readonly takers: () => Iterable<EncodingTaker>) {}

  all(): Iterable<SharedEncoding> {
    return this.encodings.values();
  }

  /** Two may have begun at the same time: the others take the first. */
  add(encoding: SharedEncoding, maker: EncodingTaker): void {
    const name = nameOf(encoding);
    if (this.encodings.has(name)) return;
    this.encodings.set(name, encoding);
    this.total += encoding.bytes.byteLength;
    for (const [old, { bytes }] of this.encodings) {
      if (this.total <= MOST_BYTES || this.encodings.size === 1) break;
      this.encodings.delete(old);
      this.total -= bytes.byteLength;
    }
    for (const taker of this.takers()) {
      if (taker !== maker) taker.post({ type: 'encoding', encoding });
    }
  }
}
