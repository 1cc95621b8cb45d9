import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './ports';

export interface SippResult {
  /** sipp's exit status: 0 when every call went as its scenario says. */
  readonly status: number;
  /** What it says on standard output, and its error files: why a call went otherwise. */
  readonly output: string;
}

/** That every call went as its scenario says; fails with what sipp has to say. */
export function expectSuccess({ status, output }: SippResult): void {
  if (status !== 0) throw new Error(`sipp ended with ${status}:\n${output}`);
}

/** Runs sipp with a scenario file of `test/peers/sipp` or from elsewhere, or with one of its own (`-sn`). */
export async function runSipp(
  scenario: string,
  options: {
    readonly server: number;
    readonly service: string;
    readonly calls?: number;
    readonly transport?: 'u1' | 't1';
    readonly args?: readonly string[];
  },
): Promise<SippResult> {
  const sipp = new Sipp(await freePort(), await freeMediaPort(), scenario, [
    `127.0.0.1:${options.server}`,
    ...['-s', options.service],
    ...['-m', String(options.calls ?? 1), '-t', options.transport ?? 'u1'],
    ...(options.args ?? []),
  ]);
  return sipp.result;
}

/** Starts a sipp that waits for `calls` calls, with a scenario file of `test/peers/sipp`. */
export async function startSipp(
  scenario: string,
  options: {
    readonly calls?: number;
    readonly transport?: 'u1' | 't1';
    readonly args?: readonly string[];
  } = {},
): Promise<Sipp> {
  return new Sipp(await freePort(), await freeMediaPort(), scenario, [
    ...['-m', String(options.calls ?? 1), '-t', options.transport ?? 'u1'],
    ...(options.args ?? []),
  ]);
}

let search: Promise<number> = Promise.resolve(0);

/** sipp takes the port two above for a second stream, whether there is one or not. */
function freeMediaPort(): Promise<number> {
  // One search at a time: two that take turns would never get two ports in a row.
  search = search.then(twoFreePorts);
  return search;
}

async function twoFreePorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if ((await freePort()) === port + 2) return port;
  }
}

/** A sipp at work. */
export class Sipp {
  /** Settles when its calls are over; rejects when it cannot be started. */
  readonly result: Promise<SippResult>;
  private readonly child: ChildProcess;
  private readonly directory = mkdtempSync(join(tmpdir(), 'callchart-sipp-'));

  constructor(
    readonly port: number,
    media: number,
    scenario: string,
    args: readonly string[],
  ) {
    const builtIn = !scenario.endsWith('.xml');
    this.child = spawn(
      'sipp',
      [
        ...(builtIn ? ['-sn', scenario] : ['-sf', resolve(__dirname, '..', 'sipp', scenario)]),
        ...['-i', '127.0.0.1', '-p', String(port), '-mi', '127.0.0.1', '-mp', String(media)],
        ...['-nostdin', '-trace_err', '-timeout', '60', '-timeout_error'],
        ...args,
      ],
      { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.result = this.finish();
    // Nobody has to ask for it.
    this.result.catch(() => undefined);
  }

  /** Ends it, whatever it is doing. May be called again. */
  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.result.catch(() => undefined);
  }

  private async finish(): Promise<SippResult> {
    let output = '';
    this.child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      const status = await new Promise<number>((resolve, reject) => {
        this.child.once('error', reject);
        this.child.once('exit', (code) => resolve(code ?? -1));
      });
      for (const file of readdirSync(this.directory)) {
        if (file.endsWith('.log')) output += readFileSync(join(this.directory, file), 'utf8');
      }
      return { status, output: output.slice(-6_000) };
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }
}
