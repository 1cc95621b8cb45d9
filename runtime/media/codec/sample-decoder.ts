import { Concealment } from './concealment';
import type { Decoder } from './port';

/** A codec whose samples stand for themselves: nothing is remembered but what conceals a loss. */
export abstract class SampleDecoder implements Decoder {
  protected readonly concealment: Concealment;

  constructor(readonly sampleRate: number) {
    this.concealment = new Concealment(sampleRate);
  }

  abstract decode(
    bytes: Uint8Array,
    from: number,
    length: number,
    out: Int16Array,
    at: number,
  ): number;

  conceal(out: Int16Array, at: number, count: number): boolean {
    const { audible } = this.concealment;
    this.concealment.conceal(out, at, count);
    return audible;
  }

  reset(): void {
    this.concealment.reset();
  }

  close(): void {
    // Nothing that is not collected.
  }
}
