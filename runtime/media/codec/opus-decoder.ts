import { DefectError } from '../../core/errors';
import { OPUS_MOST_SAMPLES, type OpusLibrary, type OpusState } from './opus-library';
import { opusDuration, opusFrameSamples, opusHasCopy } from './opus-packet';
import type { Decoder } from './port';

const CLOCK_RATE = 48_000;

/** Opus to sound, mono: the library mixes stereo packets down. */
export class OpusDecoder implements Decoder {
  private readonly state: OpusState;
  /** Whether a packet was decoded: before, there is nothing to continue. */
  private heard = false;
  private closed = false;
  /** Samples of 2.5 ms: what the library conceals is a multiple of it. */
  private readonly unit: number;
  private readonly remainder: Int16Array;

  constructor(
    private readonly library: OpusLibrary,
    readonly sampleRate: number,
  ) {
    const state = library.open('decoder', sampleRate);
    if (state === undefined) throw new DefectError('no memory for an Opus decoder');
    this.state = state;
    this.unit = sampleRate / 400;
    this.remainder = new Int16Array(this.unit);
  }

  decode(bytes: Uint8Array, from: number, length: number, out: Int16Array, at: number): number {
    // RFC 6716 §3.4: a packet that breaks the rules is not to be decoded.
    const duration = opusDuration(bytes, from, length);
    if (duration < 0 || !this.ready()) return -1;
    const samples = (duration * this.sampleRate) / CLOCK_RATE;
    if (at < 0 || at + samples > out.length) return -1;
    const written = this.library.decode(this.state, bytes, from, length, out, at, samples, false);
    if (written !== samples) return -1;
    this.heard = true;
    return samples;
  }

  /**
   * The library's own continuation. After packets that the peer left out because there was nothing to hear (DTX), it
   * is the noise that was heard last, without end (RFC 7587 §3.1.3).
   */
  conceal(out: Int16Array, at: number, count: number): boolean {
    const end = Math.min(at + count, out.length);
    if (!this.heard || !this.ready()) {
      out.fill(0, at, end);
      return false;
    }
    const most = (OPUS_MOST_SAMPLES * this.sampleRate) / CLOCK_RATE;
    let next = at;
    while (next < end) {
      const whole = Math.min(end - next - ((end - next) % this.unit), most);
      const into = whole > 0 ? out : this.remainder;
      const start = whole > 0 ? next : 0;
      const asked = whole > 0 ? whole : this.unit;
      if (this.library.decode(this.state, NOTHING, 0, 0, into, start, asked, false) !== asked) {
        out.fill(0, next, end);
        break;
      }
      for (let i = 0; whole === 0 && next + i < end; i += 1) {
        out[next + i] = this.remainder[i] as number;
      }
      next += asked;
    }
    for (let i = at; i < end; i += 1) if (out[i] !== 0) return true;
    return false;
  }

  recover(
    bytes: Uint8Array,
    from: number,
    length: number,
    out: Int16Array,
    at: number,
    count: number,
  ): boolean {
    if (at < 0 || count < 1 || at + count > out.length || count % this.unit !== 0) return false;
    if (!opusHasCopy(bytes, from, length)) return false;
    // The copy is as long as a frame of the packet that has it; the library conceals what is missing before it.
    const copied = (opusFrameSamples(bytes[from] as number) * this.sampleRate) / CLOCK_RATE;
    if (count < copied || !this.ready()) return false;
    const written = this.library.decode(this.state, bytes, from, length, out, at, count, true);
    return written === count;
  }

  reset(): void {
    this.heard = false;
    this.library.reset(this.state);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.library.close(this.state);
  }

  private ready(): boolean {
    if (this.library.holds(this.state)) return true;
    // The instance was replaced: what was heard is forgotten.
    this.heard = false;
    return !this.closed && this.library.ready(this.state);
  }
}

const NOTHING = new Uint8Array(0);
