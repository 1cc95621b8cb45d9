import type { AudioClip } from '../../../runtime/core/audio';
import { below, SeededRandom } from '../../../runtime/core/random';

/** Hertz: a bin of 20 ms apart and more, and no tone of a telephone, a network or a fax machine. */
const NOTES = [380, 510, 640, 1_040, 1_270, 1_400, 1_550, 1_750] as const;
const NOTE_COUNT = NOTES.length;
const LEVEL = 6_000;
/** Frames of 20 ms. */
const FRAMES_OF_NOTE = 8;
const NOTES_OF_MELODY = 32;
const FRAMES = FRAMES_OF_NOTE * NOTES_OF_MELODY;
/** A note weaker than this is none. */
const FAINTEST = 1_200;
/** Frames that are compared as one: sound may come to wait a little longer from one to the next. */
const PIECE = 75;

const SILENCE = -1;

/** A voice that is told from all others by its notes, whatever codec it has gone through. */
export class Melody {
  private static readonly known = new Map<number, Melody>();
  readonly clip: AudioClip;
  /** The note of each frame of 20 ms. */
  readonly frames: Int8Array;

  private constructor(readonly index: number) {
    const random = new SeededRandom(77 + index);
    const notes: number[] = [];
    while (notes.length < NOTES_OF_MELODY) {
      const note = below(random, NOTE_COUNT);
      if (note !== notes.at(-1)) notes.push(note);
    }
    this.frames = Int8Array.from({ length: FRAMES }, (_, at) => {
      return notes[Math.floor(at / FRAMES_OF_NOTE)] ?? SILENCE;
    });
    this.clip = { id: `melody-${index}`, sampleRate: 8_000, samples: sing(notes) };
  }

  /** The same melody for the same number. */
  static of(index: number): Melody {
    let melody = Melody.known.get(index);
    if (melody === undefined) {
      melody = new Melody(index);
      Melody.known.set(index, melody);
    }
    return melody;
  }
}

/** Without a jump of phase between notes, which would be a click. */
function sing(notes: readonly number[]): Int16Array {
  const samples = new Int16Array(FRAMES * 160);
  let phase = 0;
  for (let i = 0; i < samples.length; i += 1) {
    phase += (2 * Math.PI * pitchOf(notes[Math.floor(i / (160 * FRAMES_OF_NOTE))] ?? 0)) / 8_000;
    samples[i] = LEVEL * Math.sin(phase);
  }
  return samples;
}

/** Hertz. */
export function pitchOf(note: number): number {
  return NOTES[note % NOTE_COUNT] ?? NOTES[0];
}

/** What was heard, 20 ms by 20 ms, as notes. */
export class SoundDiary {
  /** The strongest note of each frame. */
  private readonly strongest: number[] = [];
  /** A bit for each note that was heard in it. */
  private readonly notes: number[] = [];
  private readonly windowed: Float64Array;

  constructor(private readonly sampleRate = 8_000) {
    this.windowed = new Float64Array(sampleRate / 50);
  }

  get length(): number {
    return this.strongest.length;
  }

  /** Reads a whole recording of one channel. */
  static of(samples: Int16Array, sampleRate: number): SoundDiary {
    const diary = new SoundDiary(sampleRate);
    const size = sampleRate / 50;
    for (let at = 0; at + size <= samples.length; at += size) {
      diary.hear(samples.subarray(at, at + size));
    }
    return diary;
  }

  hear(frame: Int16Array): void {
    const { windowed, sampleRate } = this;
    const size = windowed.length;
    let energy = 0;
    for (let i = 0; i < size; i += 1) {
      const sample = frame[i] ?? 0;
      energy += sample * sample;
      // Hann, so that one note is not heard in its neighbours.
      windowed[i] = sample * (1 - Math.cos((2 * Math.PI * i) / size));
    }
    let strongest = SILENCE;
    let notes = 0;
    if (energy > size * 400 * 400) {
      let most = FAINTEST;
      for (let note = 0; note < NOTE_COUNT; note += 1) {
        const amplitude = strength(windowed, pitchOf(note) / sampleRate);
        if (amplitude > FAINTEST) notes |= 1 << note;
        if (amplitude <= most) continue;
        most = amplitude;
        strongest = note;
      }
    }
    this.strongest.push(strongest);
    this.notes.push(notes);
  }

  forget(): void {
    this.strongest.length = 0;
    this.notes.length = 0;
  }

  /** 0 to 1: how much of what was sung in the frames was this melody. */
  likeness(melody: Melody, from = 0, to = this.length): number {
    let same = 0;
    let all = 0;
    for (let at = from; at < to; at += PIECE) {
      const piece = this.strongest.slice(at, Math.min(to, at + PIECE));
      const sung = piece.filter((note) => note !== SILENCE).length;
      all += sung;
      same += mostInCommon(piece, melody.frames);
    }
    return all === 0 ? 0 : same / all;
  }

  /** 0 to 1: in how many of the frames anything was sung. */
  fullness(from = 0, to = this.length): number {
    const piece = this.strongest.slice(from, to);
    return piece.filter((note) => note !== SILENCE).length / Math.max(1, piece.length);
  }

  /** The notes that are heard in most of the frames, in ascending order. */
  hums(from = 0, to = this.length): number[] {
    const piece = this.notes.slice(from, to);
    return NOTES.map((_, note) => note).filter((note) => {
      const heard = piece.filter((notes) => (notes & (1 << note)) !== 0).length;
      return heard > piece.length / 2;
    });
  }
}

function mostInCommon(piece: readonly number[], melody: Int8Array): number {
  let most = 0;
  for (let shift = 0; shift < melody.length; shift += 1) {
    let same = 0;
    for (let i = 0; i < piece.length; i += 1) {
      if (piece[i] === melody[(i + shift) % melody.length]) same += 1;
    }
    if (same > most) most = same;
  }
  return most;
}

/** The amplitude of one frequency, as a fraction of the rate, in a frame under a Hann window (Goertzel). */
function strength(frame: Float64Array, frequency: number): number {
  const factor = 2 * Math.cos(2 * Math.PI * frequency);
  let before = 0;
  let last = 0;
  for (let i = 0; i < frame.length; i += 1) {
    const next = (frame[i] ?? 0) + factor * last - before;
    before = last;
    last = next;
  }
  const power = last * last + before * before - factor * last * before;
  return (2 * Math.sqrt(Math.max(0, power))) / frame.length;
}
