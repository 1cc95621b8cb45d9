import { ComfortNoise } from './codec/comfort-noise';
import { Concealment } from './codec/concealment';
import type { CodecName } from './port';
import { DelayEstimator } from './rtp/delay-estimator';
import type { RtpPacket } from './rtp/packet';
import { ABSENT, RING_SAMPLES, SampleRing } from './rtp/sample-ring';

/** Samples of a frame that {@link JitterBuffer.pull} gives: 20 ms at 8 kHz. */
export const FRAME_SAMPLES = 160;

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
}

const SAMPLES_PER_MILLISECOND = 8;
/** What the ring has room for, with two of the longest packets. */
const LONGEST_DELAY = 250;
/** Samples: 120 ms. */
const LONGEST_PACKET = 960;
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
/** Timestamps are unfolded from here, so that those before the first stay positive. */
const ORIGIN = 0x1_0000_0000;

/**
 * Puts received sound into order and evens out its arrival.
 *
 * Samples stand in a ring under their RTP timestamp, so packets of 10 to 120 ms, in any order and
 * with any gap, come out as frames of 20 ms. The play-out point is where a packet that met no delay
 * would be after {@link targetDelay}:
 *
 *            played             | playing |  waiting                  free
 *     ──────────────────────────┼─────────┼──────────────────────────┼──────────
 *                           playout       + 160                   newest
 *
 * - While sound is at hand, each pull plays on; samples that are not there count as lost and are
 *   concealed. To change the delay, a quiet frame is left out or played twice.
 * - When it runs out, the point rests (`resting`): nothing that is merely delayed becomes late, and
 *   after the gap play-out resumes at the target. So talkspurts adjust the delay for nothing.
 *
 * Sans-I/O: 8 kHz G.711 packets and the time in, frames out. Its 9 KiB are allocated with the first
 * packet; after that nothing is.
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
  /** How often the stream began anew: another source, or a jump of its timestamps. */
  restarts = 0;

  private readonly minDelay: number;
  private readonly maxDelay: number;

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

  constructor(options: JitterBufferOptions = {}) {
    this.minDelay = options.minDelay ?? 40;
    this.maxDelay = Math.min(LONGEST_DELAY, options.maxDelay ?? 200);
  }

  /** Milliseconds from the arrival of an undelayed packet to its play-out that are aimed at. */
  get targetDelay(): number {
    const spread = this.store?.delays.spread ?? 0;
    return Math.min(this.maxDelay, Math.max(this.minDelay, spread));
  }

  /** Milliseconds from the next sample that waits to the newest one. */
  get buffered(): number {
    const from = this.resting ? Math.max(this.oldest, this.playout) : this.playout;
    return Math.max(0, this.newest - from) / SAMPLES_PER_MILLISECOND;
  }

  /** Takes an audio packet that arrived at `now`, in milliseconds. */
  push(packet: RtpPacket, codec: CodecName, now: number): PushVerdict {
    const count = packet.payloadLength;
    if (count === 0 || count > LONGEST_PACKET) return 'malformed';
    const store = (this.store ??= new Store());
    if (!this.started || packet.ssrc !== this.ssrc) this.begin(store, packet, now);
    else if (store.isDuplicate(packet)) {
      this.duplicates += 1;
      return 'duplicate';
    }
    let position = this.unfold(packet.timestamp);
    let transit = now - position / SAMPLES_PER_MILLISECOND;
    if (Math.abs(transit - store.delays.base) > JUMP && store.delays.base !== Infinity) {
      this.begin(store, packet, now);
      position = this.lastPosition;
      transit = now - position / SAMPLES_PER_MILLISECOND;
    }
    store.delays.add(transit, now);
    if (this.isLate(position, count, now)) {
      this.late += 1;
      this.lateInRow += 1;
      if (this.lateInRow < LATE_LIMIT) return 'late';
      this.begin(store, packet, now);
      position = this.lastPosition;
      store.delays.add(now - position / SAMPLES_PER_MILLISECOND, now);
    }
    this.lateInRow = 0;
    store.remember(packet);
    this.insert(store, packet, codec, position, count);
    return 'stored';
  }

  /** Takes a comfort noise packet (RFC 3389): until sound follows, its noise is what is heard. */
  pushComfortNoise(packet: RtpPacket): void {
    if (!this.started || packet.ssrc !== this.ssrc || packet.payloadLength === 0) return;
    if (this.unfold(packet.timestamp) < this.newest) return;
    this.pause = 'noise';
    this.pausedAt = this.newest;
    this.store?.noise.setLevel(packet.bytes[packet.payloadOffset] as number);
  }

  /** Takes note of a telephone event packet: audio that is missing meanwhile is not lost. */
  pushEvent(packet: RtpPacket): void {
    if (!this.started || packet.ssrc !== this.ssrc) return;
    if (this.pause === 'noise') return;
    this.pause = 'event';
    this.pausedAt = this.newest;
  }

  /**
   * Fills the first 160 samples of `out` with the next frame; there always is one. To be called every
   * 20 ms with the tick's own time in milliseconds, not the time at which a late tick came to run.
   */
  pull(out: Int16Array, now: number): FrameKind {
    const { store } = this;
    if (store === undefined || !this.started) {
      out.fill(0, 0, FRAME_SAMPLES);
      return 'silence';
    }
    if (this.newest <= this.playout) this.resting = true;
    if (this.resting && !this.resume(store, now)) return this.rest(store, out, 0);
    const error = this.scheduled(now) - this.playout;
    if (error > (this.maxDelay + TOLERANCE) * SAMPLES_PER_MILLISECOND) {
      this.leap(store, this.playout + error);
    } else if (error > TOLERANCE * SAMPLES_PER_MILLISECOND && this.skip(store)) {
      this.skipped += 1;
    }
    return this.play(store, out, error < 0);
  }

  /** Forgets the stream, not the counters: after a new offer. */
  reset(): void {
    this.started = false;
    this.pause = 'none';
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
    this.playout = ORIGIN - this.maxDelay * SAMPLES_PER_MILLISECOND;
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
    return Math.round((now - base - delay) * SAMPLES_PER_MILLISECOND);
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
  ): void {
    const end = position + count;
    const empty = this.newest <= this.playout;
    const first = empty ? position : Math.min(position, this.resting ? this.oldest : this.playout);
    // A burst that is longer than the ring, after a stop of the network: the newest sound counts.
    if (end - first > RING_SAMPLES) this.leap(store, end - this.maxDelay * SAMPLES_PER_MILLISECOND);
    const from = Math.max(position, this.playout);
    store.ring.decode(codec, packet.bytes, packet.payloadOffset + from - position, from, end);
    if (this.resting)
      this.oldest = this.newest <= this.playout ? from : Math.min(from, this.oldest);
    this.newest = Math.max(this.newest, end);
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
    const count = FRAME_SAMPLES - from;
    if (this.pause === 'noise') {
      store.noise.fill(out, from, count);
      return 'comfort-noise';
    }
    if (this.pause === 'none' && store.concealment.audible) {
      store.concealment.conceal(out, from, count);
      if (from === 0) this.concealed += 1;
      return 'lost';
    }
    out.fill(0, from, FRAME_SAMPLES);
    return 'silence';
  }

  private play(store: Store, out: Int16Array, tooEarly: boolean): FrameKind {
    const { ring, concealment } = store;
    const available = Math.min(FRAME_SAMPLES, this.newest - this.playout);
    ring.read(out, this.playout, available);
    const { present } = ring;
    const whole = available === FRAME_SAMPLES;
    this.justRepeated = tooEarly && whole && !this.justRepeated && isQuiet(ring);
    if (this.justRepeated) {
      this.repeated += 1;
    } else {
      ring.clear(this.playout, available);
      this.playout += available;
    }
    if (present > 0 && this.playout > this.pausedAt) this.pause = 'none';
    const audible = concealment.audible;
    if (present === available) concealment.heardSound(out, 0, available);
    else mend(out, available, concealment);
    if (!whole) {
      // The point stops at the last sample that was played, so a packet on its way is not late.
      this.resting = true;
      this.rest(store, out, available);
    }
    if (2 * present >= available) return 'audio';
    if (!audible) return 'silence';
    this.concealed += 1;
    return 'lost';
  }

  /** Leaves out the next frame if nobody would hear it. */
  private skip(store: Store): boolean {
    if (this.newest - this.playout < 2 * FRAME_SAMPLES) return false;
    store.ring.measure(this.playout, FRAME_SAMPLES);
    if (!isQuiet(store.ring)) return false;
    this.leap(store, this.playout + FRAME_SAMPLES);
    return true;
  }

  /** Gives up everything before `position`. */
  private leap(store: Store, position: number): void {
    if (position <= this.playout) return;
    store.ring.clear(this.playout, position - this.playout);
    this.playout = position;
    this.oldest = Math.max(this.oldest, position);
    if (this.newest <= position) this.resting = true;
  }
}

/** What only a session that receives sound needs. */
class Store {
  readonly ring = new SampleRing();
  readonly delays = new DelayEstimator();
  readonly concealment = new Concealment();
  readonly noise = new ComfortNoise();
  /** The packet last seen in each place: its sequence number above, half its timestamp below. */
  private readonly seen = new Int32Array(SEEN);

  restart(now: number): void {
    this.ring.clear(0, RING_SAMPLES);
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

function isQuiet(ring: SampleRing): boolean {
  return ring.energy <= QUIET * Math.max(1, ring.present);
}

/** Replaces each run of absent samples among the first `count`. */
function mend(out: Int16Array, count: number, concealment: Concealment): void {
  let at = 0;
  while (at < count) {
    const absent = out[at] === ABSENT;
    let end = at + 1;
    while (end < count && (out[end] === ABSENT) === absent) end += 1;
    if (absent) concealment.conceal(out, at, end - at);
    else concealment.heardSound(out, at, end - at);
    at = end;
  }
}
