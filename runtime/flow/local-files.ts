import { join, sep } from 'node:path';

const root = join(__dirname, '..', '..');
const own = [join(root, 'runtime') + sep, join(root, 'dist') + sep];

/** Whether a file is the user's own: not of a package that is installed, not Callchart's, not Node's. */
export function isLocalFile(file: string): boolean {
  return (
    !file.includes(`${sep}node_modules${sep}`) &&
    !own.some((directory) => file.startsWith(directory))
  );
}
