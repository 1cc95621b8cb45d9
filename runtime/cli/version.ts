import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version in the package's own package.json, from `dist/cli` as from `runtime/cli`. */
export function packageVersion(): string {
  const file = join(__dirname, '..', '..', 'package.json');
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version = (content as { readonly version?: unknown }).version;
  return typeof version === 'string' ? version : 'unknown';
}
