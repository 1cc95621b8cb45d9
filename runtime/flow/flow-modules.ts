import Module, { createRequire } from 'node:module';
import { types } from 'node:util';
import { frozenFiles } from './frozen-files';
import { scanImports, type ImportGraph } from './import-graph';
import { isLocalFile } from './local-files';
import { insideJest, registerTypeScript } from './register-typescript';

/** A module, with what it was made of. */
export interface LoadedModule {
  readonly exports: unknown;
  readonly imports: ImportGraph;
  /** Files that have changed since Node has read them, and that it does not read again. */
  readonly frozen?: readonly string[];
}

/** What the last generation has put into Node's cache of modules. */
let cached: readonly NodeJS.Module[] = [];

/**
 * One generation of the modules of flows. Its flows, and the local files that they import, are read anew, each once,
 * however many flows share it; packages are not. Flows of older generations keep the modules that they have.
 */
export class FlowModules {
  private readonly loaded: NodeJS.Module[] = [];

  constructor() {
    registerTypeScript();
    forget(cached);
    forgetPaths();
    cached = this.loaded;
  }

  /** Throws what the module throws. */
  load(file: string): LoadedModule {
    // Jest neither forgets modules nor says what they import.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a flow is known by its path only
    if (insideJest()) return { exports: require(file) as unknown, imports: scanImports(file) };
    // A parent of its own: that of this file would keep every module that was ever loaded as its child.
    const requireFrom = createRequire(file);
    const path = requireFrom.resolve(file);
    const before = new Set(Object.keys(require.cache));
    try {
      const exports: unknown = requireFrom(path);
      const module = require.cache[path];
      if (module !== undefined) this.loaded.push(module);
      return { exports, ...graphOf(module) };
    } catch (error) {
      // Node has forgotten the module that throws, not what that had imported before.
      for (const [name, module] of Object.entries(require.cache)) {
        if (module !== undefined && !before.has(name)) this.loaded.push(module);
      }
      throw error;
    }
  }
}

function graphOf(root: NodeJS.Module | undefined): Omit<LoadedModule, 'exports'> {
  const graph = new Map<string, readonly string[]>();
  const frozen = new Set<string>();
  for (const module of reachable(root === undefined ? [] : [root])) {
    const local = module.children.filter((child) => isLocalFile(child.filename));
    graph.set(module.filename, [...new Set(local.map(({ filename }) => filename))]);
    if (!types.isModuleNamespaceObject(module.exports)) continue;
    // Node does not say what an ECMAScript module imports.
    const { imports, changed } = frozenFiles(module.filename);
    for (const [file, imported] of imports) graph.set(file, imported);
    for (const file of changed) frozen.add(file);
  }
  return { imports: graph, frozen: [...frozen] };
}

/** Local modules, and the local ones that they import, also those that they have imported only later. */
function reachable(roots: readonly NodeJS.Module[]): Set<NodeJS.Module> {
  const found = new Set<NodeJS.Module>();
  const waiting = [...roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next) || !isLocalFile(next.filename)) continue;
    found.add(next);
    waiting.push(...next.children);
  }
  return found;
}

function forget(modules: readonly NodeJS.Module[]): void {
  for (const module of reachable(modules)) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the cache is keyed by file name
    if (require.cache[module.filename] === module) delete require.cache[module.filename];
  }
}

/** Node remembers where a path has led; a file that was moved since would not be found. */
function forgetPaths(): void {
  const paths = '_pathCache' in Module ? Module._pathCache : undefined;
  if (typeof paths !== 'object' || paths === null) return;
  for (const [request, file] of Object.entries(paths)) {
    if (typeof file === 'string' && isLocalFile(file)) Reflect.deleteProperty(paths, request);
  }
}
