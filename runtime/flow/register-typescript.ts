import { createRequire } from 'node:module';
import type * as TsNode from 'ts-node';
import { CallchartError } from '../core/errors';

let registered = false;

/**
 * Lets `require` read TypeScript, types unchecked, through ts-node and swc. Does nothing where something
 * reads it already: ts-node itself, or Jest, whose modules do not come through Node's `require` at all.
 */
export function registerTypeScript(): void {
  if (registered) return;
  registered = true;
  if (insideJest()) return;
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- ts-node hooks in here; there is no newer place
    if (require.extensions['.ts'] !== undefined) return;
    // Loaded only when a flow needs it: ts-node costs 0.2 s at start.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a static import would always load it
    const tsNode = require('ts-node') as typeof TsNode;
    tsNode.register({
      swc: true,
      // The tsconfig.json of wherever the flow stands is its editor's; how it runs does not hang on it.
      skipProject: true,
      // A project of "type": "module" may hold flows too, and they are loaded with require all the same.
      moduleTypes: { '**/*': 'cjs' },
      compilerOptions: {
        target: 'es2022',
        module: 'commonjs',
        moduleResolution: 'node10',
        esModuleInterop: true,
        resolveJsonModule: true,
      },
    });
  } catch (error) {
    registered = false;
    throw new CallchartError('CALLCHART_TYPESCRIPT', 'TypeScript flows need the package ts-node', {
      cause: error,
    });
  } finally {
    forgetOldLines();
  }
}

/**
 * ts-node maps lines of what it has compiled back to those of the source, but keeps the map of the first time. A file
 * that is loaded again would be blamed for lines that it had before.
 */
function forgetOldLines(): void {
  try {
    const requireFrom = createRequire(require.resolve('ts-node'));
    const maps = requireFrom('@cspotcode/source-map-support') as {
      install(options: { readonly hookRequire: true }): void;
    };
    maps.install({ hookRequire: true });
  } catch {
    // Without it the lines of a first load are right all the same.
  }
}

/** Whether modules are Jest's own; the variable alone is inherited by whatever a test starts. */
export function insideJest(): boolean {
  return process.env['JEST_WORKER_ID'] !== undefined && 'expect' in globalThis;
}
