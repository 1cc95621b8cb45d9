import type { Clock, TimerHandle } from '../core/clock';
import type { MediaTap } from '../media/port';
import { Backlog } from './backlog';
import type { StreamLimits } from './port';
import type { SoundFormat } from './sound';

/** Milliseconds after which the rest of a frame is heard although nothing follows it. */
const flushAfter = 20;
/** Milliseconds after which it is looked again whether the tap has room; it holds several times as much. */
const refillAfter = 100;
/** Milliseconds between two looks at a mark whose sound is held up, by a prompt for one. */
const markAfter = 10;
/** Samples up to this are silence: 44 dB below the loudest. */
const silence = 200;

/** A mark whose sound is with the tap: heard when so many samples were. */
interface PlacedMark {
  readonly name: string;
  readonly position: number;
}

/**
 * What the app says on its way to the caller: as fast as it comes, in order with its marks, for as long as there is
 * room. The tap gets whole frames, so that chunks of any size leave no gaps; it may wait 20 ms for the rest of one.
 */
export class Playout {
  /** Sound that the tap has no room for yet, encoded, and the names of marks between. */
  private readonly queue: (Uint8Array | string)[] = [];
  private queuedBytes = 0;
  /** Of the first in the queue. */
  private offset = 0;
  /** Marks in all. */
  private marks = 0;
  private readonly placed: PlacedMark[] = [];
  private readonly frame: Int16Array;
  private filled = 0;
  /** Samples that the tap has taken, as {@link MediaTap.played} counts them. */
  private written = 0;
  private timer: TimerHandle | undefined;
  private timerAt = 0;
  private readonly maxBytes: number;
  private readonly backlog = new Backlog();
  /** Silent frames that are to be left out, since all is heard too late. */
  private surplus = 0;

  constructor(
    private readonly tap: MediaTap,
    private readonly format: SoundFormat,
    private readonly clock: Clock,
    private readonly limits: Pick<StreamLimits, 'maxWaiting' | 'maxWaitingBytes' | 'maxMarks'>,
    private readonly onMark: (name: string) => void,
  ) {
    this.frame = new Int16Array(tap.frameSize);
    const second = tap.frameSize * 50 * format.sampleBytes;
    this.maxBytes = Math.min(limits.maxWaitingBytes, (limits.maxWaiting * second) / 1_000);
  }

  /** Takes sound; false when there is no room for it. */
  add(bytes: Uint8Array): boolean {
    if (this.queuedBytes + bytes.length > this.maxBytes) return false;
    if (this.queue.length === 0) this.watch(bytes.length);
    this.queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.pump();
    return true;
  }

  /** The mark is told of when all that came before it was heard. False when there are too many. */
  mark(name: string): boolean {
    if (this.marks >= this.limits.maxMarks) return false;
    this.marks += 1;
    this.queue.push(name);
    this.pump();
    return true;
  }

  /** Silence from the next frame on; all marks are told of. */
  clear(): void {
    this.tap.clear();
    this.filled = 0;
    this.written = this.samplesPlayed;
    const names = this.placed.splice(0).map(({ name }) => name);
    for (const each of this.queue) if (typeof each === 'string') names.push(each);
    this.empty();
    for (const name of names) this.onMark(name);
  }

  close(): void {
    this.placed.length = 0;
    this.empty();
  }

  private empty(): void {
    this.queue.length = this.queuedBytes = this.offset = this.marks = 0;
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private get samplesPlayed(): number {
    return Math.ceil((this.tap.played * this.frame.length) / 20);
  }

  private watch(bytes: number): void {
    const { backlog, clock, format, frame, tap } = this;
    const duration = (20 * bytes) / (format.sampleBytes * frame.length);
    const surplus = backlog.take(clock.now(), tap.waiting, duration);
    if (surplus > 0) this.surplus = Math.floor(surplus / 20);
  }

  private pump(): void {
    let taken = 0;
    for (const each of this.queue) {
      if (typeof each === 'string') {
        this.placed.push({ name: each, position: this.written + this.filled });
      } else if (!this.say(each)) break;
      taken += 1;
    }
    this.queue.splice(0, taken);
    this.tellMarks();
    this.schedule();
  }

  /** False when the tap is full: then it goes on from `offset`. */
  private say(bytes: Uint8Array): boolean {
    const { frame, format } = this;
    while (this.offset < bytes.length) {
      if (this.filled === frame.length && !this.write()) return false;
      const rest = (bytes.length - this.offset) / format.sampleBytes;
      const count = Math.min(frame.length - this.filled, rest);
      format.decode(bytes, this.offset, count, frame, this.filled);
      this.filled += count;
      this.offset += count * format.sampleBytes;
    }
    if (this.filled === frame.length && !this.write()) return false;
    this.offset = 0;
    this.queuedBytes -= bytes.length;
    return true;
  }

  /** Gives the tap what the frame has; false when not all of it was taken. */
  private write(): boolean {
    const { frame, filled } = this;
    if (this.surplus > 0 && frame.every((sample) => Math.abs(sample) <= silence)) {
      this.surplus -= 1;
      this.filled = 0;
      return true;
    }
    const taken = this.tap.write(filled === frame.length ? frame : frame.subarray(0, filled));
    this.written += taken;
    this.filled -= taken;
    if (this.filled === 0) return true;
    frame.copyWithin(0, taken, filled);
    return false;
  }

  private tellMarks(): void {
    const { placed } = this;
    if (placed.length === 0) return;
    const played = this.samplesPlayed;
    // The tap counts whole milliseconds.
    const slack = this.frame.length / 20;
    while (placed[0] !== undefined && placed[0].position <= played + slack - 1) {
      const { name } = placed[0];
      placed.shift();
      this.marks -= 1;
      this.onMark(name);
    }
  }

  private schedule(): void {
    const { clock } = this;
    const wait = this.nextLook();
    if (wait === undefined) return;
    const at = clock.now() + wait;
    // One that comes sooner than it need is cheaper than one for each message.
    if (this.timer !== undefined && this.timerAt <= at) return;
    clock.clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = clock.setTimeout(() => {
      this.timer = undefined;
      if (this.queue.length === 0 && this.filled > 0) this.write();
      this.pump();
    }, wait);
  }

  private nextLook(): number | undefined {
    if (this.tap.closed) return undefined;
    if (this.queue.length > 0) return refillAfter;
    if (this.filled > 0) return flushAfter;
    const [mark] = this.placed;
    if (mark === undefined) return undefined;
    const ahead = ((mark.position - this.samplesPlayed) * 20) / this.frame.length;
    return Math.max(markAfter, ahead);
  }
}
