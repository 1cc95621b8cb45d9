import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** A process of a benchmark, from a file of this folder. */
export function startChild(name: string): ChildProcess {
  return fork(join(__dirname, `${name}.ts`), {
    execArgv: ['-r', 'ts-node/register'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/**
 * Keeps all threads of a process on one core, where there are several. Whoever is sent packets must not wake up on the
 * core of their sender: each packet would cost it two switches, 50,000 in ten seconds, and what its caches know.
 */
export function pin(child: ChildProcess, core: number): void {
  if (process.platform !== 'linux' || core >= availableParallelism()) return;
  // Those that are started later are where their maker is.
  spawnSync('taskset', ['-acp', String(core), String(child.pid)]);
}

/** The next message of a kind. */
export function next<M extends { readonly type: string }, T extends M['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<M, { readonly type: T }>> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      reject(new Error(`a process of the benchmark has ended (${code ?? 'signal'})`));
    };
    child.once('exit', onExit);
    const onMessage = (message: unknown): void => {
      const typed = message as M;
      if (typed.type !== type) return;
      child.off('exit', onExit);
      child.off('message', onMessage);
      resolve(typed as Extract<M, { readonly type: T }>);
    };
    child.on('message', onMessage);
  });
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await exited;
}
