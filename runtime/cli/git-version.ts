import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { describeError } from '../core/errors';

/**
 * Gives `use` a copy of a flow as it is in a revision of its git repository. The copy stands beside the flow's folder,
 * with what it imports from that folder, so that its other imports resolve as the flow's own do; it is removed
 * afterwards. Throws with a message for the operator when there is no such version.
 */
export function withGitVersion<T>(file: string, revision: string, use: (copy: string) => T): T {
  const path = resolve(file);
  const folder = dirname(path);
  const name = basename(path);
  const known = new Set(
    git(folder, ['ls-tree', '-r', '--name-only', '-z', revision, '.']).split('\0'),
  );
  if (!known.has(name))
    throw new Error(`${file} is not in ${revision}: nothing to compare it with`);
  const copies = mkdtempSync(join(dirname(folder), '.callchart-diff-'));
  try {
    const written = new Set<string>();
    const waiting = [name];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (written.has(next)) continue;
      written.add(next);
      const text = git(folder, ['show', `${revision}:./${next}`]);
      mkdirSync(dirname(join(copies, next)), { recursive: true });
      writeFileSync(join(copies, next), text);
      waiting.push(...importsOf(next, text, known));
    }
    return use(join(copies, name));
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

const relativeImport = /\b(?:from|import|require\s*\(|import\s*\()\s*(['"])(\.[^'"\n]*)\1/g;
const endings = [
  '',
  '.ts',
  '.mts',
  '.cts',
  '.js',
  '.mjs',
  '.cjs',
  '.json',
  '/index.ts',
  '/index.js',
];

/** Files of the folder that a file of it imports. */
function importsOf(from: string, text: string, known: ReadonlySet<string>): string[] {
  return Array.from(text.matchAll(relativeImport), ([, , name = '']) => name).flatMap((name) => {
    const target = normalize(join(dirname(from), name));
    const candidates = endings.map((ending) => target + ending);
    // What is written as .js may be compiled from .ts.
    candidates.push(target.replace(/\.([cm]?)js$/, '.$1ts'));
    return candidates.find((candidate) => known.has(candidate)) ?? [];
  });
}

function git(folder: string, args: readonly string[]): string {
  try {
    return execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    throw new Error(`git knows no such version: ${reason(error)}`, { cause: error });
  }
}

function reason(error: unknown): string {
  const output: unknown = error instanceof Error && 'stderr' in error ? error.stderr : undefined;
  const [line = ''] = (typeof output === 'string' ? output : '').trim().split('\n');
  return line === '' ? describeError(error) : line.replace(/^fatal: /, '');
}
