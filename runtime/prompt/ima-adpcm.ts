/*
 * IMA ADPCM in WAV files (format 0x11), by Microsoft's "New Multimedia Data Types". Decoded here because
 * wavefile doubles the first sample of every block and drops the last block. A block is, for each channel,
 *
 *   0               1               2               3
 *  +---------------+---------------+---------------+---------------+
 *  |     first sample (signed)     |  step index   |    reserved   |
 *  +---------------+---------------+---------------+---------------+
 *
 * and then, for each channel in turn, four bytes with eight differences, the low half of a byte first.
 */
const HEADER = 4;
const WORD = 4;

const STEPS = Int16Array.of(
  ...[7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60],
  ...[66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371],
  ...[408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878],
  ...[2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845],
  ...[8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086],
  ...[29794, 32767],
);
const LAST_STEP = STEPS.length - 1;
const STEP_CHANGES = Int8Array.of(-1, -1, -1, -1, 2, 4, 6, 8);

/**
 * Samples of all channels, interleaved. `blockAlign` is the size of a block in bytes; the last one may be
 * shorter. Throws an `Error` when a block has no room for a sample.
 */
export function decodeImaAdpcm(data: Uint8Array, blockAlign: number, channels: number): Int16Array {
  const header = HEADER * channels;
  if (blockAlign <= header) throw new Error(`its ADPCM blocks have ${blockAlign} bytes`);
  const perBlock = samplesIn(blockAlign, channels);
  const whole = Math.floor(data.length / blockAlign);
  const rest = samplesIn(data.length % blockAlign, channels);
  const output = new Int16Array((whole * perBlock + rest) * channels);
  for (let block = 0; block * blockAlign < data.length; block += 1) {
    const bytes = data.subarray(block * blockAlign, (block + 1) * blockAlign);
    const count = samplesIn(bytes.length, channels);
    for (let channel = 0; channel < channels; channel += 1) {
      decodeChannel(bytes, channel, channels, count, output, block * perBlock * channels + channel);
    }
  }
  return output;
}

/** Samples of each channel in a block of so many bytes. */
function samplesIn(bytes: number, channels: number): number {
  const words = bytes - HEADER * channels;
  if (words < 0) return 0;
  return 1 + Math.floor(words / (WORD * channels)) * 2 * WORD;
}

function decodeChannel(
  block: Uint8Array,
  channel: number,
  channels: number,
  count: number,
  output: Int16Array,
  start: number,
): void {
  if (count === 0) return;
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  let sample = view.getInt16(channel * HEADER, true);
  let index = Math.min(LAST_STEP, view.getUint8(channel * HEADER + 2));
  output[start] = sample;
  for (let i = 1; i < count; i += 1) {
    const half = i - 1;
    const word = Math.floor(half / 8) * channels + channel;
    const byte = view.getUint8(HEADER * channels + word * WORD + ((half & 7) >> 1));
    const code = (half & 1) === 0 ? byte & 0xf : byte >> 4;
    const step = STEPS[index] as number;
    let change = step >> 3;
    if ((code & 4) !== 0) change += step;
    if ((code & 2) !== 0) change += step >> 1;
    if ((code & 1) !== 0) change += step >> 2;
    sample = Math.max(
      -0x8000,
      Math.min(0x7fff, (code & 8) === 0 ? sample + change : sample - change),
    );
    index = Math.max(0, Math.min(LAST_STEP, index + (STEP_CHANGES[code & 7] as number)));
    output[start + i * channels] = sample;
  }
}
