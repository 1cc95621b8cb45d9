/**
 * The header of a WAV file of linear PCM, little endian:
 *
 *      0  "RIFF"      4  file size - 8       8  "WAVE"
 *     12  "fmt "     16  16                 20  1 (PCM), 22 channels
 *     24  samples/s  28  bytes/s            32  bytes a sample, 34 bits a sample
 *     36  "data"     40  bytes of samples   44  samples
 */
const RIFF_SIZE = 4;
const FORMAT_SIZE = 16;
const FORMAT_TAG = 20;
const CHANNELS = 22;
const SAMPLE_RATE = 24;
const BYTE_RATE = 28;
const BLOCK_SIZE = 32;
const BITS = 34;
const DATA_TAG = 36;
const DATA_SIZE = 40;

const LINEAR_PCM = 1;
const BYTES_A_SAMPLE = 2;

/** Bytes before the first sample. */
export const WAV_HEADER_SIZE = 44;

/** What the 32-bit sizes can say, less the header, in whole samples. */
const MAX_DATA_SIZE = 0xffff_ffff - WAV_HEADER_SIZE - 1;

/**
 * Writes the header of a file of 16-bit samples, those of several channels in turn, with `dataSize`
 * bytes of them. While a file grows, write it again at its start from time to time: whatever happens,
 * the file then plays up to the last time.
 */
export function writeWavHeader(
  target: Uint8Array,
  sampleRate: number,
  dataSize: number,
  channels = 1,
): void {
  const view = viewOf(target);
  putTag(target, 0, 'RIFF');
  putTag(target, 8, 'WAVE');
  putTag(target, 12, 'fmt ');
  view.setUint32(FORMAT_SIZE, 16, true);
  view.setUint16(FORMAT_TAG, LINEAR_PCM, true);
  view.setUint16(CHANNELS, channels, true);
  view.setUint32(SAMPLE_RATE, sampleRate, true);
  view.setUint32(BYTE_RATE, sampleRate * channels * BYTES_A_SAMPLE, true);
  view.setUint16(BLOCK_SIZE, channels * BYTES_A_SAMPLE, true);
  view.setUint16(BITS, 8 * BYTES_A_SAMPLE, true);
  putTag(target, DATA_TAG, 'data');
  putSizes(view, dataSize);
}

/** Milliseconds of sound that `dataSize` bytes are. */
export function wavDuration(sampleRate: number, dataSize: number): number {
  return (Math.floor(dataSize / BYTES_A_SAMPLE) * 1000) / sampleRate;
}

/**
 * Corrects, in a file that was not closed, the sizes in its first {@link WAV_HEADER_SIZE} bytes from
 * the file's length. Returns whether anything had to be changed; a header that
 * {@link writeWavHeader} did not write is left alone.
 */
export function repairWavHeader(header: Uint8Array, fileSize: number): boolean {
  if (!isWavHeader(header) || fileSize < WAV_HEADER_SIZE) return false;
  const view = viewOf(header);
  const before = view.getUint32(DATA_SIZE, true);
  const riffBefore = view.getUint32(RIFF_SIZE, true);
  putSizes(view, fileSize - WAV_HEADER_SIZE);
  return (
    before !== view.getUint32(DATA_SIZE, true) || riffBefore !== view.getUint32(RIFF_SIZE, true)
  );
}

/** Whether bytes begin as {@link writeWavHeader} lets a file begin. */
export function isWavHeader(header: Uint8Array): boolean {
  if (header.length < WAV_HEADER_SIZE) return false;
  if (!hasTag(header, 0, 'RIFF') || !hasTag(header, 8, 'WAVE')) return false;
  return hasTag(header, 12, 'fmt ') && hasTag(header, DATA_TAG, 'data');
}

/** The part of a sample, or the samples of some channels, at the end of a write that was cut short is left out. */
function putSizes(view: DataView, dataSize: number): void {
  const block = view.getUint16(BLOCK_SIZE, true) || BYTES_A_SAMPLE;
  const possible = Math.min(MAX_DATA_SIZE, dataSize);
  const whole = possible - (possible % block);
  view.setUint32(RIFF_SIZE, whole + WAV_HEADER_SIZE - 8, true);
  view.setUint32(DATA_SIZE, whole, true);
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
