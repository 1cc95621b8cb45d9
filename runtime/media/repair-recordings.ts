import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { repairOgg } from './ogg/repair';
import { openRecordingFile, PART, type RecordingFile } from './recording-files';
import { repairWav } from './wav/sound-file';

/**
 * Finishes the recordings under `folder` that a crash left as `.part`: corrects the sizes in the headers of WAV
 * files, ends Ogg files with their last whole page, and gives them their names. Files without sound are deleted,
 * and so is nothing else: what is no recording, or whose name is taken, stays. Call it before the first call.
 * Returns the paths.
 */
export async function repairParts(folder: string): Promise<string[]> {
  const repaired: string[] = [];
  for (const name of await partsIn(folder)) {
    const part = join(folder, name);
    const path = part.slice(0, -PART.length);
    const verdict = await repair(part);
    if (verdict === 'empty') await unlink(part);
    if (verdict !== 'whole' || (await exists(path))) continue;
    await rename(part, path);
    repaired.push(path);
  }
  return repaired;
}

async function partsIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder, { recursive: true });
    return names.filter((name) => name.endsWith(PART)).sort();
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

async function repair(part: string): Promise<'whole' | 'empty' | 'foreign'> {
  const file = await openRecordingFile(part);
  try {
    return await repairRecording(file);
  } finally {
    await file.close();
  }
}

/** Makes one file whole, whatever format it has by its beginning. */
export async function repairRecording(file: RecordingFile): Promise<'whole' | 'empty' | 'foreign'> {
  const tag = await file.read(0, 4);
  const text = String.fromCharCode(...tag);
  return text === 'OggS' ? repairOgg(file) : repairWav(file);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown
    ? thrown.code
    : undefined;
}
