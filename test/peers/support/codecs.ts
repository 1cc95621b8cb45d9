import type { BaresipOptions } from './baresip';

export type BaresipCodec = 'PCMU' | 'PCMA' | 'G722' | 'opus';

/** How baresip names a codec, and the rate of what it speaks and plays in it. */
export const baresipCodecs: Readonly<
  Record<BaresipCodec, Required<Pick<BaresipOptions, 'codecs' | 'rate'>>>
> = {
  PCMU: { codecs: 'PCMU/8000/1', rate: 8_000 },
  PCMA: { codecs: 'PCMA/8000/1', rate: 8_000 },
  G722: { codecs: 'G722/16000/1', rate: 16_000 },
  opus: { codecs: 'opus/48000/2', rate: 48_000 },
};
