import { Member } from './member';
import type {
  ConferenceCaller,
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
  LiveConference,
  LiveConferences,
} from './port';
import { ConferenceRoom, type RoomServices } from './room';

/** The conferences that somebody is in, by name. */
export class Conferences implements LiveConferences {
  private readonly rooms = new Map<string, ConferenceRoom>();

  constructor(private readonly services: RoomServices) {}

  get count(): number {
    return this.rooms.size;
  }

  list(): readonly LiveConference[] {
    return [...this.rooms.values()];
  }

  get(key: string): LiveConference | undefined {
    return this.rooms.get(key) ?? [...this.rooms.values()].find(({ id }) => id === key);
  }

  /**
   * Takes an answered call into a conference until it leaves. The abort of `signal` takes it out;
   * `onControl` gets what can be changed meanwhile.
   */
  join(
    caller: ConferenceCaller,
    request: ConferenceRequest,
    signal?: AbortSignal,
    onControl?: (control: ConferencePartyControl) => void,
  ): Promise<ConferenceResult> {
    const { clock } = this.services;
    const known = this.rooms.get(request.name);
    const parties = known?.parties ?? 0;
    if (parties >= request.maxParties) return Promise.resolve({ type: 'full', parties });
    if (signal?.aborted === true) {
      return Promise.resolve({ type: 'left', endedBy: 'removed', duration: 0 });
    }
    const room = known ?? this.open(request.name);
    const member = new Member(caller, request, room, clock);
    const remove = (): void => member.leave('removed');
    signal?.addEventListener('abort', remove, { once: true });
    room.enter(member);
    onControl?.(member);
    return member.done.finally(() => signal?.removeEventListener('abort', remove));
  }

  private open(name: string): ConferenceRoom {
    const room = new ConferenceRoom(name, this.services, () => {
      if (this.rooms.get(name) === room) this.rooms.delete(name);
    });
    this.rooms.set(name, room);
    return room;
  }
}
