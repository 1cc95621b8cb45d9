import type { RtpPacket } from './packet';

/** Packets that wait at most: half a second of 10 ms. */
const MOST_PACKETS = 64;
/** Bytes of a payload: 40 ms of 16-bit stereo at 48 kHz, and six times the largest that Opus has for 20 ms. */
const LONGEST_PAYLOAD = 7_680;
/** Bytes: most payloads need no more than this. */
const USUAL_PAYLOAD = 192;

/** A copy of a payload that stands for the sound from {@link position} to {@link end}. */
export interface ShelvedPacket {
  position: number;
  end: number;
  /** The first {@link length} of them count. */
  bytes: Uint8Array;
  length: number;
}

/** Payloads in the order of their positions, few and bounded; the memory of those that were taken is used again. */
export class PacketShelf {
  private readonly waiting: ShelvedPacket[] = [];
  private readonly spare: ShelvedPacket[] = [];
  private taken: ShelvedPacket | undefined;

  get size(): number {
    return this.waiting.length;
  }

  /** The one that is due first. */
  get first(): ShelvedPacket | undefined {
    return this.waiting[0];
  }

  /** Copies a packet to its place. When all are taken, the oldest gives way. False when it is too long. */
  put(packet: RtpPacket, position: number, end: number): boolean {
    const { payloadLength: length, payloadOffset, bytes } = packet;
    if (length > LONGEST_PAYLOAD) return false;
    if (this.waiting.length >= MOST_PACKETS) this.drop();
    const entry = this.entry(length);
    entry.position = position;
    entry.end = end;
    entry.length = length;
    // A loop: a view for `set` would be garbage with each packet.
    for (let i = 0; i < length; i += 1) entry.bytes[i] = bytes[payloadOffset + i] as number;
    const { waiting } = this;
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1] as ShelvedPacket).position > position) at -= 1;
    if (at === waiting.length) waiting.push(entry);
    else waiting.splice(at, 0, entry);
    return true;
  }

  /** Takes the first one away; it stays as it is until the next is taken. */
  take(): void {
    if (this.taken !== undefined) this.spare.push(this.taken);
    this.taken = this.waiting.shift();
  }

  /** Forgets the first one. */
  drop(): void {
    const entry = this.waiting.shift();
    if (entry !== undefined) this.spare.push(entry);
  }

  clear(): void {
    while (this.waiting.length > 0) this.drop();
    if (this.taken !== undefined) this.spare.push(this.taken);
    this.taken = undefined;
  }

  private entry(length: number): ShelvedPacket {
    const entry = this.spare.pop() ?? { position: 0, end: 0, bytes: new Uint8Array(0), length: 0 };
    if (entry.bytes.length < length) entry.bytes = new Uint8Array(Math.max(USUAL_PAYLOAD, length));
    return entry;
  }
}
