import type { AudioClip, PlayItem } from '../core/audio';
import type { ClipBytes } from './clip-bytes';
import type { ClipPackets } from './clip-packets';
import type { ClipSound } from './clip-sound';
import type { EncodedClips } from './encoded-clips';
import type { Recipe } from './packet-coder';
import { ToneGenerator } from './tone';

/** An item of a list that is played, at the sample rate of the moment. */
export interface Track {
  readonly type: PlayItem['type'];
  /** Samples, at the rate of {@link tune}; before, at 8 kHz. */
  readonly length: number;
  /** Samples a second at which nothing of it is lost. */
  readonly sampleRate: number;
  /** Is to be read at another rate from now on. */
  tune(sampleRate: number): void;
  /** Writes `count` samples from `from` on to `out` at `at`; the caller sees to it that they exist. */
  read(from: number, count: number, out: Int16Array, at: number): void;
}

/** Samples a second before anything is known of who listens. */
export const FIRST_RATE = 8_000;

export function trackOf(item: PlayItem, clips: EncodedClips): Track {
  switch (item.type) {
    case 'clip':
      return new ClipTrack(item.clip, clips);
    case 'silence':
      return new SilenceTrack(Math.max(0, item.duration));
    case 'tone':
      return new ToneTrack(item);
  }
}

export class ClipTrack implements Track {
  readonly type = 'clip';
  readonly sampleRate: number;
  private sound: ClipSound;
  private encodedBytes: ClipBytes | undefined;
  private encodedPackets: ClipPackets | undefined;
  /** Samples of {@link encodedBytes} that are known to be there. */
  private preparedFrom = 0;
  private preparedTo = 0;

  constructor(
    readonly clip: AudioClip,
    private readonly clips: EncodedClips,
  ) {
    this.sampleRate = clip.sampleRate;
    this.sound = clips.soundOf(clip, FIRST_RATE);
  }

  get length(): number {
    return this.sound.length;
  }

  tune(sampleRate: number): void {
    if (sampleRate !== this.sound.sampleRate)
      this.sound = this.clips.soundOf(this.clip, sampleRate);
  }

  read(from: number, count: number, out: Int16Array, at: number): void {
    this.sound.read(from, count, out, at);
  }

  /**
   * All calls' encoding of it, for a codec whose samples stand for themselves; `count` samples from `from` on are
   * there.
   */
  bytes(recipe: Recipe, from: number, count: number): ClipBytes {
    let bytes = this.encodedBytes;
    // Offer and answer may change the codec in the middle of a prompt.
    if (bytes?.key !== recipe.key) {
      this.encodedBytes = bytes = this.clips.bytesOf(this.clip, recipe);
      this.preparedTo = 0;
    }
    if (from < this.preparedFrom || from + count > this.preparedTo) {
      this.preparedFrom = from;
      this.preparedTo = bytes.prepare(from, count);
    }
    return bytes;
  }

  /**
   * The same for others; `phase` is where the first whole packet begins. Undefined where there are so many of them
   * that another one would serve nobody else.
   */
  packets(recipe: Recipe, phase: number): ClipPackets | undefined {
    let packets = this.encodedPackets;
    if (
      packets?.phase !== phase ||
      packets.samples !== recipe.samples ||
      packets.sampleRate !== recipe.sampleRate ||
      packets.key !== recipe.key
    ) {
      packets = this.clips.packetsOf(this.clip, recipe, phase);
      this.encodedPackets = packets;
    }
    return packets;
  }
}

class SilenceTrack implements Track {
  readonly type = 'silence';
  readonly sampleRate = FIRST_RATE;
  length = 0;

  constructor(private readonly duration: number) {
    this.tune(FIRST_RATE);
  }

  tune(sampleRate: number): void {
    this.length = Math.round((this.duration * sampleRate) / 1_000);
  }

  read(_from: number, count: number, out: Int16Array, at: number): void {
    out.fill(0, at, at + count);
  }
}

class ToneTrack implements Track {
  readonly type = 'tone';
  readonly sampleRate = FIRST_RATE;
  private generator: ToneGenerator;
  private rate = FIRST_RATE;

  constructor(private readonly item: PlayItem & { type: 'tone' }) {
    this.generator = new ToneGenerator(item.tone, FIRST_RATE);
  }

  get length(): number {
    return this.generator.length;
  }

  tune(sampleRate: number): void {
    if (sampleRate === this.rate) return;
    this.rate = sampleRate;
    this.generator = new ToneGenerator(this.item.tone, sampleRate);
  }

  read(from: number, count: number, out: Int16Array, at: number): void {
    this.generator.position = from;
    this.generator.fill(out, at, count);
  }
}
