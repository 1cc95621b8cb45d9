import { join, relative } from 'node:path';

/** A path as whoever works in this folder would write it; in full where it is far from here. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith(join('..', '..')) ? path : short;
}
