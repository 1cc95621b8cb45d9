import type { CodecName } from '../../core/audio';
import type { CodecFormat, CodecKind, Decoder } from '../codec/port';
import type { RtpPacket } from './packet';
import { PacketShelf, type ShelvedPacket } from './packet-shelf';
import type { SoundStore } from './sound-store';

/** Milliseconds that may wait, as for G.711. */
const CAPACITY = 512;
/** Milliseconds that are decoded at most before they are cleared: a frame, a look ahead, and the longest packet. */
const DECODED = 175;
/** Milliseconds. */
const LONGEST_PACKET = 120;
/** Milliseconds by which time stamps may be coarse without a gap in the sound. */
const COARSE = 1;
/** Milliseconds of which it is known whether they are a substitute. A power of two, more than {@link DECODED}. */
const MARKS = 256;

/**
 * Sound of codecs that keep state from packet to packet: packets wait encoded, and are decoded in the order of
 * their play-out, just before it. What was lost is brought back from the packet behind it where that has a
 * copy, else the decoder makes a substitute, which keeps its state close to the peer's.
 *
 *       played  | decoded       | encoded
 *     ──────────┼───────────────┼──────────[ 5 ]──[ 7 ][ 8 ]──
 *            position         head          lost: 6, in 7?
 */
export class EncodedStore implements SoundStore {
  readonly capacity: number;
  present = 0;
  energy = 0;
  audible = false;
  /** Payloads that the decoder refused. */
  refused = 0;
  /** Samples at 48 kHz, since the rate may change. */
  private recoveredUnits = 0;

  private readonly shelf = new PacketShelf();
  private readonly clockRate: number;
  private decoder: Decoder | undefined;
  private rate: number;
  private ring = new Int16Array(0);
  private scratch = new Int16Array(0);
  private readonly substituted = new Uint8Array(MARKS);
  /** The end of what is decoded; samples since the origin of the positions. */
  private head = 0;
  /** Decoded last, and still as it was: what another decoder needs to go on from there. */
  private last: ShelvedPacket | undefined;
  /** What listeners want. */
  private wanted = 0;

  constructor(
    private readonly kind: CodecKind,
    private readonly format: CodecFormat,
  ) {
    this.clockRate = format.clockRate;
    this.capacity = (CAPACITY * format.clockRate) / 1_000;
    this.rate = kind.sampleRate(format);
  }

  get sampleRate(): number {
    return this.rate;
  }

  get recovered(): number {
    return (this.recoveredUnits * this.rate) / 48_000;
  }

  /** More is decoded from the next packet on; less only once nothing waits, since each change may be heard. */
  serve(sampleRate: number): void {
    if (this.format.name !== 'opus') return;
    this.wanted = sampleRate;
    if (this.decoder === undefined) this.rate = sampleRate;
    else if (sampleRate > this.rate) this.change(sampleRate);
  }

  put(packet: RtpPacket, _codec: CodecName, position: number, _from: number, end: number): boolean {
    if (this.decoder === undefined && !this.open()) return false;
    if (this.wanted > 0 && this.wanted < this.rate && this.shelf.size === 0) {
      this.change(this.wanted);
    }
    return this.shelf.put(packet, position, end);
  }

  read(out: Int16Array, position: number, units: number): number {
    const start = this.sampleAt(position);
    const count = this.sampleAt(position + units) - start;
    this.decodeUntil(start, start + count);
    const { ring } = this;
    const mask = ring.length - 1;
    let energy = 0;
    for (let i = 0; i < count; i += 1) {
      const sample = ring[(start + i) & mask] as number;
      out[i] = sample;
      energy += sample < 0 ? -sample : sample;
    }
    this.energy = energy;
    this.present = this.presentIn(start, count);
    return count;
  }

  measure(position: number, units: number): number {
    const start = this.sampleAt(position);
    const count = this.sampleAt(position + units) - start;
    this.decodeUntil(start, start + count);
    const { ring } = this;
    const mask = ring.length - 1;
    let energy = 0;
    for (let i = 0; i < count; i += 1) energy += Math.abs(ring[(start + i) & mask] as number);
    this.energy = energy;
    this.present = this.presentIn(start, count);
    return count;
  }

  clear(position: number, units: number): void {
    const end = position + units;
    // What was leapt over is not decoded: the decoder finds its way back by itself.
    for (let next = this.shelf.first; next !== undefined && next.end <= end;) {
      this.shelf.drop();
      next = this.shelf.first;
    }
  }

  mend(): void {
    // The decoder has been told of all that was lost.
  }

  conceal(out: Int16Array, at: number, count: number): void {
    if (this.decoder === undefined) {
      out.fill(0, at, at + count);
      this.audible = false;
    } else {
      this.audible = this.decoder.conceal(out, at, count);
    }
  }

  reset(): void {
    this.shelf.clear();
    this.decoder?.reset();
    this.head = 0;
    this.last = undefined;
    this.audible = false;
    this.substituted.fill(0);
  }

  close(): void {
    this.reset();
    this.decoder?.close();
    this.decoder = undefined;
  }

  private sampleAt(position: number): number {
    return Math.round((position * this.rate) / this.clockRate);
  }

  private samplesIn(milliseconds: number): number {
    return (milliseconds * this.rate) / 1_000;
  }

  private decodeUntil(start: number, end: number): void {
    // What lies before was played, or given up.
    if (this.head < start) this.head = start;
    const coarse = this.samplesIn(COARSE);
    while (this.head < end) {
      const next = this.shelf.first;
      if (next === undefined) {
        this.substitute(end - this.head);
        return;
      }
      const from = this.sampleAt(next.position);
      const gap = from - this.head;
      const length = this.sampleAt(next.end) - from;
      if (gap + length <= coarse && gap < -coarse) {
        // It came after its place had been filled with something else.
        this.shelf.drop();
      } else if (gap <= coarse) {
        this.decode(next, gap, length);
      } else if (gap > length + coarse) {
        this.substitute(Math.min(end - this.head, gap - length));
      } else if (!this.recover(next, gap)) {
        this.substitute(Math.min(end - this.head, gap));
      }
    }
  }

  private decode(packet: ShelvedPacket, gap: number, length: number): void {
    this.last = packet;
    this.shelf.take();
    const { scratch } = this;
    const count = this.decoder?.decode(packet.bytes, 0, packet.length, scratch, 0) ?? -1;
    const skipped = gap < -this.samplesIn(COARSE) ? -gap : 0;
    if (count < 0) {
      this.refused += 1;
      this.last = undefined;
      this.substitute(length - skipped);
      return;
    }
    this.append(skipped, Math.max(0, Math.min(count, length) - skipped), 0);
    this.audible = true;
  }

  /** Brings back the `count` samples before a packet. */
  private recover(packet: ShelvedPacket, count: number): boolean {
    const { decoder, scratch } = this;
    if (decoder?.recover?.(packet.bytes, 0, packet.length, scratch, 0, count) !== true) {
      return false;
    }
    this.recoveredUnits += (count * 48_000) / this.rate;
    this.append(0, count, 0);
    return true;
  }

  private substitute(count: number): void {
    const most = this.samplesIn(LONGEST_PACKET);
    for (let left = count; left > 0; left -= most) {
      const part = Math.min(left, most);
      this.conceal(this.scratch, 0, part);
      this.append(0, part, 1);
    }
  }

  /** Puts decoded samples behind those that are there, with a mark for those that are none of the peer's. */
  private append(from: number, count: number, mark: number): void {
    const { ring, scratch, substituted, head } = this;
    const mask = ring.length - 1;
    for (let i = 0; i < count; i += 1) ring[(head + i) & mask] = scratch[from + i] as number;
    const unit = this.rate / 1_000;
    for (let at = Math.floor(head / unit); at * unit < head + count; at += 1) {
      substituted[at % MARKS] = mark;
    }
    this.head = head + count;
  }

  private presentIn(start: number, count: number): number {
    const unit = this.rate / 1_000;
    const first = Math.floor(start / unit);
    const marks = Math.max(1, Math.round(count / unit));
    let missing = 0;
    for (let i = 0; i < marks; i += 1) missing += this.substituted[(first + i) % MARKS] as number;
    return missing === 0 ? count : Math.round(count * (1 - missing / marks));
  }

  private open(): boolean {
    try {
      this.decoder = this.kind.decoder(this.format, this.rate);
    } catch {
      // No memory for another one, or no library: there is nothing to be heard, and no reason to fail.
      return false;
    }
    this.makeRoom(this.decoder.sampleRate);
    return true;
  }

  private makeRoom(rate: number): void {
    this.rate = rate;
    let size = 1;
    while (size < this.samplesIn(DECODED)) size *= 2;
    if (this.ring.length !== size) this.ring = new Int16Array(size);
    this.scratch = new Int16Array(this.samplesIn(LONGEST_PACKET));
  }

  /** Goes on with a decoder of another rate, which first hears again what the one before heard last. */
  private change(rate: number): void {
    const { last, decoder: before, rate: rateBefore } = this;
    this.rate = rate;
    this.decoder = undefined;
    if (!this.open()) {
      this.decoder = before;
      this.rate = rateBefore;
      return;
    }
    before?.close();
    this.head = Math.round((this.head * this.rate) / rateBefore);
    if (last === undefined) return;
    const decoder = this.decoder as Decoder | undefined;
    const count = decoder?.decode(last.bytes, 0, last.length, this.scratch, 0) ?? -1;
    const start = this.sampleAt(last.position);
    if (count < 0 || start + count > this.head) return;
    const end = this.head;
    this.head = start;
    this.append(0, count, 0);
    if (this.head < end) this.substitute(end - this.head);
  }
}
