import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TracedMessage } from '../../../runtime/store/sip-trace';
import { run, type CommandResult } from './command';
import { freePort } from './ports';

const root = join(__dirname, '..', '..', '..');

/** One line of a call record file, as far as these tests look at it. */
export interface RecordLine {
  readonly id: string;
  readonly callId: string;
  readonly from: { readonly user: string };
  readonly answered: unknown;
  readonly [key: string]: unknown;
}

/** A Callchart server in a process of its own, as `callchart serve` starts it. */
export class CallchartProcess {
  private output = '';
  private exit: Promise<number>;

  private constructor(
    readonly port: number,
    readonly directory: string,
    private readonly child: ChildProcess,
  ) {
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    this.exit = new Promise((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  }

  /** Starts it and resolves when it can take calls. */
  static async start(
    options: {
      readonly config?: Record<string, unknown>;
      readonly args?: readonly string[];
      readonly environment?: Record<string, string>;
      /** Users and their passwords. */
      readonly users?: Readonly<Record<string, string>>;
      /** Listeners beside UDP and TCP, as text; `PORT` stands for the server's port. */
      readonly listen?: readonly string[];
      readonly port?: number;
      /** What an earlier server that was killed has left; a new one when absent. */
      readonly directory?: string;
    } = {},
  ): Promise<CallchartProcess> {
    const port = options.port ?? (await freePort());
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'callchart-peer-'));
    const { sip, ...rest } = options.config ?? {};
    const config = {
      sip: {
        listen: [
          `udp:127.0.0.1:${port}`,
          `tcp:127.0.0.1:${port}`,
          ...(options.listen ?? []).map((text) => text.replace('PORT', String(port))),
        ],
        maxCalls: 5_000,
        ...(typeof sip === 'object' ? sip : {}),
      },
      flows: {
        directory: join(root, 'flows'),
        files: readdirSync(join(__dirname, '..', 'flows'))
          .filter((file) => file.endsWith('.flow.ts'))
          .map((file) => join(__dirname, '..', 'flows', file)),
      },
      prompts: { directory: join(root, 'prompts') },
      ...rest,
    };
    const file = join(directory, 'callchart.config.js');
    writeFileSync(file, `module.exports = ${JSON.stringify(config, null, 2)};\n`);
    for (const [name, password] of Object.entries(options.users ?? {})) {
      const added = await run(
        process.execPath,
        [
          join(root, 'bin', 'callchart.js'),
          ...['users', 'add', name, '--password-stdin', '--config', file],
        ],
        { cwd: directory, input: `${password}\n` },
      );
      if (added.status !== 0) throw new Error(`${name} could not be added: ${added.output}`);
    }
    const child = spawn(
      process.execPath,
      [join(root, 'bin', 'callchart.js'), 'serve', '--config', file, ...(options.args ?? [])],
      {
        cwd: directory,
        env: { ...process.env, ...options.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const server = new CallchartProcess(port, directory, child);
    try {
      await server.waitForOutput(/to call/);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return server;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get log(): string {
    return this.output;
  }

  async waitForOutput(pattern: RegExp, timeout = 60_000): Promise<void> {
    const until = Date.now() + timeout;
    while (!pattern.test(this.output)) {
      if (this.child.exitCode !== null || Date.now() > until) {
        throw new Error(`the server did not say ${String(pattern)}:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The call records, once there are at least `count`. */
  async records(count: number, timeout = 10_000): Promise<RecordLine[]> {
    const until = Date.now() + timeout;
    for (;;) {
      const lines = this.readRecords();
      if (lines.length >= count) return lines;
      if (Date.now() > until) {
        throw new Error(`${lines.length} call records instead of ${count}:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The record of the only call of a user, once the call is over. */
  async recordOf(user: string, timeout = 10_000): Promise<RecordLine> {
    const until = Date.now() + timeout;
    for (;;) {
      const found = this.readRecords().find((line) => line.from.user === user);
      if (found) return found;
      if (Date.now() > until) throw new Error(`no call record of ${user}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Runs a command of the same configuration beside the server. */
  command(...args: readonly string[]): Promise<CommandResult> {
    const file = join(this.directory, 'callchart.config.js');
    return run(process.execPath, [join(root, 'bin', 'callchart.js'), ...args, '--config', file], {
      cwd: this.directory,
    });
  }

  /** Ends it as a crash would; its directory stays, for the next one. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  /** Sends SIGTERM and resolves with the exit status, which is 0 after a graceful end. */
  async stop(): Promise<number> {
    this.child.kill('SIGTERM');
    // Longer than the drain that the tests' calls can need.
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    const status = await this.exit;
    clearTimeout(timer);
    rmSync(this.directory, { recursive: true, force: true });
    return status;
  }

  /** The SIP messages so far, of a server that was started with `--trace`. */
  messages(): TracedMessage[] {
    return this.readLines<TracedMessage>('sip-').filter((line) => 'text' in line);
  }

  private readRecords(): RecordLine[] {
    return this.readLines('calls-');
  }

  private readLines<Line>(prefix: string): Line[] {
    const folder = join(this.directory, 'records');
    let files: string[];
    try {
      files = readdirSync(folder);
    } catch {
      return [];
    }
    return files
      .filter((file) => file.startsWith(prefix))
      .sort()
      .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1))
      .map((line) => JSON.parse(line) as Line);
  }
}
