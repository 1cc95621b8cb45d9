import { ReplayWindow } from './replay-window';

const TURN = 0x1_0000;
const HALF_TURN = 0x8000;

/**
 * The index of the packet that has this sequence number (RFC 3711 §3.3.1 and appendix A): the one that is nearest to
 * `highest`, the highest of the stream so far. Negative for a packet from before the first turn.
 */
export function estimateIndex(highest: number, sequence: number): number {
  const last = highest % TURN;
  const sameTurn = highest - last + sequence;
  if (last < HALF_TURN) return sequence - last > HALF_TURN ? sameTurn - TURN : sameTurn;
  return last - HALF_TURN > sequence ? sameTurn + TURN : sameTurn;
}

/** How often the sequence numbers have begun anew: what the tag covers besides the packet. */
export function rollOverCounter(index: number): number {
  return Math.floor(index / TURN);
}

/** The highest index of a source. */
export interface SourcePlace {
  readonly ssrc: number;
  readonly highest: number;
}

/** One source of a direction, and which of its packets were there. */
export interface SourceState {
  readonly ssrc: number;
  readonly window: ReplayWindow;
  /** For the one that was silent for longest to make room. */
  used: number;
}

/** Sources that are remembered for each key; a call has one or two. */
const MOST_SOURCES = 16;

/**
 * The sources under one key. RFC 4568 §6.4.1: one enters with its first authentic packet, so that nobody
 * without the key can fill this.
 */
export class SourceTable {
  private readonly sources: SourceState[] = [];
  private recent: SourceState | undefined;
  private uses = 0;

  find(ssrc: number): SourceState | undefined {
    let source = this.recent;
    if (source?.ssrc !== ssrc) {
      source = this.sources.find((each) => each.ssrc === ssrc);
      if (source === undefined) return undefined;
    }
    return source;
  }

  /** Remembers a packet that was authentic, of a source that may be new. */
  take(ssrc: number, index: number): void {
    const source = this.find(ssrc) ?? this.add(ssrc);
    this.uses += 1;
    source.used = this.uses;
    this.recent = source;
    source.window.take(index);
  }

  places(): SourcePlace[] {
    return this.sources.map(({ ssrc, window }) => ({ ssrc, highest: window.highest }));
  }

  private add(ssrc: number): SourceState {
    const source: SourceState = { ssrc, window: new ReplayWindow(), used: 0 };
    if (this.sources.length < MOST_SOURCES) {
      this.sources.push(source);
      return source;
    }
    let oldest = 0;
    this.sources.forEach((each, place) => {
      if (each.used < (this.sources[oldest] as SourceState).used) oldest = place;
    });
    this.sources[oldest] = source;
    return source;
  }
}
