import { describeError } from '../core/errors';
import { soundKind, type SoundKind } from './sound-kind';
import { readWav, type Sound } from './wav';

/** Seconds; what is compressed may last for days. */
const MAX_SECONDS = 3_600;
/** Bytes that are decoded at once: what a decoder makes of them must fit its memory. */
const SLICE = 64 * 1024;
/** Samples that may be missing: of MP3 what encoders add at both ends, and decoders take away. */
const TOLERANCE = { flac: 0, opus: 2_880, mp3: 4_608 } as const;

/** The members that the decoders have in common. */
interface Decoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>;
  flush?(): Decoded | Promise<Decoded>;
  free(): void;
}

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
  readonly errors: readonly { readonly message: string }[];
}

/**
 * Decodes a file of any kind that prompts may have, mono, at its own rate. It holds its thread up all the while: see
 * `SoundDecoder`. Rejects with an `Error` that says what is wrong with the file.
 */
export async function decodeSound(bytes: Uint8Array): Promise<Sound> {
  const { kind, samples } = soundKind(bytes);
  if (kind === 'wav') return readWav(bytes);
  const decoder = await createDecoder(kind);
  try {
    await decoder.ready;
    return whole(await all(decoder, bytes), kind, samples);
  } finally {
    decoder.free();
  }
}

/** The packages are modules, which take a tenth of a second to load: only where they are used. */
async function createDecoder(kind: Exclude<SoundKind['kind'], 'wav'>): Promise<Decoder> {
  switch (kind) {
    case 'flac':
      return new (await import('@wasm-audio-decoders/flac')).FLACDecoder();
    case 'opus':
      return new (await import('ogg-opus-decoder')).OggOpusDecoder();
    case 'mp3':
      return new (await import('mpg123-decoder')).MPEGDecoder();
  }
}

interface Outcome extends Sound {
  /** The first of the decoder's complaints. */
  readonly complaint: string | undefined;
}

async function all(decoder: Decoder, bytes: Uint8Array): Promise<Outcome> {
  const parts: Int16Array[] = [];
  let sampleRate = 0;
  let length = 0;
  let complaint: string | undefined;
  const take = (decoded: Decoded | undefined): void => {
    if (decoded === undefined) return;
    const { channelData, samplesDecoded, sampleRate: rate, errors } = decoded;
    complaint ??= errors[0]?.message;
    if (samplesDecoded === 0) return;
    if (sampleRate !== 0 && rate !== sampleRate) throw new Error('its sample rate changes');
    sampleRate = rate;
    length += samplesDecoded;
    if (length > MAX_SECONDS * rate) throw new Error('it lasts longer than an hour');
    parts.push(mono(channelData, samplesDecoded));
  };
  for (let at = 0; at < bytes.length; at += SLICE) {
    // A copy: a decoder may keep what it is given.
    take(await unlessDamaged(() => decoder.decode(bytes.slice(at, at + SLICE))));
  }
  if (decoder.flush !== undefined) take(await unlessDamaged(() => decoder.flush?.()));
  const samples = new Int16Array(length);
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { sampleRate, samples, complaint };
}

/** A decoder may throw at what it does not expect. */
async function unlessDamaged<T>(decode: () => T | Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    throw new Error(`it is damaged (${describeError(error)})`, { cause: error });
  }
}

function whole(
  { sampleRate, samples, complaint }: Outcome,
  kind: keyof typeof TOLERANCE,
  expected: number | undefined,
): Sound {
  if (samples.length === 0) {
    throw new Error(
      complaint === undefined ? 'there is no sound in it' : `it is damaged (${complaint})`,
    );
  }
  if (expected !== undefined && samples.length < expected - TOLERANCE[kind]) {
    const seconds = (count: number): string => (count / sampleRate).toFixed(1);
    throw new Error(
      `it is cut off or damaged: only ${seconds(samples.length)} of ${seconds(expected)} s are there`,
    );
  }
  // The last packet of Opus is filled up.
  return { sampleRate, samples: kind === 'opus' ? samples.subarray(0, expected) : samples };
}

function mono(channels: readonly Float32Array[], length: number): Int16Array {
  const samples = new Int16Array(length);
  for (let at = 0; at < length; at += 1) {
    let sum = 0;
    for (const channel of channels) sum += channel[at] ?? 0;
    const value = Math.round((sum / channels.length) * 0x8000);
    samples[at] = value > 0x7fff ? 0x7fff : value < -0x8000 ? -0x8000 : value;
  }
  return samples;
}
