export const WAV_HEADER_SIZE = 44;
/** A header for 16-bit mono PCM with `dataSize` bytes of samples behind it. Rewrite it in place as the file grows. */
export declare function writeWavHeader(
  target: Uint8Array,
  sampleRate: number,
  dataSize: number,
): void;
/** For a file that was not closed: corrects the sizes in its first 44 bytes from the file's length. */
export declare function repairWavHeader(header: Uint8Array, fileSize: number): boolean;
