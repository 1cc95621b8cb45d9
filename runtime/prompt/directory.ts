import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** How deep folders in folders are followed: links may lead in circles. */
const MAX_DEPTH = 8;
const MAX_FILES = 100_000;
const ENDING = /\.wav$/i;

/**
 * The prompts of some folders by name: `prompts/digits/1.wav` is `digits/1`. Only the names are read.
 * The first folder that has a name wins; a folder that does not exist has none. Hidden files are
 * left out, links are followed.
 */
export function indexPrompts(directories: readonly string[]): Map<string, string> {
  const index = new Map<string, string>();
  for (const directory of directories) walk(directory, '', 0, new Set(), index);
  return index;
}

function walk(
  directory: string,
  prefix: string,
  depth: number,
  visited: Set<string>,
  index: Map<string, string>,
): void {
  let names: string[];
  try {
    const real = realpathSync(directory);
    if (visited.has(real)) return;
    visited.add(real);
    names = readdirSync(directory).sort();
  } catch {
    return;
  }
  for (const name of names) {
    if (name.startsWith('.') || index.size >= MAX_FILES) continue;
    const path = join(directory, name);
    const kind = kindOf(path);
    if (kind === 'directory' && depth < MAX_DEPTH) {
      walk(path, `${prefix}${name}/`, depth + 1, visited, index);
    } else if (kind === 'file' && ENDING.test(name)) {
      const key = prefix + basename(name).replace(ENDING, '');
      if (!index.has(key)) index.set(key, path);
    }
  }
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return 'directory';
  return stat?.isFile() === true ? 'file' : undefined;
}

/**
 * Whether a text can be the name of a prompt: parts of letters, digits, `_`, `-`, `.` and spaces between single `/`, none
 * of them beginning with a dot. So no name leads out of the prompts' folder, or to an absolute path.
 */
export function isPromptName(name: string): boolean {
  return (
    name.length <= 200 &&
    /^[\p{L}\p{N}_-][\p{L}\p{N} ._-]*(\/[\p{L}\p{N}_-][\p{L}\p{N} ._-]*)*$/u.test(name)
  );
}
