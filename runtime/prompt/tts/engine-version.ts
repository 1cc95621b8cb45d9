import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version of the package that a file belongs to: another one may speak otherwise. `unknown` where none is told. */
export function engineVersion(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        version?: unknown;
      };
      if (typeof version === 'string') return version;
    } catch {
      // Not here: perhaps in the folder above.
    }
  }
  return 'unknown';
}
