import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports';

export interface SippResult {
  /** sipp's exit status: 0 when every call went as its scenario says. */
  readonly status: number;
  /** What it says on standard output, and its error files: why a call went otherwise. */
  readonly output: string;
}

/** Runs sipp with a scenario file of `test/peers/sipp`, or with one of its own (`-sn`). */
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
  const directory = mkdtempSync(join(tmpdir(), 'callchart-sipp-'));
  const builtIn = !scenario.endsWith('.xml');
  const port = await freePort();
  const media = await freePort();
  const child = spawn(
    'sipp',
    [
      `127.0.0.1:${options.server}`,
      ...(builtIn ? ['-sn', scenario] : ['-sf', join(__dirname, '..', 'sipp', scenario)]),
      ...['-s', options.service, '-i', '127.0.0.1', '-p', String(port)],
      ...['-mi', '127.0.0.1', '-mp', String(media)],
      ...['-m', String(options.calls ?? 1), '-t', options.transport ?? 'u1'],
      ...['-nostdin', '-trace_err', '-timeout', '60', '-timeout_error'],
      ...(options.args ?? []),
    ],
    { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? -1));
  });
  for (const file of readdirSync(directory)) {
    if (file.endsWith('.log')) output += readFileSync(join(directory, file), 'utf8');
  }
  rmSync(directory, { recursive: true, force: true });
  return { status, output: output.slice(-6_000) };
}
