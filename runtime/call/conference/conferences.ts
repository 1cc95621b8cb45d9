import { token } from '../../core/random';
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

/** Conferences that were promised an id, and that nobody has come to: the oldest is forgotten. */
const mostPromised = 1_000;

/** The conferences that somebody is in, by name. */
export class Conferences implements LiveConferences {
  private readonly rooms = new Map<string, ConferenceRoom>();
  /** Ids by the names of conferences that nobody is in yet. */
  private readonly promised = new Map<string, string>();

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

  idOf(name: string): string {
    const known = this.rooms.get(name)?.id ?? this.promised.get(name);
    if (known !== undefined) return known;
    const id = token(this.services.random, 64);
    this.promised.set(name, id);
    const [oldest] = this.promised.keys();
    if (this.promised.size > mostPromised && oldest !== undefined) this.promised.delete(oldest);
    return id;
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
    const id = this.promised.get(name) ?? token(this.services.random, 64);
    this.promised.delete(name);
    const room = new ConferenceRoom(id, name, this.services, () => {
      if (this.rooms.get(name) === room) this.rooms.delete(name);
    });
    this.rooms.set(name, room);
    return room;
  }
}
