import type { MediaNetwork, MediaSockets } from '../port';
import type { Pacer, PacerSeat } from '../pacer';
import { ringsOver, type TapMemory } from '../tap';
import { GuestSockets, type GuestCodec } from './guest-sockets';

/** The sockets of one thread: those of the network, and those of guests from other threads. */
export class HostNetwork implements MediaNetwork {
  /** What the next allocation gets. */
  private guest: GuestSockets | undefined;
  private readonly seats = new Map<GuestSockets, PacerSeat>();

  constructor(
    private readonly network: MediaNetwork,
    private readonly pacer: Pacer,
  ) {}

  /** Guests are not counted: they hold no port. */
  get open(): number {
    return this.network.open;
  }

  allocate(localHost: string): Promise<MediaSockets> {
    const { guest } = this;
    this.guest = undefined;
    return guest === undefined ? this.network.allocate(localHost) : Promise.resolve(guest);
  }

  /** The next allocation, which must follow at once, is this guest's. */
  invite(codec: GuestCodec, memory: TapMemory): GuestSockets {
    const { heard, said } = ringsOver(memory);
    if (heard === undefined) throw new RangeError('a guest that says nothing');
    const guest = new GuestSockets(codec, heard, said, (gone) => {
      this.seats.get(gone)?.leave();
      this.seats.delete(gone);
    });
    this.seats.set(guest, this.pacer.join({ onTick: () => guest.poll() }));
    this.guest = guest;
    return guest;
  }

  close(): Promise<void> {
    for (const seat of this.seats.values()) seat.leave();
    this.seats.clear();
    return this.network.close();
  }
}
