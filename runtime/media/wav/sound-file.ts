import { encodeG711 } from '../codec/g711';
import type { RecordingFile } from '../recording-files';
import type { SoundFile, SoundFormat } from '../sound-file';
import {
  wavBlockSize,
  wavDataSize,
  wavEncoding,
  wavHeaderSize,
  wholeWavData,
  writeWavHeader,
  repairWavHeader,
  MAX_WAV_HEADER_SIZE,
  type WavEncoding,
} from './writer';

/**
 * A WAV file that grows. The sizes in its header are corrected after each piece, so that whatever ends the
 * process leaves a file that plays, up to the piece before the last.
 */
export class WavSoundFile implements SoundFile {
  private dataSize = 0;
  private failed = false;
  private readonly header: Uint8Array;
  private readonly block: number;

  constructor(
    private readonly file: RecordingFile,
    private readonly format: SoundFormat,
    private readonly encoding: WavEncoding,
  ) {
    this.header = new Uint8Array(wavHeaderSize(encoding));
    this.block = wavBlockSize(encoding, format.channels);
  }

  begin(): Promise<void> {
    return this.file.append(this.headerNow());
  }

  async append(samples: Int16Array): Promise<void> {
    const bytes = this.encode(samples);
    this.failed = true;
    await this.file.append(bytes);
    this.dataSize += bytes.length;
    await this.file.patch(this.headerNow());
    this.failed = false;
  }

  async finish(keep: number): Promise<number> {
    const { file, header, block } = this;
    // Of a piece that found no room, the part that did counts.
    if (this.failed) this.dataSize = Math.max(0, (await file.size()) - header.length);
    const size = wholeWavData(Math.min(this.dataSize, keep * block), block);
    if (this.failed || size < this.dataSize) await file.truncate(header.length + size);
    this.dataSize = size;
    await file.patch(this.headerNow());
    return size / block;
  }

  close(): void {
    // Nothing is held but the file, which its owner closes.
  }

  private encode(samples: Int16Array): Uint8Array {
    if (this.encoding === 'mulaw') {
      const bytes = Buffer.allocUnsafe(samples.length);
      encodeG711('PCMU', samples, 0, samples.length, bytes, 0);
      return bytes;
    }
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    // WAV is little-endian on every machine.
    return LITTLE_ENDIAN ? bytes : Buffer.from(bytes).swap16();
  }

  private headerNow(): Uint8Array {
    const { sampleRate, channels } = this.format;
    writeWavHeader(this.header, sampleRate, this.dataSize, channels, this.encoding);
    return this.header;
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Makes a file whole that a crash left: the sizes in its header become those of the file. `empty` has no
 * sound in it, `foreign` is none of ours, and stays as it is.
 */
export async function repairWav(file: RecordingFile): Promise<'whole' | 'empty' | 'foreign'> {
  const size = await file.size();
  const header = await file.read(0, MAX_WAV_HEADER_SIZE);
  const encoding = wavEncoding(header);
  // One that is shorter than its header was cut off in it.
  if (encoding === undefined) return size < MAX_WAV_HEADER_SIZE ? 'empty' : 'foreign';
  const headerSize = wavHeaderSize(encoding);
  const own = header.subarray(0, headerSize);
  const changed = repairWavHeader(own, size);
  const whole = headerSize + wavDataSize(own, encoding);
  if (whole === headerSize) return 'empty';
  if (changed) await file.patch(own);
  // A part of a sample.
  if (size > whole) await file.truncate(whole);
  return 'whole';
}
