import type { FrameFeed } from './frame-feed';
import type { FrameRing } from './frame-ring';
import type { MediaTap, TapOptions } from './port';
import { makeTapRings, RingTap, type TapRings } from './tap';

/** A tap is heard in place of a bridge or a conference; what links a call to one is no tap. */
export type FeedPlace = 'call' | 'tap';

type Listener = (frame: Int16Array, time: number) => void;

/** What a tap needs of a session. */
export interface TappedSession {
  /** 20 ms of the peer in each tick; before those of {@link hearOwn}. */
  hear(sampleRate: number, listener: Listener): () => void;
  /** 20 ms of what the peer is sent in each tick. */
  hearOwn(sampleRate: number, listener: Listener): () => void;
  feed(source: FrameFeed | undefined, by?: FeedPlace): void;
  readonly closed: boolean;
}

/** The taps of a session, which end with it. */
export class SessionTaps {
  private readonly pumps = new Set<TapPump>();

  constructor(private readonly session: TappedSession) {}

  open(options: TapOptions): MediaTap {
    const rings = makeTapRings(options);
    const pump = this.attach(options, rings);
    const tap = new RingTap(rings, undefined, () => pump.close());
    // In the same tick: by a schedule of its own it would be the next one.
    pump.onHeard = () => tap.look();
    return tap;
  }

  /** For a tap whose other end is held in another thread. */
  attach(options: TapOptions, rings: TapRings, place: FeedPlace = 'tap'): TapPump {
    const pump = new TapPump(this.session, options, rings, place, () => this.pumps.delete(pump));
    if (this.session.closed) pump.close();
    else {
      this.pumps.add(pump);
      pump.start();
    }
    return pump;
  }

  close(): void {
    for (const pump of this.pumps) pump.close();
  }
}

/** The session's end of a tap: what is heard goes into one ring, what is said comes out of the other. */
export class TapPump implements FrameFeed {
  /** Told of each frame that is heard. */
  onHeard: (() => void) | undefined;
  readonly sampleRate: number;
  private readonly said: FrameRing;
  private readonly stops: (() => void)[] = [];
  private feeding = false;
  private open = true;
  /** Both sides of one tick, where both are asked for. */
  private readonly mixed: Int16Array;
  private mixedAt = 0;

  constructor(
    private readonly session: TappedSession,
    private readonly options: TapOptions,
    private readonly rings: TapRings,
    private readonly place: FeedPlace,
    private readonly onClosed: () => void,
  ) {
    this.said = rings.said;
    this.sampleRate = options.sampleRate;
    this.mixed = new Int16Array(options.hear === 'both' ? rings.said.frameSize : 0);
  }

  start(): void {
    const { session, sampleRate, stops } = this;
    const { heard } = this.rings;
    const push = (frame: Int16Array): void => {
      heard?.push(frame);
      this.notice();
      this.onHeard?.();
    };
    switch (this.options.hear) {
      case 'peer':
        stops.push(session.hear(sampleRate, push));
        return;
      case 'own':
        stops.push(session.hearOwn(sampleRate, push));
        return;
      case 'both':
        stops.push(
          session.hear(sampleRate, (frame, time) => {
            this.mixed.set(frame);
            this.mixedAt = time;
          }),
          session.hearOwn(sampleRate, (frame, time) => {
            push(this.mix(frame, time));
          }),
        );
        return;
      case 'nothing':
        // Nothing ticks that could look whether there is something to say.
        this.feed();
    }
  }

  pull(frame: Int16Array): boolean {
    return this.said.take(frame) > 0;
  }

  /** Idempotent. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    for (const stop of this.stops) stop();
    this.said.close();
    this.rings.heard?.close();
    if (this.feeding) this.session.feed(undefined, this.place);
    this.onClosed();
  }

  /** A tap that only listens leaves what is sent alone. */
  private notice(): void {
    if (!this.feeding && this.said.waiting > 0) this.feed();
  }

  private feed(): void {
    this.feeding = true;
    this.session.feed(this, this.place);
  }

  private mix(frame: Int16Array, time: number): Int16Array {
    const { mixed } = this;
    if (this.mixedAt !== time) return frame;
    for (let i = 0; i < mixed.length; i += 1) {
      const sum = (mixed[i] as number) + (frame[i] as number);
      mixed[i] = Math.max(-32_768, Math.min(32_767, sum));
    }
    return mixed;
  }
}
