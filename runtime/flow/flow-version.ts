import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';

/**
 * The version of a flow: twelve hexadecimal digits that are equal where its files, and what its prompts say, are equal
 * byte for byte, wherever they stand.
 *
 * @param sources absolute paths of local files
 * @param prompts what it plays, in a form that does not hang on the machine; '' for nothing
 */
export function flowVersion(file: string, sources: Iterable<string>, prompts = ''): string {
  const directory = dirname(file);
  const named = Array.from(sources, (source) => ({
    source,
    name: relative(directory, source).split(sep).join('/'),
  }));
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash('sha256');
  for (const { source, name } of named) {
    const content = readFileSync(source);
    hash.update(`${name}\n${content.length}\n`).update(content);
  }
  return hash.update(prompts).digest('hex').slice(0, 12);
}
