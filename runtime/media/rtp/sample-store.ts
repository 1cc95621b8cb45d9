import type { CodecName } from '../../core/audio';
import { Concealment } from '../codec/concealment';
import type { RtpPacket } from './packet';
import { ABSENT, RING_SAMPLES, SampleRing } from './sample-ring';
import type { SoundStore } from './sound-store';

/**
 * G.711, decoded when it arrives: each of its samples stands for itself, so packets of any length, in any order,
 * overlapping or with gaps, are one ring of samples that are there or are not.
 */
export class SampleStore implements SoundStore {
  readonly sampleRate = 8_000;
  readonly capacity = RING_SAMPLES;
  readonly recovered = 0;
  readonly refused = 0;
  private readonly ring = new SampleRing();
  private readonly concealment = new Concealment();

  get present(): number {
    return this.ring.present;
  }

  get energy(): number {
    return this.ring.energy;
  }

  get audible(): boolean {
    return this.concealment.audible;
  }

  serve(): void {
    // There is no more in it than 8 kHz.
  }

  put(packet: RtpPacket, codec: CodecName, position: number, from: number, end: number): boolean {
    this.ring.decode(codec, packet.bytes, packet.payloadOffset + from - position, from, end);
    return true;
  }

  read(out: Int16Array, position: number, units: number): number {
    this.ring.read(out, position, units);
    return units;
  }

  measure(position: number, units: number): number {
    this.ring.measure(position, units);
    return units;
  }

  clear(position: number, units: number): void {
    this.ring.clear(position, units);
  }

  mend(out: Int16Array, count: number): void {
    const { concealment } = this;
    if (this.ring.present === count) {
      concealment.heardSound(out, 0, count);
      return;
    }
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

  conceal(out: Int16Array, at: number, count: number): void {
    this.concealment.conceal(out, at, count);
  }

  reset(): void {
    this.ring.clear(0, RING_SAMPLES);
  }

  close(): void {
    // All of it is the collector's.
  }
}
