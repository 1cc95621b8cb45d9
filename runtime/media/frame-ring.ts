/** Words of the header; each is written by one side alone. Positions count samples and wrap at 32 bits. */
const WRITTEN = 0;
const CLEARED = 1;
const READ = 2;
const TAKEN = 3;
const LOST = 4;
const CLOSED = 5;
const RATE = 6;
const LIMIT = 7;
const HEADER_WORDS = 8;
const HEADER_BYTES = 4 * HEADER_WORDS;

/**
 * Sound on its way from one writer to one reader, who may be in two threads: a ring of 16-bit samples in shared
 * memory, without a lock and without a message. The reader takes frames of 20 ms.
 *
 * A writer either {@link push}es, and the oldest sound gives way when nobody reads it, or {@link offer}s, and is
 * told how much found room. Neither side ever waits for the other.
 */
export class FrameRing {
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples of 20 ms. */
  readonly frameSize: number;
  /** Samples that wait at most. */
  private readonly limit: number;
  private readonly header: Int32Array;
  private readonly samples: Int16Array;
  private readonly mask: number;
  /** Of the reader. */
  private taken = 0;

  /** @param memory of another {@link FrameRing}: both are the same ring. */
  constructor(readonly memory: SharedArrayBuffer) {
    this.header = new Int32Array(memory, 0, HEADER_WORDS);
    this.samples = new Int16Array(memory, HEADER_BYTES);
    this.mask = this.samples.length - 1;
    this.sampleRate = this.header[RATE] as number;
    this.limit = this.header[LIMIT] as number;
    this.frameSize = this.sampleRate / 50;
  }

  /** An empty one. `buffer`: milliseconds that wait in it at most, whole frames and at least one. */
  static create(sampleRate: number, buffer: number): FrameRing {
    const frame = sampleRate / 50;
    const limit = frame * Math.max(1, Math.floor(buffer / 20));
    // A power of two, so that positions may wrap; more than the limit, so that a reader who copies the oldest
    // frame is not overtaken in the middle of it as a rule.
    const size = 2 ** Math.ceil(Math.log2(limit + 2 * frame));
    const memory = new SharedArrayBuffer(HEADER_BYTES + 2 * size);
    const header = new Int32Array(memory, 0, HEADER_WORDS);
    header[RATE] = sampleRate;
    header[LIMIT] = limit;
    return new FrameRing(memory);
  }

  // ── the writer's ────────────────────────────────────────────────────────────────────────────────

  /** Adds a frame; where there is no room the oldest is lost. */
  push(frame: Int16Array): void {
    this.write(frame, frame.length);
  }

  /** Adds as many samples as there is room for; returns how many. */
  offer(samples: Int16Array): number {
    const { header } = this;
    const read = Atomics.load(header, READ);
    // What was cleared is behind the reader some day; it must not come before him again when positions wrap.
    if (((read - (header[CLEARED] as number)) | 0) > 0) Atomics.store(header, CLEARED, read);
    const count = Math.min(samples.length, this.limit - this.waiting);
    this.write(samples, count);
    return count;
  }

  /** The reader shall not hear what waits. */
  clear(): void {
    Atomics.store(this.header, CLEARED, this.header[WRITTEN] as number);
  }

  private write(from: Int16Array, count: number): void {
    const { header, samples, mask } = this;
    const written = header[WRITTEN] as number;
    for (let i = 0; i < count; i += 1) samples[(written + i) & mask] = from[i] as number;
    Atomics.store(header, WRITTEN, (written + count) | 0);
  }

  // ── the reader's ────────────────────────────────────────────────────────────────────────────────

  /** Copies the next frame; false when less than one is there. */
  takeFrame(frame: Int16Array): boolean {
    return this.waiting >= this.frameSize && this.take(frame) > 0;
  }

  /** Copies what is there, a frame at most, and silence behind it; returns how many samples it was. */
  take(frame: Int16Array): number {
    const { header, samples, mask, frameSize } = this;
    for (;;) {
      const from = this.catchUp();
      const count = Math.min(frameSize, (Atomics.load(header, WRITTEN) - from) | 0);
      for (let i = 0; i < count; i += 1) frame[i] = samples[(from + i) & mask] as number;
      // The writer goes on meanwhile: a frame that it has written over is lost, one that it has cleared forgotten.
      const overtaken = ((Atomics.load(header, WRITTEN) - from) | 0) > samples.length;
      if (overtaken || ((Atomics.load(header, CLEARED) - from) | 0) > 0) continue;
      for (let i = count; i < frameSize; i += 1) frame[i] = 0;
      this.taken += count;
      Atomics.store(header, READ, (from + count) | 0);
      Atomics.store(header, TAKEN, Math.round((this.taken * 1_000) / this.sampleRate));
      return count;
    }
  }

  /** Where the next frame begins, behind what was cleared or has given way. */
  private catchUp(): number {
    const { header, limit, frameSize } = this;
    const at = this.position();
    const late = ((Atomics.load(header, WRITTEN) - at) | 0) - limit;
    if (late <= 0) return at;
    const frames = Math.ceil(late / frameSize);
    Atomics.add(header, LOST, frames);
    const next = (at + frames * frameSize) | 0;
    Atomics.store(header, READ, next);
    return next;
  }

  // ── either's ────────────────────────────────────────────────────────────────────────────────────

  /** Samples that wait for the reader. */
  get waiting(): number {
    const waiting = (Atomics.load(this.header, WRITTEN) - this.position()) | 0;
    return Math.min(waiting, this.limit);
  }

  /** Milliseconds that were read, cleared and lost ones not counted. */
  get takenTime(): number {
    return Atomics.load(this.header, TAKEN);
  }

  /** Frames that gave way before they were read. */
  get lost(): number {
    const { header, limit, frameSize } = this;
    const late = ((Atomics.load(header, WRITTEN) - this.position()) | 0) - limit;
    return Atomics.load(header, LOST) + Math.max(0, Math.ceil(late / frameSize));
  }

  /** Tells the other side that nothing more is written, or read. Idempotent. */
  close(): void {
    Atomics.store(this.header, CLOSED, 1);
  }

  get closed(): boolean {
    return Atomics.load(this.header, CLOSED) === 1;
  }

  private position(): number {
    const read = Atomics.load(this.header, READ);
    const cleared = Atomics.load(this.header, CLEARED);
    return ((cleared - read) | 0) > 0 ? cleared : read;
  }
}
