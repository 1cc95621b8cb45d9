import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');

interface State {
  readonly cache: number;
  readonly children: number;
  readonly heap: number;
}

test('two hundred generations of flows: each reads all it imports anew, once; none but the last is kept', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'generations-'));
  try {
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(join(root, 'node_modules', 'xstate'), join(directory, 'node_modules', 'xstate'));
    const script = join(__dirname, 'support', 'reload-often.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '-r', 'ts-node/register', script, directory, '200'],
      { cwd: root, env: { ...process.env, JEST_WORKER_ID: undefined } },
    );
    const found = JSON.parse(stdout) as {
      readonly versions: number;
      readonly shared: boolean;
      readonly first: string;
      readonly early: State;
      readonly late: State;
    };
    // Only the file that both import by way of another has changed.
    expect(found).toMatchObject({ versions: 400, shared: true, first: 'round 0' });
    expect(found.late.cache).toBe(found.early.cache);
    expect(found.late.children).toBe(found.early.children);
    // Each generation holds 0.8 MB; the rest is what an engine keeps for itself.
    expect((found.late.heap - found.early.heap) / 1_000_000).toBeLessThan(20);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
