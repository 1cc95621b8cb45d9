import type { Clock } from '../../core/clock';
import { readHello } from './dtls/hello-cookie';

/** Hellos, and the bytes of one; of each source the last. */
const MOST_HELD = 4;
const MOST_BYTES = 1_500;

/** Milliseconds for which one is worth an answer: by then its client has said it again. */
const WORTH = 4_000;

export interface EarlyHello {
  readonly datagram: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/**
 * Hellos of DTLS clients that came before offer and answer said who may: the peer begins as soon as it has sent its answer
 * (RFC 5763 §6.1), which has a longer way than its packets. Without this it would say hello again after a
 * second, and nobody would hear anything until then.
 */
export class EarlyHellos {
  private readonly held: (EarlyHello & { readonly at: number })[] = [];

  constructor(private readonly clock: Clock) {}

  /** Keeps a hello; false for anything else. */
  hold(datagram: Uint8Array, host: string, port: number): boolean {
    if (datagram.length > MOST_BYTES || readHello(datagram) === undefined) return false;
    const { held } = this;
    const same = held.findIndex((each) => each.host === host && each.port === port);
    if (same >= 0) held.splice(same, 1);
    else if (held.length >= MOST_HELD) held.shift();
    // A copy: the bytes are the socket's.
    held.push({ datagram: Uint8Array.from(datagram), host, port, at: this.clock.now() });
    return true;
  }

  /** Those that are still worth an answer, in the order in which they came; they are held no longer. */
  take(): readonly EarlyHello[] {
    const since = this.clock.now() - WORTH;
    return this.held.splice(0).filter(({ at }) => at >= since);
  }
}
