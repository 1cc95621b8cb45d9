import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..', '..');
const program = join(root, 'bin', 'callchart.js');

/** What a command said, and how it ended; a signal that ended it is no status. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the command line. */
export class Command {
  stdout = '';
  stderr = '';
  readonly done: Promise<Outcome>;
  private readonly watchers = new Set<() => void>();

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
      this.look();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
      this.look();
    });
    this.done = new Promise((resolve) => {
      child.once('close', (status) => {
        // A checkout whose sources have changed says that first; it is no part of the command.
        this.stderr = this.stderr.replace('callchart: compiling …\n', '');
        resolve({ status, stdout: this.stdout, stderr: this.stderr });
        this.look();
      });
    });
  }

  /** Resolves when the pattern was written to either output; rejects when the command ends without. */
  said(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.stdout) || pattern.test(this.stderr)) resolve();
        else if (this.child.exitCode === null) return;
        else reject(new Error(`it ended without ${String(pattern)}: ${this.stdout}${this.stderr}`));
        this.watchers.delete(look);
      };
      this.watchers.add(look);
      look();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  private look(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}

/** A project of a user's own in a temporary folder, with callchart and xstate in its node_modules. */
export class Project {
  private readonly running = new Set<Command>();

  private constructor(readonly directory: string) {}

  static create(files: Readonly<Record<string, string | Uint8Array>> = {}): Project {
    const project = new Project(mkdtempSync(join(tmpdir(), 'callchart-cli-')));
    const modules = join(project.directory, 'node_modules');
    mkdirSync(modules);
    symlinkSync(root, join(modules, 'callchart'), 'dir');
    symlinkSync(join(root, 'node_modules', 'xstate'), join(modules, 'xstate'), 'dir');
    for (const [name, content] of Object.entries(files)) project.write(name, content);
    return project;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  /** Starts `callchart` with these arguments. */
  start(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    stdio: 'pipe' | 'inherit' = 'pipe',
  ): Command {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', stdio, 'pipe'],
    });
    const command = new Command(child);
    this.running.add(command);
    void command.done.then(() => this.running.delete(command));
    return command;
  }

  run(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    return this.start(args, environment).done;
  }

  /** Starts a server on a port of its own; resolves with where it listens when it can be called. */
  async serve(
    args: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly server: Command; readonly host: string; readonly tcpHost: string }> {
    const server = this.start(['serve', ...args], {
      CALLCHART_LISTEN: 'udp:127.0.0.1:0,tcp:127.0.0.1:0',
      ...environment,
    });
    await server.said(/to call/);
    const [, udp = '', tcp = ''] = /udp:(\S+) +tcp:(\S+)/.exec(server.stdout) ?? [];
    return { server, host: udp, tcpHost: tcp };
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    const left = [...this.running];
    for (const command of left) command.signal('SIGKILL');
    await Promise.all(left.map(({ done }) => done));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A flow file with these states, the first of them initial. */
export function flow(states: string, imports = 'callActors'): string {
  return `
import { ${imports} } from 'callchart';
import { setup } from 'xstate';

export default setup({ actors: callActors }).createMachine({
  initial: 'first',
  states: {
    ${states}
    done: { type: 'final' },
  },
});
`;
}
