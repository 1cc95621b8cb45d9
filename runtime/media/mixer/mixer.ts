import { Limiter } from './limiter';

/** Rounds of which frames are kept: the one in progress, the one that is heard, and one for a stall. */
const ROUNDS = 4;
/** Mean energy of a sample below which a frame adds nothing but noise: about -60 dBov. */
const FAINT = 33 * 33;

/** One voice: what it says, and how it is heard. Made by {@link Mixer.add}. */
export class Voice {
  muted = false;
  /** Factor of what it says. */
  gain = 1;
  /** Who alone hears it; everybody when undefined. */
  audience: ReadonlySet<Voice> | undefined;
  /** @internal Frames by round, which round each is of, and whether the sum of that round has it. */
  readonly frames: readonly Int16Array[];
  readonly rounds = new Float64Array(ROUNDS).fill(-1);
  readonly counted = new Uint8Array(ROUNDS);
  readonly limiter = new Limiter();

  constructor(frameSize: number) {
    this.frames = Array.from({ length: ROUNDS }, () => new Int16Array(frameSize));
  }
}

/**
 * Sums voices so that each hears all but itself. Time is cut into rounds of 20 ms: {@link put} takes a voice's frame
 * of a round, {@link mix} gives what one of them hears of a round that is over. The sum of a round is made once,
 * and a listener's own part taken out of it, so N voices cost N additions and not N². Sans-I/O.
 */
export class Mixer {
  readonly frameSize: number;
  private readonly voices = new Set<Voice>();
  /** Sum of a round, which round that is of, and whether anybody is in it. */
  private readonly sums: readonly Int32Array[];
  private readonly summed = new Float64Array(ROUNDS).fill(-1);
  private readonly audible = new Uint32Array(ROUNDS);
  /** How many voices are heard by some alone. */
  private whisperers = 0;
  private readonly scratch: Int32Array;

  /** @param sampleRate of all frames, a multiple of 50. */
  constructor(readonly sampleRate: number) {
    this.frameSize = sampleRate / 50;
    this.sums = Array.from({ length: ROUNDS }, () => new Int32Array(this.frameSize));
    this.scratch = new Int32Array(this.frameSize);
  }

  get size(): number {
    return this.voices.size;
  }

  add(): Voice {
    const voice = new Voice(this.frameSize);
    this.voices.add(voice);
    return voice;
  }

  remove(voice: Voice): void {
    this.voices.delete(voice);
    for (const other of this.voices) {
      if (other.audience?.has(voice) !== true) continue;
      other.audience = new Set([...other.audience].filter((each) => each !== voice));
    }
    this.countWhisperers();
  }

  /** Who hears `voice`: these alone, or all. */
  address(voice: Voice, audience: ReadonlySet<Voice> | undefined): void {
    voice.audience = audience;
    this.countWhisperers();
  }

  /** Takes what a voice says in a round; it is copied. What comes after its round was summed is left out. */
  put(voice: Voice, frame: Int16Array, round: number): void {
    const slot = slotOf(round);
    voice.rounds[slot] = -1;
    if (voice.muted || voice.gain === 0) return;
    const kept = voice.frames[slot] as Int16Array;
    const { gain } = voice;
    let energy = 0;
    for (let i = 0; i < kept.length; i += 1) {
      const sample = frame[i] as number;
      energy += sample * sample;
      kept[i] = gain === 1 ? sample : Math.max(-32_768, Math.min(32_767, sample * gain));
    }
    if (energy < FAINT * kept.length) return;
    voice.rounds[slot] = round;
    voice.counted[slot] = 0;
  }

  /**
   * Fills `out` with what `listener` hears of a round: everything, when it says nothing itself. Returns false when
   * nobody else said anything.
   */
  mix(listener: Voice, round: number, out: Int16Array): boolean {
    const slot = slotOf(round);
    const sum = this.sumOf(round);
    const counted = listener.rounds[slot] === round && listener.counted[slot] === 1;
    const { scratch } = this;
    let others = (this.audible[slot] as number) - (counted ? 1 : 0);
    if (others > 0) {
      const mine = listener.frames[slot] as Int16Array;
      if (counted) {
        for (let i = 0; i < scratch.length; i += 1) {
          scratch[i] = (sum[i] as number) - (mine[i] as number);
        }
      } else scratch.set(sum);
    } else scratch.fill(0);
    if (this.whisperers > 0) {
      for (const voice of this.voices) {
        if (voice === listener || voice.audience?.has(listener) !== true) continue;
        if (voice.rounds[slot] !== round) continue;
        add(voice.frames[slot] as Int16Array, scratch);
        others += 1;
      }
    }
    if (others === 0) {
      out.fill(0);
      return false;
    }
    listener.limiter.limit(scratch, out, scratch.length);
    return true;
  }

  private sumOf(round: number): Int32Array {
    const slot = slotOf(round);
    const sum = this.sums[slot] as Int32Array;
    if (this.summed[slot] === round) return sum;
    this.summed[slot] = round;
    sum.fill(0);
    let audible = 0;
    for (const voice of this.voices) {
      if (voice.rounds[slot] !== round || voice.audience !== undefined) continue;
      add(voice.frames[slot] as Int16Array, sum);
      voice.counted[slot] = 1;
      audible += 1;
    }
    this.audible[slot] = audible;
    return sum;
  }

  private countWhisperers(): void {
    this.whisperers = 0;
    for (const voice of this.voices) if (voice.audience !== undefined) this.whisperers += 1;
  }
}

function slotOf(round: number): number {
  return round % ROUNDS;
}

function add(frame: Int16Array, sum: Int32Array): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (frame[i] as number);
}
