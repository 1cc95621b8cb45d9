import { FrameRing } from './frame-ring';
import type { Pacer, PacerSeat } from './pacer';
import type { MediaTap, TapOptions } from './port';

/** Milliseconds that wait in either direction when nothing is said of it. */
const DEFAULT_BUFFER = 500;

/** The sound of a tap in both directions; the session's end and the reader's may be in two threads. */
export interface TapRings {
  /** What the session hears; undefined when nothing is asked for. */
  readonly heard: FrameRing | undefined;
  /** What is to be sent. */
  readonly said: FrameRing;
}

/** {@link TapRings} as they go from thread to thread. */
export interface TapMemory {
  readonly heard: SharedArrayBuffer | undefined;
  readonly said: SharedArrayBuffer;
}

export function makeTapRings({ sampleRate, hear, buffer = DEFAULT_BUFFER }: TapOptions): TapRings {
  return {
    heard: hear === 'nothing' ? undefined : FrameRing.create(sampleRate, buffer),
    said: FrameRing.create(sampleRate, buffer),
  };
}

export function memoryOf({ heard, said }: TapRings): TapMemory {
  return { heard: heard?.memory, said: said.memory };
}

export function ringsOver({ heard, said }: TapMemory): TapRings {
  return {
    heard: heard === undefined ? undefined : new FrameRing(heard),
    said: new FrameRing(said),
  };
}

/** The end of a tap that other parts of the program hold. */
export class RingTap implements MediaTap {
  readonly frameSize: number;
  private readonly heard: FrameRing | undefined;
  private readonly said: FrameRing;
  private listener: (() => void) | undefined;
  private seat: PacerSeat | undefined;

  /**
   * @param poller looks again and again whether there is something to read, while somebody wants to be told; without it
   * whoever hears for the tap calls {@link look}.
   * @param onClose is told once, when whoever holds the tap closes it.
   */
  constructor(
    { heard, said }: TapRings,
    private readonly poller: Pacer | undefined,
    private readonly onClose: () => void,
  ) {
    this.heard = heard;
    this.said = said;
    this.frameSize = said.frameSize;
  }

  read(frame: Int16Array): boolean {
    return this.heard?.takeFrame(frame) === true;
  }

  get onReadable(): (() => void) | undefined {
    return this.listener;
  }

  set onReadable(listener: (() => void) | undefined) {
    this.listener = listener;
    if (listener === undefined || this.heard === undefined) this.rest();
    else this.seat ??= this.poller?.join({ onTick: () => this.look() });
  }

  write(samples: Int16Array): number {
    return this.closed ? 0 : this.said.offer(samples);
  }

  get waiting(): number {
    return (this.said.waiting * 1_000) / this.said.sampleRate;
  }

  get played(): number {
    return this.said.takenTime;
  }

  get lost(): number {
    return this.heard?.lost ?? 0;
  }

  clear(): void {
    this.said.clear();
  }

  close(): void {
    this.rest();
    if (this.closed) return;
    this.said.close();
    this.onClose();
  }

  get closed(): boolean {
    return this.said.closed;
  }

  look(): void {
    const { heard } = this;
    if (heard !== undefined && heard.waiting >= heard.frameSize) this.listener?.();
    // The session's end has closed it, and all has been read.
    else if (this.closed) this.rest();
  }

  private rest(): void {
    this.seat?.leave();
    this.seat = undefined;
  }
}
