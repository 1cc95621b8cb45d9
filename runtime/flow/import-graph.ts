import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isLocalFile } from './local-files';

/** Local files by their absolute path, each with those that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The files of a circle of imports, the first of them again at the end; undefined when there is none. */
export function importCycle(graph: ImportGraph): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    const since = path.indexOf(file);
    if (since >= 0) return [...path.slice(since), file];
    if (done.has(file)) return undefined;
    done.add(file);
    for (const imported of graph.get(file) ?? []) {
      const cycle = visit(imported, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/**
 * The imports of a file as its text has them: for a module that cannot be loaded, and so cannot be asked. Files
 * that cannot be read import nothing.
 */
export function scanImports(file: string): ImportGraph {
  const graph = new Map<string, readonly string[]>();
  const waiting = [file];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (graph.has(next)) continue;
    const imported = importsOf(next);
    graph.set(next, imported);
    waiting.push(...imported);
  }
  return graph;
}

const comment = /\/\*[^]*?\*\/|(?<![:'"`])\/\/.*/g;
/** They are gone once TypeScript is JavaScript. */
const typeImport = /\b(?:import|export)\s+type\b[^;'"]*\bfrom\s*(['"])[^'"\n]*\1/g;
const relativeImport = /\b(?:from|import|require\s*\(|import\s*\()\s*(['"])(\.[^'"\n]*)\1/g;

function importsOf(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const code = text.replace(comment, '').replace(typeImport, '');
  const { resolve } = createRequire(file);
  const found = new Set<string>();
  for (const [, , name = ''] of code.matchAll(relativeImport)) {
    try {
      const path = resolve(name);
      if (isLocalFile(path)) found.add(path);
    } catch {
      // What is not there has no imports.
    }
  }
  return [...found];
}
