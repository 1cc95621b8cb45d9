import type { FlowLog } from '../flow/flow-log';
import type { Replay } from './replay';

/** A replay as one reads it: a line a step, then whether and where it parts from what happened. */
export function writeReplay(again: Replay, log: FlowLog): string {
  const { steps, initial, parting } = again;
  const rows = [
    ['', 'the flow begins', arrow('', initial.now)],
    ...steps.map(({ at, what, now, note }) => [
      seconds(at),
      what,
      `${arrow('', now)}${note === undefined ? '' : `   (${note})`}`,
    ]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map(([at = '', what = '', state = '']) =>
    `  ${at.padStart(widths[0] ?? 0)}  ${what.padEnd(widths[1] ?? 0)}  ${state}`.trimEnd(),
  );
  return `${[...lines, '', conclusion(again, log, parting)].join('\n')}\n`;
}

function conclusion(
  { steps }: Replay,
  { result, omitted }: FlowLog,
  parting: Replay['parting'],
): string {
  const left = omitted === 0 ? '' : ` (${omitted} more steps were not kept)`;
  if (parting === undefined) {
    return `The flow does what it did then: ${steps.length} steps, ${endOf(result)}${left}.`;
  }
  const step = steps[parting.step];
  const where = step === undefined ? 'At the beginning' : `At ${seconds(step.at).trim()} s`;
  return `${where} it parts from what happened: ${parting.reason}${left}.`;
}

function endOf({ type, state }: FlowLog['result']): string {
  switch (type) {
    case 'final':
      return `ended in '${state}'`;
    case 'left':
      return `left in '${state}'`;
    case 'failed':
      return `failed in '${state}'`;
    case 'replaced':
      return `gave the call to another flow in '${state}'`;
  }
}

function arrow(from: string, to: string): string {
  return `${from}→ ${to}`;
}

function seconds(at: number): string {
  return (at / 1_000).toFixed(1);
}
