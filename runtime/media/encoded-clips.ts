import type { AudioClip } from '../core/audio';
import { ClipBytes } from './clip-bytes';
import { ClipPackets, type Cursor, type Cursors } from './clip-packets';
import { ClipSound } from './clip-sound';
import type { Recipe } from './packet-coder';
import { nameOf, type SharedEncoding } from './shared-encoding';

/** Samples a second of what most sessions send and hear. */
export const SAMPLE_RATE = 8_000;

/** Bytes of encodings that are kept: hours of prompts. */
const MOST_BYTES = 128 * 1_024 * 1_024;
/** Places of a clip's packets in a stream, in all codecs, that are kept. */
const MOST_PHASES = 16;
/** Encoders in the middle of a clip that are kept open. */
const MOST_CURSORS = 32;

/** Encodings of other threads that are remembered: more than there are prompts. */
const MOST_OFFERED = 4_096;
/** In a name there is none. */
const NOTHING = new SharedArrayBuffer(0);
const NO_MEMORY = { bytes: NOTHING, done: NOTHING, offsets: NOTHING, lengths: NOTHING };

interface Entry {
  readonly bytes: ClipBytes[];
  readonly packets: ClipPackets[];
  /** The clip at other rates, and the bytes of that. */
  readonly sounds: ClipSound[];
  soundBytes: number;
}

/** A {@link Cursor} that can be moved on; `usedAt` counts uses. */
interface OpenCursor extends Cursor {
  usedAt: number;
}

/**
 * The encodings of clips, made at their first use and shared by every call that plays them. They are found by the
 * clip's id, so that a copy of the clip finds them too. Those that were asked for longest ago give way.
 */
export class EncodedClips implements Cursors {
  private readonly entries = new Map<string, Entry>();
  private readonly kept = new Set<ClipPackets>();
  private readonly cursors: OpenCursor[] = [];
  /** What other threads have made, until somebody here asks for it. */
  private readonly offered = new Map<string, SharedEncoding>();
  private total = 0;
  private uses = 0;
  /** Told of what is made here, for other threads. */
  onShared: ((encoding: SharedEncoding) => void) | undefined;

  /** @param mostBytes of all encodings that are kept. */
  constructor(private readonly mostBytes = MOST_BYTES) {}

  /** Bytes of all encodings. */
  get size(): number {
    return this.total;
  }

  /** The clip at a sample rate, computed once for all who need it there. */
  soundOf(clip: AudioClip, sampleRate: number): ClipSound {
    const entry = this.entryOf(clip.id);
    let found = entry.sounds.find((each) => each.sampleRate === sampleRate);
    if (found === undefined) {
      found = new ClipSound(clip, sampleRate, (bytes) => {
        // What has given way already is kept by those who still play it, and by nobody else.
        if (this.entries.get(clip.id) !== entry) return;
        entry.soundBytes += bytes;
        this.grow(bytes);
      });
      entry.sounds.push(found);
    }
    return found;
  }

  /** Of a codec whose samples stand for themselves. */
  bytesOf(clip: AudioClip, recipe: Recipe): ClipBytes {
    const entry = this.entryOf(clip.id);
    let found = entry.bytes.find(({ key }) => key === recipe.key);
    if (found === undefined) {
      const name = nameOf({ type: 'bytes', clip: clip.id, key: recipe.key, ...NO_MEMORY });
      const offered = this.takeOffered(name);
      found = new ClipBytes(clip, recipe, offered);
      entry.bytes.push(found);
      this.grow(found.size);
      if (offered === undefined) this.onShared?.(found.share(clip.id));
    }
    return found;
  }

  /**
   * Of another; `phase` is the sample of the clip at which its first whole packet begins. Undefined when there are
   * {@link MOST_PHASES} of them already: a clip that is played round and round falls differently each time.
   */
  packetsOf(clip: AudioClip, recipe: Recipe, phase: number): ClipPackets | undefined {
    const entry = this.entryOf(clip.id);
    const { key, sampleRate, samples } = recipe;
    let found = entry.packets.find(
      (each) =>
        each.phase === phase &&
        each.samples === samples &&
        each.sampleRate === sampleRate &&
        each.key === key,
    );
    if (found === undefined) {
      if (phase !== 0 && entry.packets.length >= MOST_PHASES) return undefined;
      const sound = this.soundOf(clip, sampleRate);
      found = new ClipPackets(sound, recipe, phase, this);
      const what = { clip: clip.id, key, sampleRate, samples, phase };
      const offered = this.takeOffered(nameOf({ type: 'packets', ...what, ...NO_MEMORY }));
      if (offered !== undefined) found.adopt(offered);
      entry.packets.push(found);
      this.kept.add(found);
      this.grow(found.size);
    }
    return found;
  }

  cursorFor(packets: ClipPackets, index: number): Cursor {
    const { cursors } = this;
    let oldest = cursors[0];
    for (const cursor of cursors) {
      if (cursor.packets === packets && cursor.next === index) {
        cursor.usedAt = this.uses += 1;
        return cursor;
      }
      if (oldest === undefined || cursor.usedAt < oldest.usedAt) oldest = cursor;
    }
    if (cursors.length >= MOST_CURSORS && oldest !== undefined) this.closeCursor(oldest);
    const encoder = packets.kind.encoder(packets.format, packets.sampleRate);
    this.uses += 1;
    // A packet at which no encoder is: this one has heard nothing yet.
    const cursor = { packets, encoder, next: index === 0 ? 0 : -1, usedAt: this.uses };
    cursors.push(cursor);
    return cursor;
  }

  onWhole(packets: ClipPackets): void {
    this.closeCursorsOf(packets);
    if (this.onShared === undefined) return;
    for (const [id, entry] of this.entries) {
      if (entry.packets.includes(packets)) this.onShared(packets.share(id));
    }
  }

  /** What another thread has made: taken by the first who asks for the same. */
  offer(encoding: SharedEncoding): void {
    this.offered.set(nameOf(encoding), encoding);
    for (const name of this.offered.keys()) {
      if (this.offered.size <= MOST_OFFERED) return;
      this.offered.delete(name);
    }
  }

  onGrown(packets: ClipPackets, bytes: number): void {
    // What has given way already is kept by those who still play it, and by nobody else.
    if (this.kept.has(packets)) this.grow(bytes);
  }

  /** Forgets everything. */
  close(): void {
    for (const cursor of [...this.cursors]) this.closeCursor(cursor);
    this.entries.clear();
    this.offered.clear();
    this.kept.clear();
    this.total = 0;
  }

  /** It stays there, for when what was made of it has given way. */
  private takeOffered(name: string): SharedEncoding | undefined {
    return this.offered.size === 0 ? undefined : this.offered.get(name);
  }

  /** The entry of a clip, as the one that was asked for last. */
  private entryOf(id: string): Entry {
    const entry = this.entries.get(id) ?? { bytes: [], packets: [], sounds: [], soundBytes: 0 };
    this.entries.delete(id);
    this.entries.set(id, entry);
    return entry;
  }

  private grow(bytes: number): void {
    this.total += bytes;
    for (const [id, entry] of this.entries) {
      if (this.total <= this.mostBytes || this.entries.size === 1) return;
      this.entries.delete(id);
      this.total -= entry.soundBytes;
      for (const each of entry.bytes) this.total -= each.size;
      for (const each of entry.packets) {
        this.total -= each.size;
        this.kept.delete(each);
        this.closeCursorsOf(each);
      }
    }
  }

  private closeCursorsOf(packets: ClipPackets): void {
    for (const cursor of [...this.cursors]) {
      if (cursor.packets === packets) this.closeCursor(cursor);
    }
  }

  private closeCursor(cursor: OpenCursor): void {
    cursor.encoder.close();
    this.cursors.splice(this.cursors.indexOf(cursor), 1);
  }
}
