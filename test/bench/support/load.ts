import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cpuOf } from './process';

export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** Milliseconds of the server's CPU for each call. */
  readonly cpuPerCall: number;
  /** Calls that sipp really began each second. */
  readonly rate: number;
}

export interface Load {
  /** A file of `test/bench/sipp`, or anywhere. */
  readonly scenario: string;
  readonly service: string;
  readonly port: number;
  /** Calls a second. */
  readonly rate: number;
  readonly calls: number;
  /** Milliseconds that each call lasts, for scenarios with a pause of `-d`. */
  readonly hold?: number;
  readonly core?: number;
  /** A file of users for the scenario's fields. */
  readonly list?: string;
  readonly onTick?: () => void;
}

/** Drives a server with sipp and measures the CPU that the server spends meanwhile. */
export async function drive(
  server: { readonly pid: number } | { readonly cpu: () => number },
  load: Load,
): Promise<LoadResult> {
  const directory = mkdtempSync(join(tmpdir(), 'callchart-load-'));
  const sipp = [
    ...['sipp', `127.0.0.1:${load.port}`, '-sf', resolve(__dirname, '..', 'sipp', load.scenario)],
    ...['-s', load.service, '-i', '127.0.0.1', '-mi', '127.0.0.1', '-nostdin'],
    ...(load.list === undefined ? [] : ['-inf', load.list]),
    ...['-r', String(load.rate), '-m', String(load.calls), '-l', '100000'],
    ...[
      '-d',
      String(load.hold ?? 0),
      '-trace_stat',
      '-fd',
      '1',
      '-stf',
      join(directory, 'stat.csv'),
    ],
    ...['-timeout', String(Math.ceil(load.calls / load.rate) + 60), '-buff_size', '4194304'],
  ];
  const command = load.core === undefined ? sipp : ['taskset', '-c', String(load.core), ...sipp];
  const cpuNow = 'cpu' in server ? server.cpu : () => cpuOf(server.pid);
  const before = cpuNow();
  const child = spawn(command[0] ?? '', command.slice(1), { cwd: directory, stdio: 'ignore' });
  const timer = load.onTick ? setInterval(load.onTick, 1_000) : undefined;
  await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  const cpu = cpuNow() - before;
  const stat = lastRow(readFileSync(join(directory, firstFile(directory, '.csv')), 'utf8'));
  rmSync(directory, { recursive: true, force: true });
  const calls = stat('TotalCallCreated');
  return {
    calls,
    failed: stat('FailedCall(C)'),
    retransmissions: stat('Retransmissions(C)'),
    cpuPerCall: cpu / calls,
    rate: stat('CallRate(C)'),
  };
}

function firstFile(directory: string, ending: string): string {
  return readdirSync(directory).find((file) => file.endsWith(ending)) ?? '';
}

function lastRow(csv: string): (column: string) => number {
  const rows = csv.trim().split('\n');
  const names = (rows[0] ?? '').split(';');
  const values = (rows[rows.length - 1] ?? '').split(';');
  return (column) => Number(values[names.indexOf(column)] ?? NaN);
}
