import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { decodeG711 } from './codec/g711';
import type { CodecFormat } from './codec/port';

/** Gets a frame that is only valid during the call, and the tick in which it is sent. */
export type OwnFrameListener = (frame: Int16Array, time: number) => void;

/** Samples of the timeline: a second, far more than is ever ahead. A power of two is not needed. */
const RATE = 8_000;
const FRAME = RATE / 50;
const CAPACITY = RATE;
/** Samples without a packet after which what follows need not follow on. */
const PAUSE = RATE / 5;

/**
 * What we send, as the peer will hear it: the payloads that go out are decoded and put where their time
 * stamps say. Nothing is decoded while nobody listens.
 */
export class OwnEars {
  private listeners: readonly OwnFrameListener[] = [];
  private readonly ring = new Int16Array(CAPACITY);
  private readonly frame = new Int16Array(FRAME);
  private readonly decoded = new Int16Array(CAPACITY);
  /** The sample that is heard next, and the end of what was sent; of that also the time stamp. */
  private head = 0;
  private tail = 0;
  private tailTimestamp = 0;

  constructor(private readonly logger: Logger) {}

  /** Whether anybody hears. */
  get open(): boolean {
    return this.listeners.length > 0;
  }

  listen(_sampleRate: number, listener: OwnFrameListener): () => void {
    const entry: OwnFrameListener = (frame, time) => listener(frame, time);
    this.listeners = [...this.listeners, entry];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
    };
  }

  /**
   * Takes note of a payload that is sent, with the time stamp of its packet. `ahead` is by how many
   * milliseconds it begins after the frame that is heard next.
   */
  sent(
    format: CodecFormat,
    bytes: Uint8Array,
    from: number,
    length: number,
    timestamp: number,
    ahead: number,
  ): void {
    const count = Math.min(length, CAPACITY / 2);
    decodeG711(format.name, bytes, from, count, this.decoded, 0);
    this.place(count, timestamp, count, ahead * (RATE / 1_000));
  }

  /** The frame of a tick, once all that is sent in it has been. */
  hear(time: number): void {
    const { ring, frame, head } = this;
    const there = Math.max(0, Math.min(FRAME, this.tail - head));
    for (let i = 0; i < there; i += 1) frame[i] = ring[(head + i) % CAPACITY] as number;
    frame.fill(0, there);
    this.head = head + FRAME;
    for (const listener of this.listeners) {
      try {
        listener(frame, time);
      } catch (thrown) {
        this.logger.error({ error: describeError(thrown) }, 'a listener failed');
      }
    }
  }

  close(): void {
    this.listeners = [];
  }

  private place(count: number, timestamp: number, units: number, ahead: number): void {
    const { ring, decoded, head } = this;
    const gap = (timestamp - this.tailTimestamp) | 0;
    let at = this.tail + gap;
    if (gap < 0 || gap > PAUSE || at > head + CAPACITY / 2) at = head + ahead;
    if (at < head) at = head;
    for (let i = Math.max(this.tail, head); i < at; i += 1) ring[i % CAPACITY] = 0;
    for (let i = 0; i < count; i += 1) ring[(at + i) % CAPACITY] = decoded[i] as number;
    this.tail = at + count;
    this.tailTimestamp = (timestamp + units) >>> 0;
  }
}
