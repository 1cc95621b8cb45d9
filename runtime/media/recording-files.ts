import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that grows at its end and whose beginning is corrected. Calls are made one after the other. */
export interface RecordingFile {
  /** Writes all bytes, or rejects after those that found room. */
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites the beginning. */
  patch(bytes: Uint8Array): Promise<void>;
  /** Bytes that are in the file. */
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Where recordings go: the disk, or in tests something that fills up when told to. */
export interface RecordingFiles {
  /** Makes the file anew, and the folders on the way. */
  create(path: string): Promise<RecordingFile>;
  rename(from: string, to: string): Promise<void>;
}

/** The file system. */
export const diskFiles: RecordingFiles = {
  async create(path) {
    await mkdir(dirname(path), { recursive: true });
    return new DiskFile(await open(path, 'w'));
  },
  rename,
};

class DiskFile implements RecordingFile {
  private end = 0;

  constructor(private readonly handle: FileHandle) {}

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

  async patch(bytes: Uint8Array): Promise<void> {
    await this.handle.write(bytes, 0, bytes.length, 0);
    this.end = Math.max(this.end, bytes.length);
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
