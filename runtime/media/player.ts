import type { PlayItem } from '../core/audio';
import { DefectError } from '../core/errors';
import { encodeG711, silenceByte } from './codec/g711';
import { encodedClip, SAMPLE_RATE } from './encoded-clips';
import type { PacketSource } from './packet-source';
import type { CodecName, Playback, PlaybackOptions, PlaybackResult } from './port';
import { ToneGenerator } from './tone';

const SAMPLES_PER_MS = SAMPLE_RATE / 1_000;

/**
 * Plays a list of items as one stream of samples: a packet may hold the end of one and the beginning
 * of the next. Since a G.711 sample is a byte, a clip is never decoded or encoded here: a packet is
 * a range of the shared encoding, and only one that crosses a border is put together.
 */
export class Player implements PacketSource, Playback {
  bytes: Uint8Array = NO_BYTES;
  from = 0;
  readonly done: Promise<PlaybackResult>;
  private resolve: (result: PlaybackResult) => void = () => undefined;
  private result: PlaybackResult['type'] | undefined;

  private readonly tracks: Track[] = [];
  private readonly length: number;
  private rounds: number;
  private index = 0;
  /** Samples into the current track, and into the current round. */
  private offset = 0;
  private position = 0;
  private scratch: Uint8Array = NO_BYTES;
  private pcm: Int16Array = NO_SAMPLES;

  constructor(items: readonly PlayItem[], options: PlaybackOptions = {}) {
    let length = 0;
    for (const item of items) {
      const track = trackOf(item);
      if (track.length === 0) continue;
      this.tracks.push(track);
      length += track.length;
    }
    this.length = length;
    this.rounds = length === 0 ? 0 : Math.max(0, options.loop ?? 1);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.skip(Math.max(0, Math.round((options.offset ?? 0) * SAMPLES_PER_MS)));
  }

  /** Completed or stopped. */
  get ended(): boolean {
    return this.result !== undefined;
  }

  stop(): void {
    this.end('stopped');
  }

  pause(): void {
    throw new DefectError('not built yet');
  }

  resume(): void {
    throw new DefectError('not built yet');
  }

  seek(): void {
    throw new DefectError('not built yet');
  }

  setGain(): void {
    throw new DefectError('not built yet');
  }

  /**
   * The payload of the next packet, the last one filled up with silence. False once all has been
   * played for as long as it lasts, which is when {@link done} resolves.
   */
  next(codec: CodecName, count: number): boolean {
    if (this.result !== undefined) return false;
    const track = this.tracks[this.index];
    if (this.rounds <= 0 || track === undefined) {
      this.end('completed');
      return false;
    }
    if (track.type === 'clip' && this.offset + count <= track.length) {
      this.bytes = track.encoding(codec);
      this.from = this.offset;
      this.move(track, count);
      return true;
    }
    if (this.scratch.length < count) {
      this.scratch = new Uint8Array(count);
      this.pcm = new Int16Array(count);
    }
    this.assemble(codec, count);
    this.bytes = this.scratch;
    this.from = 0;
    return true;
  }

  private assemble(codec: CodecName, count: number): void {
    let filled = 0;
    while (filled < count) {
      const track = this.tracks[this.index];
      if (this.rounds <= 0 || track === undefined) {
        this.scratch.fill(silenceByte(codec), filled, count);
        return;
      }
      const part = Math.min(count - filled, track.length - this.offset);
      track.read(codec, this.offset, part, this.scratch, filled, this.pcm);
      filled += part;
      this.move(track, part);
    }
  }

  private move(track: Track, count: number): void {
    this.offset += count;
    this.position += count;
    if (this.offset < track.length) return;
    this.offset = 0;
    this.index += 1;
    if (this.index < this.tracks.length) return;
    this.rounds -= 1;
    if (this.rounds <= 0) return;
    this.index = 0;
    this.position = 0;
  }

  private skip(samples: number): void {
    let left = Math.min(samples, this.length);
    while (left > 0 && this.rounds > 0) {
      const track = this.tracks[this.index] as Track;
      const part = Math.min(left, track.length - this.offset);
      this.move(track, part);
      left -= part;
    }
  }

  private end(type: PlaybackResult['type']): void {
    if (this.result !== undefined) return;
    this.result = type;
    this.resolve({ type, position: this.position / SAMPLES_PER_MS });
  }
}

interface Track {
  readonly type: PlayItem['type'];
  /** Samples. */
  readonly length: number;
  /** The whole track as bytes of the codec; only clips have that. */
  encoding(codec: CodecName): Uint8Array;
  read(
    codec: CodecName,
    from: number,
    count: number,
    out: Uint8Array,
    at: number,
    pcm: Int16Array,
  ): void;
}

function trackOf(item: PlayItem): Track {
  switch (item.type) {
    case 'clip':
      return new ClipTrack(item);
    case 'silence':
      return new SilenceTrack(Math.max(0, Math.round(item.duration * SAMPLES_PER_MS)));
    case 'tone':
      return new ToneTrack(new ToneGenerator(item.tone, SAMPLE_RATE));
  }
}

class ClipTrack implements Track {
  readonly type = 'clip';
  readonly length: number;
  private codec: CodecName | undefined;
  private bytes: Uint8Array = NO_BYTES;

  constructor(private readonly item: PlayItem & { type: 'clip' }) {
    this.length = item.clip.samples.length;
  }

  encoding(codec: CodecName): Uint8Array {
    // Offer and answer may change the codec in the middle of a prompt; the position in samples stays.
    if (codec !== this.codec) {
      this.codec = codec;
      this.bytes = encodedClip(this.item.clip, codec);
    }
    return this.bytes;
  }

  read(codec: CodecName, from: number, count: number, out: Uint8Array, at: number): void {
    out.set(this.encoding(codec).subarray(from, from + count), at);
  }
}

class SilenceTrack implements Track {
  readonly type = 'silence';

  constructor(readonly length: number) {}

  encoding(): Uint8Array {
    return NO_BYTES;
  }

  read(codec: CodecName, _from: number, count: number, out: Uint8Array, at: number): void {
    out.fill(silenceByte(codec), at, at + count);
  }
}

class ToneTrack implements Track {
  readonly type = 'tone';
  readonly length: number;

  constructor(private readonly generator: ToneGenerator) {
    this.length = generator.length;
  }

  encoding(): Uint8Array {
    return NO_BYTES;
  }

  read(
    codec: CodecName,
    from: number,
    count: number,
    out: Uint8Array,
    at: number,
    pcm: Int16Array,
  ): void {
    this.generator.position = from;
    this.generator.fill(pcm, 0, count);
    encodeG711(codec, pcm, 0, count, out, at);
  }
}

const NO_BYTES = new Uint8Array(0);
const NO_SAMPLES = new Int16Array(0);
