import type { Recording, RecordingOptions } from './port';
import {
  recordSides,
  type RecordedSide,
  type RecordedSides,
  type SidesServices,
} from './recorded-sides';
import type { Recorder } from './recorder';

/** The session that is recorded. */
export interface RecordedSession extends RecordedSide {
  /** What the peer is sent. */
  hearOwn: RecordedSide['hear'];
  readonly closed: boolean;
  beep(): Promise<unknown>;
}

/**
 * The recordings of a session: one of the peer, as of a message, and beside it one of both sides, as of the whole
 * call. Another of the same kind ends the one before, but for those that go on beside all others.
 */
export class SessionRecordings {
  private ofPeer: Recorder | undefined;
  private ofBoth: Recorder | undefined;
  private readonly besides = new Set<Recorder>();

  constructor(
    private readonly session: RecordedSession,
    private readonly services: SidesServices,
  ) {}

  record(options: RecordingOptions): Recording {
    const { session, services } = this;
    const both = options.channels === 'stereo' || options.channels === 'mixed';
    const beside = options.beside === true;
    if (!beside) (both ? this.ofBoth : this.ofPeer)?.stop();
    const sides: RecordedSides = {
      left: session,
      ...(both ? { right: { hear: (rate, listener) => session.hearOwn(rate, listener) } } : {}),
      beep: () => session.beep(),
      onEnded: (ended) => {
        if (this.ofPeer === ended) this.ofPeer = undefined;
        if (this.ofBoth === ended) this.ofBoth = undefined;
        this.besides.delete(ended);
      },
    };
    const beep = options.beep && !session.closed;
    const recorder = recordSides(services, { ...options, beep }, sides);
    if (session.closed) recorder.stop();
    else if (beside) this.besides.add(recorder);
    else if (both) this.ofBoth = recorder;
    else this.ofPeer = recorder;
    return recorder;
  }

  /** A key of the peer's. */
  press(digit: string): void {
    this.ofPeer?.press(digit);
    this.ofBoth?.press(digit);
    for (const beside of this.besides) beside.press(digit);
  }

  /** The session is over. */
  stop(): void {
    this.ofPeer?.stop();
    this.ofBoth?.stop();
    for (const beside of this.besides) beside.stop();
  }
}
