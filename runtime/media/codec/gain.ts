import { decodeG711, encodeG711 } from './g711';

/** Tables that are kept: as many as calls usually use at once. */
const MOST_TABLES = 64;

const tables = new Map<string, Uint8Array>();

/** The factor of a gain in dB: 6 dB about doubles. */
export function gainFactor(gain: number): number {
  return 10 ** (gain / 20);
}

/** Multiplies samples in place; what does not fit stays at the end of the range. */
export function applyGain(samples: Int16Array, from: number, count: number, factor: number): void {
  const end = from + count;
  for (let i = from; i < end; i += 1) {
    const value = (samples[i] as number) * factor;
    samples[i] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : Math.round(value);
  }
}

/** What each byte of G.711 becomes when its sound is louder by `gain` dB, to a tenth. Not to be written to. */
export function gainTable(codec: 'PCMU' | 'PCMA', gain: number): Uint8Array {
  const tenths = Math.round(gain * 10);
  const key = `${codec} ${tenths}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const table = makeTable(codec, tenths / 10);
  // The oldest goes: a volume that somebody turns leaves many behind.
  if (tables.size >= MOST_TABLES) tables.delete(tables.keys().next().value as string);
  tables.set(key, table);
  return table;
}

function makeTable(codec: 'PCMU' | 'PCMA', gain: number): Uint8Array {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  // mu-law has two bytes for zero, so that by way of samples not even 0 dB would leave all as they are.
  if (gain === 0) return bytes;
  const samples = new Int16Array(256);
  decodeG711(codec, bytes, 0, 256, samples, 0);
  applyGain(samples, 0, 256, gainFactor(gain));
  encodeG711(codec, samples, 0, 256, bytes, 0);
  return bytes;
}
