import type { PlayItem } from '../core/audio';
import { applyGain, gainFactor, gainTable } from './codec/gain';
import { EncodedClips } from './encoded-clips';
import { settlingPackets, type PacketCoder } from './packet-coder';
import type { PacketSource, SourceVerdict } from './packet-source';
import type { OpenPlayback, PlaybackOptions, PlaybackResult } from './port';
import { ClipTrack, FIRST_RATE, trackOf, type Track } from './track';

/** dB. */
const LEAST_GAIN = -60;
const MOST_GAIN = 20;

/**
 * Plays a list of items as one stream of samples: a packet may hold the end of one and the beginning of the next.
 * A clip is not encoded here. Where a sample is a byte (G.711), a packet is a range of the one encoding that all calls
 * share. Where the encoding remembers (G.722, Opus), it is one of the packets that all calls share, as long as the
 * peer's decoder has heard what came before it:
 *
 *     clip A                 | clip B
 *     shared  shared  shared  own  own  own  own  own  shared  shared …
 *                            join |<-- settling -->|
 *
 * What crosses a border, and what is heard while the two encodings settle, is encoded for this call alone; with
 * G.722, which never settles, all behind the first border or seek.
 *
 * An open one keeps its place where its items have run out, and holds back what is less than a packet: what is
 * appended in time follows without a gap.
 */
export class Player implements PacketSource, OpenPlayback {
  bytes: Uint8Array = NO_BYTES;
  from = 0;
  length = 0;
  readonly done: Promise<PlaybackResult>;
  private resolve: (result: PlaybackResult) => void = () => undefined;
  private result: PlaybackResult['type'] | undefined;

  private readonly tracks: Track[] = [];
  /** Samples of a round. */
  private total = 0;
  private rounds: number;
  private index = 0;
  /** Samples into the current track, and into the current round. */
  private offset = 0;
  private position = 0;
  private paused = false;
  /** dB, and the factor that it is. */
  private gain = 0;
  private factor = 1;

  private coder: PacketCoder | undefined;
  private rate = FIRST_RATE;
  private bestRate = FIRST_RATE;
  /** Whether items may follow. */
  private open: boolean;
  /** Samples that are to be skipped of what follows. */
  private ahead = 0;
  private settling = 0;
  /** Packets in a row that were encoded for this call from one clip, and how many the encoder had done then. */
  private run = 0;
  private encoded = 0;
  private pcm: Int16Array = NO_SAMPLES;
  private scratch: Uint8Array = NO_BYTES;

  /**
   * @param clips the encodings that are shared; its own when absent.
   * @param open whether {@link append} will follow; then all is played once.
   */
  constructor(
    items: readonly PlayItem[],
    options: PlaybackOptions = {},
    private readonly clips: EncodedClips = new EncodedClips(),
    open = false,
  ) {
    this.open = open;
    this.add(items);
    this.rounds = open ? 1 : this.total === 0 ? 0 : Math.max(0, options.loop ?? 1);
    this.setGain(options.gain ?? 0);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    const offset = samplesOf(options.offset ?? 0, this.rate);
    this.moveTo(offset);
    if (open) this.ahead = Math.max(0, offset - this.total);
  }

  append(items: readonly PlayItem[], last: boolean): void {
    if (!this.open || this.result !== undefined) return;
    const best = this.bestRate;
    this.add(items);
    // What is better than all before may be worth another rate.
    if (this.bestRate > best) this.coder = undefined;
    this.open = !last;
    const { ahead } = this;
    if (ahead > 0) {
      const target = this.position + ahead;
      this.moveTo(target);
      this.ahead = Math.max(0, target - this.total);
    }
    if (last && this.index >= this.tracks.length) this.endRound();
  }

  /** Completed or stopped. */
  get ended(): boolean {
    return this.result !== undefined;
  }

  stop(): void {
    this.end('stopped');
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  seek(position: number, options?: { readonly relative?: boolean }): void {
    if (this.result !== undefined || this.rounds <= 0) return;
    this.ahead = 0;
    const samples = samplesOf(position, this.rate);
    this.moveTo(options?.relative === true ? this.position + samples : samples);
    this.align();
  }

  setGain(gain: number): void {
    this.gain = Number.isNaN(gain) ? 0 : Math.min(MOST_GAIN, Math.max(LEAST_GAIN, gain));
    this.factor = gainFactor(this.gain);
    this.run = 0;
  }

  /**
   * The payload of the next packet, the last one filled up with silence. `nothing` once all has been played for as
   * long as it lasts, which is when {@link done} resolves.
   */
  next(coder: PacketCoder): SourceVerdict {
    if (this.result !== undefined) return 'nothing';
    const track = this.tracks[this.index];
    if (this.rounds <= 0 || (track === undefined && !this.open)) {
      this.end('completed');
      return 'nothing';
    }
    if (this.paused || track === undefined) return 'hold';
    if (coder !== this.coder || coder.sampleRate !== this.rate) this.tune(coder);
    const { samples } = coder;
    if (this.open && this.position + samples > this.total) return 'hold';
    if (track instanceof ClipTrack && this.offset + samples <= track.length) {
      if (coder.kind.stateless) {
        if (this.takeBytes(coder, track)) return 'packet';
      } else if (this.factor === 1) {
        const verdict = this.takePacket(coder, track);
        if (verdict !== undefined) return verdict;
      }
    }
    return this.assemble(coder, track);
  }

  /** A range of the clip's bytes; false when its samples have to be changed, and are no bytes. */
  private takeBytes(coder: PacketCoder, track: ClipTrack): boolean {
    const { samples } = coder;
    const { name } = coder.format;
    const { offset } = this;
    if (this.factor !== 1 && name !== 'PCMU' && name !== 'PCMA') return false;
    const encoding = track.bytes(coder, offset, samples);
    const { width } = encoding;
    this.bytes = encoding.bytes;
    this.from = offset * width;
    this.length = samples * width;
    if (this.factor !== 1) this.amplify(name === 'PCMU' ? name : 'PCMA');
    this.move(track, samples);
    return true;
  }

  private amplify(law: 'PCMU' | 'PCMA'): void {
    const { bytes, from, length } = this;
    const table = gainTable(law, this.gain);
    if (this.scratch.length < length) this.scratch = new Uint8Array(length);
    const { scratch } = this;
    for (let i = 0; i < length; i += 1) scratch[i] = table[bytes[from + i] as number] as number;
    this.bytes = scratch;
    this.from = 0;
  }

  /** A packet of those that all calls share; undefined where the peer's decoder is not ready for it. */
  private takePacket(coder: PacketCoder, track: ClipTrack): SourceVerdict | undefined {
    const { samples } = coder;
    const phase = this.offset % samples;
    const index = (this.offset - phase) / samples;
    const packets = track.packets(coder, phase);
    if (packets === undefined) return undefined;
    const ready =
      coder.isBehind(packets, index) ||
      (coder.fresh && this.offset === 0) ||
      (this.run >= this.settling && coder.encoded === this.encoded);
    if (!ready) return undefined;
    this.length = packets.lengthOf(index);
    this.bytes = packets.bytes;
    this.from = packets.offsetOf(index);
    this.run = 0;
    coder.follow(packets, index);
    this.move(track, samples);
    return this.length > 0 ? 'packet' : 'hold';
  }

  /** Puts a packet's samples together and encodes them. */
  private assemble(coder: PacketCoder, first: Track): SourceVerdict {
    const { samples } = coder;
    if (this.pcm.length < samples) this.pcm = new Int16Array(samples);
    const { pcm } = this;
    const inside = this.offset + samples <= first.length && coder.encoded === this.encoded;
    let filled = 0;
    while (filled < samples) {
      const track = this.tracks[this.index];
      if (this.rounds <= 0 || track === undefined) {
        pcm.fill(0, filled, samples);
        break;
      }
      const part = Math.min(samples - filled, track.length - this.offset);
      track.read(this.offset, part, pcm, filled);
      filled += part;
      this.move(track, part);
    }
    this.run = inside ? this.run + 1 : 0;
    if (this.factor !== 1) applyGain(pcm, 0, samples, this.factor);
    this.length = coder.encode(pcm);
    this.bytes = coder.bytes;
    this.from = 0;
    this.encoded = coder.encoded;
    return this.length > 0 ? 'packet' : 'hold';
  }

  /** Goes on at another sample rate, for a stream of another codec. */
  private tune(coder: PacketCoder): void {
    coder.tune(coder.rateFor(this.bestRate));
    this.coder = coder;
    this.settling = settlingPackets(coder);
    this.run = 0;
    const { sampleRate } = coder;
    if (sampleRate !== this.rate) {
      const scale = sampleRate / this.rate;
      this.rate = sampleRate;
      this.total = 0;
      for (const track of this.tracks) {
        track.tune(sampleRate);
        this.total += track.length;
      }
      this.ahead = Math.round(this.ahead * scale);
      this.moveTo(Math.round(this.position * scale));
    }
    this.align();
  }

  /** In a codec that remembers, sound begins where a packet of those that all share does: 30 ms off at most. */
  private align(): void {
    const { coder } = this;
    if (coder === undefined || coder.kind.stateless) return;
    if (this.tracks[this.index]?.type !== 'clip') return;
    const rest = this.offset % coder.samples;
    this.offset -= rest;
    this.position -= rest;
  }

  private move(track: Track, count: number): void {
    this.offset += count;
    this.position += count;
    if (this.offset < track.length) return;
    this.offset = 0;
    this.index += 1;
    if (this.index >= this.tracks.length) this.endRound();
  }

  private endRound(): void {
    if (this.open) return;
    this.rounds -= 1;
    if (this.rounds <= 0) return;
    this.index = 0;
    this.position = 0;
  }

  private add(items: readonly PlayItem[]): void {
    for (const item of items) {
      const track = trackOf(item, this.clips);
      track.tune(this.rate);
      if (track.length === 0) continue;
      this.tracks.push(track);
      this.total += track.length;
      this.bestRate = Math.max(this.bestRate, track.sampleRate);
    }
  }

  /** Goes to a sample of the round. */
  private moveTo(samples: number): void {
    let left = Math.min(Math.max(0, samples), this.total);
    this.position = left;
    this.run = 0;
    this.index = 0;
    for (const track of this.tracks) {
      if (left < track.length) break;
      left -= track.length;
      this.index += 1;
    }
    this.offset = left;
    if (this.index >= this.tracks.length) this.endRound();
  }

  private end(type: PlaybackResult['type']): void {
    if (this.result !== undefined) return;
    this.result = type;
    this.resolve({ type, position: (1_000 * this.position) / this.rate });
  }
}

/** Milliseconds as samples; nothing that is no number moves anything. */
function samplesOf(milliseconds: number, rate: number): number {
  return Number.isNaN(milliseconds) ? 0 : Math.round((milliseconds * rate) / 1_000);
}

const NO_BYTES = new Uint8Array(0);
const NO_SAMPLES = new Int16Array(0);
