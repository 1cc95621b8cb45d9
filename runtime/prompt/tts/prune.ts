import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that was begun so long ago was left by a process that died; milliseconds. */
const ABANDONED = 3_600_000;
/** What is left when something had to go, as a part of the limit, so that not every new file makes room for itself. */
const ROOM = 0.9;

/**
 * Removes the files of a speech cache that were not used for longest, when they are more than `limit` bytes, and
 * unfinished ones of an hour ago. Other files stay. `now` is in milliseconds since the epoch. Returns the bytes left.
 */
export async function pruneDirectory(
  directory: string,
  limit: number,
  now: number,
): Promise<number> {
  const files: { path: string; size: number; used: number }[] = [];
  let total = 0;
  for (const name of await readdir(directory)) {
    if (!/^[0-9a-f]{40}\.(wav|[\da-f-]+\.tmp)$/.test(name)) continue;
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
  if (total <= limit) return total;
  files.sort((a, b) => a.used - b.used);
  for (const file of files) {
    if (total <= limit * ROOM) break;
    await rm(file.path, { force: true });
    total -= file.size;
  }
  return total;
}
