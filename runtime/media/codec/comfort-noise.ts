export declare class ComfortNoise {
  constructor(seed: number);
  /** The payload's first byte: level in -dBov (RFC 3389 §3.1). */
  setLevel(dBov: number): void;
  fill(out: Int16Array, at: number, count: number): void;
}
