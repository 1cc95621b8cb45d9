import { readFileSync } from 'node:fs';
import { scanImports, type ImportGraph } from './import-graph';

/** What Node has read of each of them, and will not read again. */
const firstRead = new Map<string, string>();

/**
 * Node keeps an ECMAScript module, with all that it imports, as it was when it was first loaded, whatever its file holds
 * later. Notes what such a module is made of.
 *
 * @returns its graph, and those of its files that hold something else now than what runs
 */
export function frozenFiles(module: string): {
  readonly imports: ImportGraph;
  readonly changed: readonly string[];
} {
  const imports = scanImports(module);
  const changed: string[] = [];
  for (const file of imports.keys()) {
    const content = contentOf(file);
    const first = firstRead.get(file);
    if (first === undefined) firstRead.set(file, content);
    else if (first !== content) changed.push(file);
  }
  return { imports, changed };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
