/**
 * What the event log costs a call: the machine's inputs taken down while the flow runs, the line that is made of them,
 * and its way to the disk. Measured twice: for reception in process (a key, the opening hours, a message), and for the
 * whole server as call-path.ts calls it. All variants take turns in one process, a short round each, so that what else
 * runs on the machine falls on all alike; the figures are medians over the rounds.
 * `node -r ts-node/register test/bench/flow-log.ts [--quick]`
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import reception from '../../flows/reception.flow';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { settle } from '../../runtime/core/virtual-clock';
import { type FlowLog, writeFlowLog } from '../../runtime/flow/flow-log';
import type { FlowResult } from '../../runtime/flow/run-flow';
import { FlowLogs } from '../../runtime/store/flow-logs';
import { runFakeCall } from '../support/run-fake-call';
import { callPath } from './call-path';
import { median } from './support/process';

const quick = process.argv.includes('--quick');
const rounds = quick ? 100 : 500;
const name = { name: 'reception', version: '123456789abc' };

/** CPU microseconds for each of so many. */
async function cost(count: number, one: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i += 1) await one();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/**
 * Every variant in its turn, each round beginning with the next: the median of the first, and for each other the median
 * of how much more it cost than the first did in that round.
 */
async function compare(turns: readonly (() => Promise<number>)[]): Promise<number[]> {
  const all = turns.map((): number[] => []);
  const warm = Math.ceil(rounds / 10);
  for (let round = 0; round < warm + rounds; round += 1) {
    const figures: number[] = [];
    for (let turn = 0; turn < turns.length; turn += 1) {
      const index = (round + turn) % turns.length;
      figures[index] = (await turns[index]?.()) ?? 0;
    }
    if (round < warm) continue;
    const [first = 0] = figures;
    for (const [index, figure] of figures.entries()) {
      all[index]?.push(index === 0 ? figure : figure - first);
    }
  }
  return all.map(median);
}

async function receptionCall(onLog?: (log: FlowLog) => void): Promise<void> {
  const log = onLog === undefined ? {} : { log: { flow: name, onLog } };
  const fake = runFakeCall(reception, { start: Date.UTC(2026, 0, 5, 9), ...log });
  const { call, clock } = fake;
  await clock.run(1_500);
  call.press('1');
  await clock.run(1_500);
  call.press('2');
  await clock.run(2_000);
  call.recordings[0]?.finish({ type: 'finishOn', digit: '#' });
  await clock.run(3_000);
  await settle();
  const result: FlowResult | undefined = fake.result;
  if (result?.type !== 'final') throw new Error('the call did not end as it should');
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'callchart-flow-log-'));
  const logs = new FlowLogs({ folder, clock: new RealClock(), logger: silentLogger });
  const write = (log: FlowLog): void => logs.append(log.ended, writeFlowLog(log));
  try {
    let last: FlowLog | undefined;
    await receptionCall((log) => (last = log));
    if (last === undefined) throw new Error('there is no log');
    const sample = last;

    const count = 25;
    const [bare = 0, taken = 0, lined = 0, written = 0] = await compare([
      () => cost(count, () => receptionCall()),
      () => cost(count, () => receptionCall(() => undefined)),
      () => cost(count, () => receptionCall((log) => void writeFlowLog(log))),
      () => cost(count, () => receptionCall(write)),
    ]);
    const plain = await callPath();
    const kept = await callPath({ onFlowLog: write });
    const [call = 0, more = 0] = await compare([
      () => plain.calls(2 * count),
      () => kept.calls(2 * count),
    ]);
    await plain.close();
    await kept.close();
    await logs.close();

    const micros = (figure: number): string => `${figure.toFixed(1)} µs`;
    const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
    const size = readdirSync(folder).reduce(
      (sum, file) => sum + statSync(join(folder, file)).size,
      0,
    );
    if (size === 0) throw new Error('nothing was written');
    console.log(
      `reception, ${sample.entries.length} entries, ${writeFlowLog(sample).length} characters, CPU a call:`,
    );
    console.log(`  without a log ${micros(bare)}, in the simulated call's harness`);
    console.log(`  taken down   ${micros(taken)} more`);
    console.log(`  as a line    ${micros(lined)} more`);
    console.log(`  on the disk  ${micros(written)} more`);
    console.log('a whole call without sockets, of two states (call-path), CPU a call:');
    console.log(`  without a log ${micros(call)}`);
    console.log(
      `  with its log on the disk ${micros(more)} more: ${share(more, call)} of the call`,
    );
    console.log(
      `reception's log beside the signalling of its call: ${share(written, call + bare)} (aim: 2 %)`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
  process.exit(0);
}

void main();
