import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The longest path that every system takes for a socket. */
const longest = 100;

/** Where a server with this data directory is reached by the commands of its own machine. */
export function controlPath(dataDirectory: string): string {
  const directory = resolve(dataDirectory);
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\callchart-${name}`;
  const path = join(directory, 'control.sock');
  return path.length <= longest ? path : join(tmpdir(), `callchart-${name}.sock`);
}
