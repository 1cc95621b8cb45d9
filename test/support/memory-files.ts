import type { RecordingFile, RecordingFiles } from '../../runtime/media/recording-files';

/** Recordings in memory, on a disk that fails when it is told to. */
export class MemoryFiles implements RecordingFiles {
  readonly files = new Map<string, Buffer>();
  /** Bytes that fit into all files together. */
  capacity = Infinity;
  /** While set, appending waits for it. */
  gate: Promise<void> | undefined;
  refuseCreate = false;

  create(path: string): Promise<RecordingFile> {
    if (this.refuseCreate) return Promise.reject(failure('EACCES', 'permission denied'));
    this.files.set(path, Buffer.alloc(0));
    return Promise.resolve({
      append: async (bytes: Uint8Array) => {
        await this.gate;
        const room = this.capacity - this.used();
        const part = bytes.subarray(0, Math.max(0, Math.min(room, bytes.length)));
        this.files.set(path, Buffer.concat([this.file(path), part]));
        if (part.length < bytes.length) throw failure('ENOSPC', 'no space left on device');
      },
      patch: (bytes: Uint8Array, at = 0) => {
        this.file(path).set(bytes, at);
        return Promise.resolve();
      },
      read: (at: number, length: number) =>
        Promise.resolve(Buffer.from(this.file(path).subarray(at, at + length))),
      truncate: (size: number) => {
        this.files.set(path, Buffer.from(this.file(path).subarray(0, size)));
        return Promise.resolve();
      },
      size: () => Promise.resolve(this.file(path).length),
      sync: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
  }

  rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.file(from));
    this.files.delete(from);
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    return this.files.delete(path) ? Promise.resolve() : Promise.reject(failure('ENOENT', path));
  }

  file(path: string): Buffer {
    const file = this.files.get(path);
    if (file === undefined) throw failure('ENOENT', path);
    return file;
  }

  private used(): number {
    let used = 0;
    for (const file of this.files.values()) used += file.length;
    return used;
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

/** The samples of a WAV file as we write them; throws unless the header says exactly what is there. */
export function samplesOfWav(file: Buffer): Int16Array {
  const text = (at: number): string => file.toString('latin1', at, at + 4);
  const dataSize = file.readUInt32LE(40);
  if (text(0) !== 'RIFF' || text(8) !== 'WAVE' || text(36) !== 'data') throw new Error('no WAV');
  if (file.readUInt32LE(24) !== 8_000 || file.readUInt16LE(22) !== 1) throw new Error('not 8 kHz');
  if (file.readUInt32LE(4) !== 36 + dataSize || file.length < 44 + dataSize) {
    throw new Error(`the header says ${dataSize} bytes, the file has ${file.length - 44}`);
  }
  const samples = new Int16Array(dataSize / 2);
  for (let i = 0; i < samples.length; i += 1) samples[i] = file.readInt16LE(44 + 2 * i);
  return samples;
}
