import type { MediaParameters } from '../port';
import { FrameRing } from '../frame-ring';
import type { GuestCodec } from './guest-sockets';
import type { MediaWorker } from './media-worker';
import type { Id } from './protocol';
import type { RemoteContext, RemoteSession } from './remote-session';

/** Milliseconds that wait between two threads at most: what is older is lost, not late. */
const BUFFER = 60;

/**
 * The part that a session of one thread plays in another: there it is a session like all of that thread, whose
 * packets hold what this one hears, and what is sent to it is what this one says. Sound goes through shared memory.
 */
export class Guest {
  readonly id: Id;
  private readonly detach: () => void;
  private open = true;

  constructor(
    session: RemoteSession,
    private readonly worker: MediaWorker,
    context: RemoteContext,
  ) {
    const codec = guestCodec(session.codec);
    const sampleRate = codec.clockRate as 8_000 | 16_000 | 48_000;
    const heard = FrameRing.create(sampleRate, BUFFER);
    const said = FrameRing.create(sampleRate, BUFFER);
    this.id = context.newId();
    // What is heard here is what the guest says there, and the other way round.
    this.detach = session.attach({ sampleRate, hear: 'peer' }, { heard, said }, 'call');
    const memory = { heard: heard.memory, said: said.memory };
    worker.post({ type: 'create-guest', session: this.id, codec, memory });
  }

  /** A key of the session that signalling, or its own thread, has told of. */
  press(digit: string, duration: number): void {
    if (this.open) {
      this.worker.post({ type: 'report-digit', session: this.id, digit, duration });
    }
  }

  /** Idempotent. */
  leave(): void {
    if (!this.open) return;
    this.open = false;
    this.detach();
    this.worker.post({ type: 'close', session: this.id });
  }
}

/** As good as what the session speaks, without loss where that is G.711. */
function guestCodec(codec: MediaParameters['codec'] | undefined): GuestCodec {
  switch (codec?.name) {
    case 'PCMU':
      return { name: 'PCMU', clockRate: 8_000, payloadType: 0 };
    case 'PCMA':
      return { name: 'PCMA', clockRate: 8_000, payloadType: 8 };
    case 'opus':
      return { name: 'L16', clockRate: 48_000, payloadType: 96 };
    default:
      return { name: 'L16', clockRate: 16_000, payloadType: 96 };
  }
}
