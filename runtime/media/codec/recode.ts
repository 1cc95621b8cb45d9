import type { CodecName } from '../port';
import { decodeG711, encodeG711 } from './g711';

const MU_TO_A = table('PCMU', 'PCMA');
const A_TO_MU = table('PCMA', 'PCMU');

/**
 * The byte of `to` that stands for each byte of `from`, or undefined where nothing changes. Not to be
 * written to.
 */
export function recodeTable(from: CodecName, to: CodecName): Uint8Array | undefined {
  if (from === to) return undefined;
  return from === 'PCMU' ? MU_TO_A : A_TO_MU;
}

/** By way of linear samples, as a prompt or an echo would go: the nearest step of the other law. */
function table(from: CodecName, to: CodecName): Uint8Array {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const samples = new Int16Array(256);
  decodeG711(from, bytes, 0, 256, samples, 0);
  encodeG711(to, samples, 0, 256, bytes, 0);
  return bytes;
}
