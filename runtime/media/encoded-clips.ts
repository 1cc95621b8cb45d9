import type { AudioClip } from '../core/audio';
import { DefectError } from '../core/errors';
import { encodeG711 } from './codec/g711';
import type { CodecName } from './port';

/** Samples a second of everything that the sessions send and hear. */
export const SAMPLE_RATE = 8_000;

const encoded = new WeakMap<AudioClip, Partial<Record<CodecName, Uint8Array>>>();

/**
 * The clip in a codec, one byte a sample: encoded at its first use, shared by every call that plays
 * it, and gone with the clip. The prompt layer delivers 8 kHz; anything else is a defect.
 */
export function encodedClip(clip: AudioClip, codec: CodecName): Uint8Array {
  let encodings = encoded.get(clip);
  if (encodings === undefined) {
    if (clip.sampleRate !== SAMPLE_RATE) {
      throw new DefectError(`clip ${clip.id} has ${clip.sampleRate} samples a second, not 8000`);
    }
    encodings = {};
    encoded.set(clip, encodings);
  }
  let bytes = encodings[codec];
  if (bytes === undefined) {
    bytes = new Uint8Array(clip.samples.length);
    encodeG711(codec, clip.samples, 0, clip.samples.length, bytes, 0);
    encodings[codec] = bytes;
  }
  return bytes;
}
