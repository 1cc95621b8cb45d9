/**
 * The header of a WAV file, little endian. Of linear PCM:
 *
 *      0  "RIFF"      4  file size - 8       8  "WAVE"
 *     12  "fmt "     16  16                 20  1 (PCM), 22 channels
 *     24  samples/s  28  bytes/s            32  bytes a sample, 34 bits a sample
 *     36  "data"     40  bytes of samples   44  samples
 *
 * and of mu-law, where every format but PCM has a longer `fmt ` and tells its samples in `fact`:
 *
 *     16  18         20  7 (mu-law)         36  0 (bytes of the format that follow)
 *     38  "fact"     42  4                  46  samples of a channel
 *     50  "data"     54  bytes of samples   58  samples
 */
const RIFF_SIZE = 4;
const FORMAT_SIZE = 16;
const FORMAT_TAG = 20;
const CHANNELS = 22;
const SAMPLE_RATE = 24;
const BYTE_RATE = 28;
const BLOCK_SIZE = 32;
const BITS = 34;
const FACT_TAG = 38;
const FACT_SIZE = 42;
const FACT_SAMPLES = 46;

/** What the samples of a WAV file are. */
export type WavEncoding = 'pcm' | 'mulaw';

interface Layout {
  readonly code: number;
  readonly bytesASample: number;
  /** Where the tag `data` stands; its size follows it. */
  readonly data: number;
}

const LAYOUTS: { readonly [E in WavEncoding]: Layout } = {
  pcm: { code: 1, bytesASample: 2, data: 36 },
  mulaw: { code: 7, bytesASample: 1, data: 50 },
};

/** Bytes before the first sample of linear PCM. */
export const WAV_HEADER_SIZE = 44;
/** Of any file that {@link writeWavHeader} begins. */
export const MAX_WAV_HEADER_SIZE = 58;

/** Bytes before the first sample. */
export function wavHeaderSize(encoding: WavEncoding): number {
  return LAYOUTS[encoding].data + 8;
}

/** Bytes of one sample of each channel. */
export function wavBlockSize(encoding: WavEncoding, channels: number): number {
  return LAYOUTS[encoding].bytesASample * channels;
}

/** What the 32-bit sizes can say, less the header, in whole samples. */
const MAX_DATA_SIZE = 0xffff_ffff - MAX_WAV_HEADER_SIZE - 1;

/** Samples of a channel that a file can hold. */
export function mostWavSamples(encoding: WavEncoding, channels: number): number {
  return Math.floor(MAX_DATA_SIZE / wavBlockSize(encoding, channels)) - 1;
}

/**
 * Writes the header of a file of 16-bit or mu-law samples, those of several channels in turn, with `dataSize`
 * bytes of them. While a file grows, write it again at its start from time to time: whatever happens,
 * the file then plays up to the last time.
 */
export function writeWavHeader(
  target: Uint8Array,
  sampleRate: number,
  dataSize: number,
  channels = 1,
  encoding: WavEncoding = 'pcm',
): void {
  const view = viewOf(target);
  const { code, bytesASample, data } = LAYOUTS[encoding];
  putTag(target, 0, 'RIFF');
  putTag(target, 8, 'WAVE');
  putTag(target, 12, 'fmt ');
  view.setUint32(FORMAT_SIZE, encoding === 'pcm' ? 16 : 18, true);
  view.setUint16(FORMAT_TAG, code, true);
  view.setUint16(CHANNELS, channels, true);
  view.setUint32(SAMPLE_RATE, sampleRate, true);
  view.setUint32(BYTE_RATE, sampleRate * channels * bytesASample, true);
  view.setUint16(BLOCK_SIZE, channels * bytesASample, true);
  view.setUint16(BITS, 8 * bytesASample, true);
  if (encoding !== 'pcm') {
    view.setUint16(BITS + 2, 0, true);
    putTag(target, FACT_TAG, 'fact');
    view.setUint32(FACT_SIZE, 4, true);
  }
  putTag(target, data, 'data');
  putSizes(view, encoding, dataSize);
}

/** The bytes of whole samples among `dataSize`; an even number, so that the chunk needs no byte of padding. */
export function wholeWavData(dataSize: number, block: number): number {
  const possible = Math.min(MAX_DATA_SIZE, dataSize);
  return possible - (possible % Math.max(2, block));
}

/**
 * Corrects, in a file that was not closed, the sizes in its first {@link MAX_WAV_HEADER_SIZE} bytes from
 * the file's length. Returns whether anything had to be changed; a header that
 * {@link writeWavHeader} did not write is left alone.
 */
export function repairWavHeader(header: Uint8Array, fileSize: number): boolean {
  const encoding = wavEncoding(header);
  if (encoding === undefined || fileSize < wavHeaderSize(encoding)) return false;
  const before = Uint8Array.from(header);
  putSizes(viewOf(header), encoding, fileSize - wavHeaderSize(encoding));
  return before.some((byte, i) => byte !== header[i]);
}

/** Bytes of samples that a header tells of. */
export function wavDataSize(header: Uint8Array, encoding: WavEncoding): number {
  return viewOf(header).getUint32(LAYOUTS[encoding].data + 4, true);
}

/** What is in a file whose header {@link writeWavHeader} wrote; undefined for any other. */
export function wavEncoding(header: Uint8Array): WavEncoding | undefined {
  if (header.length < WAV_HEADER_SIZE) return undefined;
  if (!hasTag(header, 0, 'RIFF') || !hasTag(header, 8, 'WAVE')) return undefined;
  if (!hasTag(header, 12, 'fmt ')) return undefined;
  const code = viewOf(header).getUint16(FORMAT_TAG, true);
  if (code === LAYOUTS.pcm.code) {
    return hasTag(header, LAYOUTS.pcm.data, 'data') ? 'pcm' : undefined;
  }
  if (code !== LAYOUTS.mulaw.code || header.length < wavHeaderSize('mulaw')) return undefined;
  return hasTag(header, FACT_TAG, 'fact') && hasTag(header, LAYOUTS.mulaw.data, 'data')
    ? 'mulaw'
    : undefined;
}

/** The part of a sample, or the samples of some channels, at the end of a write that was cut short is left out. */
function putSizes(view: DataView, encoding: WavEncoding, dataSize: number): void {
  const { bytesASample, data } = LAYOUTS[encoding];
  const block = view.getUint16(BLOCK_SIZE, true) || bytesASample;
  const whole = wholeWavData(dataSize, block);
  view.setUint32(RIFF_SIZE, whole + data, true);
  view.setUint32(data + 4, whole, true);
  if (encoding !== 'pcm') view.setUint32(FACT_SAMPLES, whole / block, true);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function putTag(target: Uint8Array, at: number, tag: string): void {
  for (let i = 0; i < tag.length; i += 1) target[at + i] = tag.charCodeAt(i);
}

function hasTag(bytes: Uint8Array, at: number, tag: string): boolean {
  for (let i = 0; i < tag.length; i += 1) {
    if (bytes[at + i] !== tag.charCodeAt(i)) return false;
  }
  return true;
}
