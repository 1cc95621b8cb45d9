import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUntil } from './process';

const root = join(__dirname, '..', '..', '..');
const flows = join(root, 'test', 'bench', 'flows');

export interface Server {
  readonly name: string;
  readonly port: number;
  readonly process: Awaited<ReturnType<typeof startUntil>>;
}

type FlowName = 'wait' | 'menu' | 'play';

/** Callchart as `callchart serve` runs it, with flows of `test/bench/flows`. */
export async function startCallchart(
  port: number,
  flow: FlowName | readonly FlowName[],
  options: {
    readonly prompts?: string;
    readonly core?: number;
    readonly nodeArgs?: string[];
    readonly workers?: number;
    /** Further keys of the configuration. */
    readonly config?: object;
  } = {},
): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'callchart-bench-'));
  const file = join(directory, 'callchart.config.js');
  const config = {
    sip: { listen: [`udp:127.0.0.1:${port}`], maxCalls: 100_000 },
    media: {
      ports: { min: 20_000, max: 59_999 },
      ...(options.workers === undefined ? {} : { workers: options.workers }),
    },
    flows: { files: [flow].flat().map((name) => join(flows, `${name}.flow.ts`)) },
    prompts: { directory: options.prompts ?? join(root, 'prompts') },
    // One sipp is a thousand callers.
    security: { maxRequestsPerSecond: 0, maxFailures: 0 },
    log: { level: 'warn' },
    ...options.config,
  };
  writeFileSync(file, `module.exports = ${JSON.stringify(config)};\n`);
  const args = [
    ...(options.nodeArgs ?? []),
    join(root, 'bin', 'callchart.js'),
    ...['serve', '--config', file],
  ];
  const pinned = options.core !== undefined;
  const child = await startUntil(
    pinned ? 'taskset' : process.execPath,
    pinned ? ['-c', String(options.core), process.execPath, ...args] : args,
    /to call/,
    { cwd: directory },
  );
  child.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return { name: 'callchart', port, process: child };
}

/** The npm `sip` package with a fixed SDP and an RTP socket a call, and no flow: the peer. */
export async function startPeer(port: number, socketPerCall: boolean): Promise<Server> {
  const file = join(__dirname, 'npm-sip-server.js');
  const child = await startUntil(
    process.execPath,
    [file, String(port), socketPerCall ? 'sockets' : 'fixed'],
    /ready/,
  );
  return {
    name: socketPerCall ? 'npm sip, RTP socket' : 'npm sip, fixed SDP',
    port,
    process: child,
  };
}
