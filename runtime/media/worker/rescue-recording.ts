import { rename, stat, unlink } from 'node:fs/promises';
import { openRecordingFile, PART, type RecordingFile } from '../recording-files';
import { repairRecording } from '../repair-recordings';
import { MAX_WAV_HEADER_SIZE, wavEncoding, wavHeaderSize } from '../wav/writer';

export interface RescuedRecording {
  readonly path: string;
  /** Milliseconds of sound in it. */
  readonly duration: number;
}

/** An Ogg page is no longer than this (RFC 3533 §6). */
const LONGEST_PAGE = 65_307;

/**
 * Finishes the one recording that should have become `path`, whose writer is gone; undefined when nothing of it
 * is left. Rejects when the file cannot be read or written.
 */
export async function rescueRecording(path: string): Promise<RescuedRecording | undefined> {
  const part = path + PART;
  // Whoever wrote it may just have finished.
  const found = (await exists(part)) ? part : path;
  if (!(await exists(found))) return undefined;
  const file = await openRecordingFile(found);
  let verdict;
  let duration = 0;
  try {
    verdict = await repairRecording(file);
    if (verdict === 'whole') duration = await durationOf(file);
  } finally {
    await file.close();
  }
  if (verdict === 'empty') await unlink(found);
  if (verdict !== 'whole') return undefined;
  if (found === part) await rename(part, path);
  return { path, duration };
}

/** Of a file that is whole. */
async function durationOf(file: RecordingFile): Promise<number> {
  const size = await file.size();
  const header = Buffer.from(await file.read(0, MAX_WAV_HEADER_SIZE));
  const encoding = wavEncoding(header);
  if (encoding !== undefined) {
    const rate = header.readUInt32LE(24);
    const block = header.readUInt16LE(32);
    return Math.round(((size - wavHeaderSize(encoding)) / block / rate) * 1_000);
  }
  // RFC 7845 §4: the position at the end of the last page, at 48 kHz whatever was recorded.
  const from = Math.max(0, size - LONGEST_PAGE);
  const tail = Buffer.from(await file.read(from, size - from));
  const page = tail.lastIndexOf('OggS');
  return page < 0 ? 0 : Math.round(Number(tail.readBigInt64LE(page + 6)) / 48);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
