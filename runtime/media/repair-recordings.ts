import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PART } from './wav-file';
import { isWavHeader, repairWavHeader, WAV_HEADER_SIZE } from './wav/writer';

/**
 * Finishes the recordings under `folder` that a crash left as `.part`: corrects the sizes in their
 * headers and gives them their names. Files without sound are deleted, and so is nothing else: what is
 * no WAV file, or whose name is taken, stays. Call it before the first call. Returns the paths.
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
  const handle = await open(part, 'r+');
  try {
    const { size } = await handle.stat();
    if (size <= WAV_HEADER_SIZE) return 'empty';
    const header = new Uint8Array(WAV_HEADER_SIZE);
    await handle.read(header, 0, WAV_HEADER_SIZE, 0);
    if (!isWavHeader(header)) return 'foreign';
    // After a crash between two pieces the sizes are right as they are.
    if (repairWavHeader(header, size)) await handle.write(header, 0, WAV_HEADER_SIZE, 0);
    return 'whole';
  } finally {
    await handle.close();
  }
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
