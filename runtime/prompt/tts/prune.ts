import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that was begun so long ago was left by a process that died; milliseconds. */
const ABANDONED = 3_600_000;

/**
 * Removes the files of a speech cache that were not used for longest, until `limit` bytes are left, and
 * unfinished ones of an hour ago. Other files stay. `now` is in milliseconds since the epoch.
 */
export async function pruneDirectory(directory: string, limit: number, now: number): Promise<void> {
  const files: { path: string; size: number; used: number }[] = [];
  let total = 0;
  for (const name of await readdir(directory)) {
    if (!/^[0-9a-f]{40}\.(wav|\d+\.tmp)$/.test(name)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    if (name.endsWith('.tmp')) {
      if (now - found.mtimeMs > ABANDONED) await rm(path, { force: true });
      continue;
    }
    files.push({ path, size: found.size, used: found.mtimeMs });
    total += found.size;
  }
  files.sort((a, b) => a.used - b.used);
  for (const file of files) {
    if (total <= limit) break;
    await rm(file.path, { force: true });
    total -= file.size;
  }
}
