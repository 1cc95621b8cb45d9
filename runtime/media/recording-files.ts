import { mkdir, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The ending of a file that is not finished. */
export const PART = '.part';

/** A file that grows at its end and is corrected before it. Calls are made one after the other. */
export interface RecordingFile {
  /** Writes all bytes, or rejects after those that found room. */
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites what is at `at`, the beginning when absent. */
  patch(bytes: Uint8Array, at?: number): Promise<void>;
  /** What is from `at` on: `length` bytes, or fewer where the file ends. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Cuts off all beyond `size` bytes. */
  truncate(size: number): Promise<void>;
  /** Bytes that are in the file. */
  size(): Promise<number>;
  /** Resolves when not even a loss of power takes away what is in it. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Where recordings go: the disk, or in tests something that fills up when told to. */
export interface RecordingFiles {
  /** Makes the file anew, and the folders on the way. */
  create(path: string): Promise<RecordingFile>;
  rename(from: string, to: string): Promise<void>;
  /** Deletes one that is not to be kept. */
  remove(path: string): Promise<void>;
}

/** The file system. */
export const diskFiles: RecordingFiles = {
  async create(path) {
    await mkdir(dirname(path), { recursive: true });
    return new DiskFile(await open(path, 'w+'), 0);
  },
  rename,
  remove: unlink,
};

/** A file that is there, to be corrected. */
export async function openRecordingFile(path: string): Promise<RecordingFile> {
  const handle = await open(path, 'r+');
  return new DiskFile(handle, (await handle.stat()).size);
}

class DiskFile implements RecordingFile {
  constructor(
    private readonly handle: FileHandle,
    private end: number,
  ) {}

  async append(bytes: Uint8Array): Promise<void> {
    let written = 0;
    // A disk that fills up takes a part and refuses the rest.
    while (written < bytes.length) {
      const left = bytes.length - written;
      const { bytesWritten } = await this.handle.write(bytes, written, left, this.end);
      written += bytesWritten;
      this.end += bytesWritten;
    }
  }

  async patch(bytes: Uint8Array, at = 0): Promise<void> {
    await this.handle.write(bytes, 0, bytes.length, at);
    this.end = Math.max(this.end, at + bytes.length);
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(bytes, filled, length - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async truncate(size: number): Promise<void> {
    await this.handle.truncate(size);
    this.end = size;
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
