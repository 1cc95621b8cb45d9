import { ComfortNoise } from './codec/comfort-noise';
import type { CodecName } from './port';
import { DelayEstimator } from './rtp/delay-estimator';
import type { RtpPacket } from './rtp/packet';
import { SampleStore } from './rtp/sample-store';
import type { SoundStore } from './rtp/sound-store';
import { findPeriod, lengthen, LONGEST_PERIOD, shorten, WINDOW } from './rtp/time-scale';

/** Samples of a frame of 20 ms at 8 kHz. */
export const FRAME_SAMPLES = 160;
/** Frames that {@link JitterBuffer.pull} gives in a second. */
const FRAMES_A_SECOND = 50;

/**
 * What a pulled frame is made of: mostly sound that came; mostly a substitute for sound that did not;
 * nothing, because nothing was to be heard or the substitute has faded out; noise as the peer asked.
 */
export type FrameKind = 'audio' | 'lost' | 'silence' | 'comfort-noise';

/** What became of a packet; all but `stored` are counted drops. */
export type PushVerdict = 'stored' | 'late' | 'duplicate' | 'malformed';

export interface JitterBufferOptions {
  /** Milliseconds that sound waits at least, which covers an uneven tick of ours; 40. */
  readonly minDelay?: number;
  /** Milliseconds that it waits at most; 200, and never more than 250. */
  readonly maxDelay?: number;
  /** Of the RTP timestamps, hertz; 8 000. */
  readonly clockRate?: number;
  /** Where the sound waits; that of G.711. Called with the first packet. */
  readonly store?: () => SoundStore;
}

/** What a store has room for, with two of the longest packets. */
const LONGEST_DELAY = 250;
/** Milliseconds. */
const LONGEST_PACKET = 120;
/** Packets by which duplicates are known. A power of two. */
const SEEN = 64;
/** Milliseconds by which a timestamp may be off before the sender counts as having started anew. */
const JUMP = 1000;
/** So many late packets in a row are no accident: the route, or the sender's clock, has changed. */
const LATE_LIMIT = 8;
/** Mean absolute sample below which a frame can be left out or played twice: about -46 dBm0. */
const QUIET = 128;
/** Milliseconds of delay over the target that are let be; a frame that is played twice makes 20. */
const TOLERANCE = 20;
/** Milliseconds of delay under the target from which loud sound is played slower. */
const EARLY = 10;
/** Frames in which the delay has to be wrong without a quiet one before loud sound is played faster or slower. */
const PATIENCE = 150;
/** Frames from one such change to the next. */
const BREATH = 50;
/** How much sound has to be like itself for that to go unheard, and milliseconds of error at which that is no more asked. */
const LIKENESS = 0.7;
const EMERGENCY = 60;
/** Frames without a packet that may be a loss; more are a pause. */
const LONGEST_LOSS = 10;
/** Timestamps are unfolded from here, so that those before the first stay positive. */
const ORIGIN = 0x1_0000_0000;

/**
 * Puts received sound into order and evens out its arrival.
 *
 * Sound stands in a {@link SoundStore} under its RTP timestamp, so packets of 10 to 120 ms, in any order
 * and with any gap, come out as frames of 20 ms. The play-out point is where a packet that met no delay
 * would be after {@link targetDelay}:
 *
 *            played             | playing |  waiting                  free
 *     ──────────────────────────┼─────────┼──────────────────────────┼──────────
 *                           playout      + 20 ms                   newest
 *
 * - While sound is at hand, each pull plays on; samples that are not there count as lost and are
 *   concealed. To change the delay, a quiet frame is left out or played twice; where none comes for
 *   seconds (music, and a sender whose clock is not ours), a pitch period is.
 * - When it runs out, the point rests (`resting`): nothing that is merely delayed becomes late, and
 *   after the gap play-out resumes at the target. So talkspurts adjust the delay for nothing.
 *
 * The same logic serves every codec: what differs is the store, which decodes when a packet arrives or
 * when its sound is played. Sans-I/O: packets and the time in, frames out. All is allocated with the first
 * packet (9 KiB for G.711).
 */
export class JitterBuffer {
  /** Packets that came after their time. */
  late = 0;
  duplicates = 0;
  /** Frames that a substitute stood in for. */
  concealed = 0;
  /** Frames left out and frames played twice, to change the delay. */
  skipped = 0;
  repeated = 0;
  /** Pitch periods left out and played twice, for the same reason. */
  stretched = 0;
  /** How often the stream began anew: another source, or a jump of its timestamps. */
  restarts = 0;
  /** Frames that were played, and the milliseconds that their sound had waited: in all, at most. */
  played = 0;
  waited = 0;
  longestWait = 0;

  private readonly minDelay: number;
  private readonly maxDelay: number;
  /** Of the timestamps: in a millisecond, and in a frame. */
  private readonly units: number;
  private readonly frame: number;
  private readonly makeStore: () => SoundStore;

  private store: Store | undefined;
  private ssrc = 0;
  private started = false;
  /** Nothing at hand at the last pull, or nothing played yet. */
  private resting = true;
  private lateInRow = 0;
  /** The timestamp last pushed, folded and unfolded. */
  private lastTimestamp = 0;
  private lastPosition = ORIGIN;
  /** Everything before this has been played or given up; unfolded timestamps, as the next two are. */
  private playout = ORIGIN;
  /** The first sample that waits while resting, and the end of the last one. */
  private oldest = ORIGIN;
  private newest = ORIGIN;
  /** The peer has said that it sends no speech: noise, or a key press in its place. */
  private pause: 'none' | 'noise' | 'event' = 'none';
  /** The end of the sound before that. */
  private pausedAt = ORIGIN;
  private justRepeated = false;
  /** Frames since the delay was last as it should be. */
  private strained = 0;
  private served = 0;
  private recoveredBefore = 0;
  private refusedBefore = 0;
  /** Frames in a row without sound. */
  private rested = 0;

  constructor(options: JitterBufferOptions = {}) {
    this.minDelay = options.minDelay ?? 40;
    this.maxDelay = Math.min(LONGEST_DELAY, options.maxDelay ?? 200);
    const { clockRate = 8_000 } = options;
    this.units = clockRate / 1_000;
    this.frame = clockRate / FRAMES_A_SECOND;
    this.makeStore = options.store ?? (() => new SampleStore());
  }

  /** Samples a second of the frames; they have a fiftieth of that. */
  get sampleRate(): number {
    return this.store?.sound.sampleRate ?? 8_000;
  }

  /** The mean absolute sample of the last frame that was played: 0 to 32 767. */
  get loudness(): number {
    const sound = this.store?.sound;
    return sound === undefined || sound.present === 0 ? 0 : sound.energy / sound.present;
  }

  /** Milliseconds from the arrival of an undelayed packet to its play-out that are aimed at. */
  get targetDelay(): number {
    const spread = this.store?.delays.spread ?? 0;
    return Math.min(this.maxDelay, Math.max(this.minDelay, spread));
  }

  /** Milliseconds from the next sample that waits to the newest one. */
  get buffered(): number {
    const from = this.resting ? Math.max(this.oldest, this.playout) : this.playout;
    return Math.max(0, this.newest - from) / this.units;
  }

  /** Takes an audio packet of `count` units of its clock that arrived at `now`, in milliseconds. */
  push(
    packet: RtpPacket,
    codec: CodecName,
    now: number,
    count = packet.payloadLength,
  ): PushVerdict {
    if (count <= 0 || count > LONGEST_PACKET * this.units) return 'malformed';
    const store = (this.store ??= this.open());
    if (!this.started || packet.ssrc !== this.ssrc) this.begin(store, packet, now);
    else if (store.isDuplicate(packet)) {
      this.duplicates += 1;
      return 'duplicate';
    }
    let position = this.unfold(packet.timestamp);
    let transit = now - position / this.units;
    if (Math.abs(transit - store.delays.base) > JUMP && store.delays.base !== Infinity) {
      this.begin(store, packet, now);
      position = this.lastPosition;
      transit = now - position / this.units;
    }
    store.delays.add(transit, now);
    if (this.isLate(position, count, now)) {
      this.late += 1;
      this.lateInRow += 1;
      if (this.lateInRow < LATE_LIMIT) return 'late';
      this.begin(store, packet, now);
      position = this.lastPosition;
      store.delays.add(now - position / this.units, now);
    }
    this.lateInRow = 0;
    if (!this.insert(store, packet, codec, position, count)) return 'malformed';
    store.remember(packet);
    return 'stored';
  }

  /** Takes a comfort noise packet (RFC 3389): until sound follows, its noise is what is heard. */
  pushComfortNoise(packet: RtpPacket): void {
    if (!this.started || packet.ssrc !== this.ssrc || packet.payloadLength === 0) return;
    if (this.unfold(packet.timestamp) < this.newest) return;
    this.pause = 'noise';
    this.pausedAt = this.newest;
    const { bytes, payloadOffset, payloadLength } = packet;
    this.store?.noise.setPayload(bytes, payloadOffset, payloadLength);
  }

  /** Takes note of a telephone event packet: audio that is missing meanwhile is not lost. */
  pushEvent(packet: RtpPacket): void {
    if (!this.started || packet.ssrc !== this.ssrc) return;
    if (this.pause === 'noise') return;
    this.pause = 'event';
    this.pausedAt = this.newest;
  }

  /**
   * Fills the beginning of `out` with the next frame, a fiftieth of {@link sampleRate}; there always is one. To be
   * called every 20 ms with the tick's own time in milliseconds, not the time at which a late tick came to run.
   */
  pull(out: Int16Array, now: number): FrameKind {
    const { store } = this;
    if (store === undefined || !this.started) {
      out.fill(0, 0, this.sampleRate / FRAMES_A_SECOND);
      return 'silence';
    }
    if (this.newest <= this.playout) this.resting = true;
    if (this.resting && !this.resume(store, now)) return this.rest(store, out, 0);
    const target = this.targetDelay;
    const error = this.due(now, target) - this.playout;
    const wait = target + error / this.units;
    this.played += 1;
    this.waited += wait;
    if (wait > this.longestWait) this.longestWait = wait;
    if (error > (this.maxDelay + TOLERANCE) * this.units) {
      // After a stall the sound that is due may not have come yet.
      this.leap(store, Math.min(this.playout + error, this.newest));
      if (this.resting) return this.rest(store, out, 0);
    } else if (error > TOLERANCE * this.units && this.skip(store)) {
      this.skipped += 1;
    } else if (this.isStrained(error) && this.stretch(store, out, error)) {
      return 'audio';
    }
    return this.play(store, out, error < 0);
  }

  /** Whether sound would be heard at `now`. */
  ready(now: number): boolean {
    if (!this.started || this.newest <= this.playout) return false;
    return !this.resting || this.scheduled(now) >= this.oldest;
  }

  /** Whether this is the stream of a source. */
  isOf(ssrc: number): boolean {
    return this.started && this.ssrc === ssrc;
  }

  /** Whoever listens wants so many samples a second: where the codec can, {@link sampleRate} becomes that. */
  serve(sampleRate: number): void {
    this.served = sampleRate;
    this.store?.sound.serve(sampleRate);
  }

  /** Frames that redundancy in a later packet brought back. */
  get recovered(): number {
    return this.recoveredBefore + (this.store?.recoveredFrames ?? 0);
  }

  /** Packets that were none of their codec when they were decoded. */
  get refused(): number {
    return this.refusedBefore + (this.store?.sound.refused ?? 0);
  }

  /** Forgets the stream, not the counters: after a new offer. */
  reset(): void {
    this.started = false;
    this.pause = 'none';
    this.newest = this.playout;
  }

  /** Also frees what is not ours to collect; the next packet allocates it again. */
  close(): void {
    this.reset();
    this.recoveredBefore = this.recovered;
    this.refusedBefore = this.refused;
    this.store?.sound.close();
    this.store = undefined;
  }

  private open(): Store {
    const store = new Store(this.makeStore());
    if (this.served > 0) store.sound.serve(this.served);
    return store;
  }

  private begin(store: Store, packet: RtpPacket, now: number): void {
    if (this.started) this.restarts += 1;
    this.started = true;
    this.resting = true;
    this.ssrc = packet.ssrc;
    this.lateInRow = 0;
    this.lastTimestamp = packet.timestamp;
    this.lastPosition = ORIGIN;
    // Packets from before the first one may still come.
    this.playout = ORIGIN - this.maxDelay * this.units;
    this.oldest = ORIGIN;
    this.newest = this.playout;
    this.pause = 'none';
    store.restart(now);
  }

  private unfold(timestamp: number): number {
    const position = this.lastPosition + ((timestamp - this.lastTimestamp) | 0);
    this.lastTimestamp = timestamp;
    this.lastPosition = position;
    return position;
  }

  /** The sample that is due at `now` when sound waits `delay` milliseconds. */
  private due(now: number, delay: number): number {
    const base = this.store?.delays.base ?? 0;
    return Math.round((now - base - delay) * this.units);
  }

  private scheduled(now: number): number {
    return this.due(now, this.targetDelay);
  }

  private isLate(position: number, count: number, now: number): boolean {
    const end = position + count;
    if (end <= this.playout) return true;
    return this.resting && end <= this.due(now, this.maxDelay);
  }

  private insert(
    store: Store,
    packet: RtpPacket,
    codec: CodecName,
    position: number,
    count: number,
  ): boolean {
    const end = position + count;
    const empty = this.newest <= this.playout;
    const first = empty ? position : Math.min(position, this.resting ? this.oldest : this.playout);
    // A burst that is longer than the store, after a stop of the network: the newest sound counts.
    if (end - first > store.sound.capacity) this.leap(store, end - this.maxDelay * this.units);
    const from = Math.max(position, this.playout);
    if (!store.sound.put(packet, codec, position, from, end)) return false;
    if (this.resting)
      this.oldest = this.newest <= this.playout ? from : Math.min(from, this.oldest);
    this.newest = Math.max(this.newest, end);
    return true;
  }

  /** Whether the resting point can play on: when what waits is due. */
  private resume(store: Store, now: number): boolean {
    if (this.newest <= this.playout) return false;
    if (this.scheduled(now) < this.oldest) return false;
    this.playout = this.oldest;
    const latest = this.due(now, this.maxDelay);
    if (this.playout < latest) this.leap(store, Math.min(latest, this.newest));
    if (this.newest <= this.playout) return false;
    this.resting = false;
    this.pause = 'none';
    return true;
  }

  /** Fills a frame from `from` on while there is no sound to be had. */
  private rest(store: Store, out: Int16Array, from: number): FrameKind {
    const { sound } = store;
    const end = sound.sampleRate / FRAMES_A_SECOND;
    if (this.pause === 'noise') {
      store.noise.fill(out, from, end - from);
      return 'comfort-noise';
    }
    if (this.pause === 'none' && sound.audible) {
      sound.conceal(out, from, end - from);
      this.rested += 1;
      // RFC 7587 §3.1.3: a pause that the decoder fills with noise is no loss.
      if (this.rested > LONGEST_LOSS) return 'comfort-noise';
      if (from === 0) this.concealed += 1;
      return 'lost';
    }
    out.fill(0, from, end);
    return 'silence';
  }

  private play(store: Store, out: Int16Array, tooEarly: boolean): FrameKind {
    const { sound } = store;
    this.rested = 0;
    const available = Math.min(this.frame, this.newest - this.playout);
    const samples = sound.read(out, this.playout, available);
    const { present } = sound;
    const whole = available === this.frame;
    this.justRepeated = tooEarly && whole && !this.justRepeated && isQuiet(sound);
    if (this.justRepeated) {
      this.repeated += 1;
    } else {
      sound.clear(this.playout, available);
      this.playout += available;
    }
    if (present > 0 && this.playout > this.pausedAt) this.pause = 'none';
    const { audible } = sound;
    sound.mend(out, samples);
    if (!whole) {
      // The point stops at the last sample that was played, so a packet on its way is not late.
      this.resting = true;
      this.rest(store, out, samples);
    }
    if (2 * present >= samples) return 'audio';
    if (!audible) return 'silence';
    this.concealed += 1;
    return 'lost';
  }

  /** Whether the delay has been wrong for so long that no quiet frame will come to set it right. */
  private isStrained(error: number): boolean {
    if (error <= TOLERANCE * this.units && error >= -EARLY * this.units) {
      this.strained = 0;
      return false;
    }
    this.strained += 1;
    return this.strained > PATIENCE;
  }

  /** Plays a frame that is a pitch period shorter or longer. False when that would be heard too well. */
  private stretch(store: Store, out: Int16Array, error: number): boolean {
    const { sound } = store;
    const { sampleRate } = sound;
    const more = error > 0 ? LONGEST_PERIOD : WINDOW;
    const reach = this.frame + more * this.units;
    if (this.newest - this.playout < reach) return false;
    const scratch = store.roomFor(reach * (sampleRate / (this.units * 1_000)));
    const samples = sound.read(scratch, this.playout, reach);
    if (sound.present < samples) return false;
    // The period is a whole number of units, whichever of the two rates is higher.
    const step = Math.max(1, sampleRate / 8_000);
    findPeriod(scratch, samples, sampleRate, step, store);
    const urgent = Math.abs(error) > EMERGENCY * this.units;
    if (store.likeness < LIKENESS && !urgent && !isQuiet(sound)) return false;
    const count = sampleRate / FRAMES_A_SECOND;
    const period = (store.samples * this.units * 1_000) / sampleRate;
    const advance = error > 0 ? this.frame + period : this.frame - period;
    if (error > 0) shorten(scratch, out, count, store.samples);
    else lengthen(scratch, out, count, store.samples);
    sound.read(scratch, this.playout, this.frame);
    sound.mend(out, count);
    sound.clear(this.playout, advance);
    this.playout += advance;
    this.stretched += 1;
    this.strained -= BREATH;
    return true;
  }

  /** Leaves out the next frame if nobody would hear it. */
  private skip(store: Store): boolean {
    if (this.newest - this.playout < 2 * this.frame) return false;
    store.sound.measure(this.playout, this.frame);
    if (!isQuiet(store.sound)) return false;
    this.leap(store, this.playout + this.frame);
    return true;
  }

  /** Gives up everything before `position`. */
  private leap(store: Store, position: number): void {
    if (position <= this.playout) return;
    store.sound.clear(this.playout, position - this.playout);
    this.playout = position;
    this.oldest = Math.max(this.oldest, position);
    if (this.newest <= position) this.resting = true;
  }
}

/** What only a session that receives sound needs. */
class Store {
  readonly delays = new DelayEstimator();
  readonly noise = new ComfortNoise();
  /** Of the period that was found last. */
  samples = 0;
  likeness = 0;
  private scratch = new Int16Array(0);
  /** The packet last seen in each place: its sequence number above, half its timestamp below. */
  private readonly seen = new Int32Array(SEEN);

  constructor(readonly sound: SoundStore) {}

  get recoveredFrames(): number {
    return (this.sound.recovered * FRAMES_A_SECOND) / this.sound.sampleRate;
  }

  /** For a change of speed: made when it is first needed. */
  roomFor(samples: number): Int16Array {
    if (this.scratch.length < samples) this.scratch = new Int16Array(Math.ceil(samples));
    return this.scratch;
  }

  restart(now: number): void {
    this.sound.reset();
    this.delays.reset(now);
    // A sequence number that belongs into another place is never found.
    for (let i = 0; i < SEEN; i += 1) this.seen[i] = (i + 1) << 16;
  }

  isDuplicate(packet: RtpPacket): boolean {
    return this.seen[packet.sequence & (SEEN - 1)] === keyOf(packet);
  }

  remember(packet: RtpPacket): void {
    this.seen[packet.sequence & (SEEN - 1)] = keyOf(packet);
  }
}

function keyOf(packet: RtpPacket): number {
  return (packet.sequence << 16) | (packet.timestamp & 0xffff);
}

function isQuiet(sound: SoundStore): boolean {
  return sound.energy <= QUIET * Math.max(1, sound.present);
}
