import type { CallStatus, LegStatus } from '../call/call-status';
import { askServer } from '../control/client';
import { controlPath } from '../control/path';
import type { MediaStatistics } from '../media/port';
import { formatDuration } from './phone/screen';
import { formatTable } from './table';

/** `callchart calls --live`: the calls in progress in the running server. Resolves with the exit status. */
export async function liveCalls(dataDirectory: string, json: boolean): Promise<number> {
  const answer = await askServer(controlPath(dataDirectory), 'calls');
  // What the server of this package writes; another version may leave a member out, never change one.
  const calls = answer as readonly CallStatus[];
  if (json) {
    for (const call of calls) process.stdout.write(`${JSON.stringify(call)}\n`);
  } else if (calls.length === 0) {
    process.stdout.write('no calls in progress\n');
  } else {
    process.stdout.write(`${liveCallTable(calls)}\n`);
  }
  return 0;
}

const heading = [
  ...['id', 'state', 'flow', 'duration', 'party'],
  ...['codec', 'security', 'loss', 'jitter', 'MOS', 'level'],
];

/** One line a leg; the call's own facts stand on its first. */
export function liveCallTable(calls: readonly CallStatus[]): string {
  const rows = calls.flatMap((call) => {
    const own = [call.id, call.state, flowOf(call), formatDuration(call.duration)];
    const [leg, ...others] = call.legs;
    return [
      // A call that is being placed has no leg of its own yet.
      [...own, ...(leg === undefined ? [printable(call.dialled)] : cellsOf(leg))],
      ...others.map((each) => ['', `  ${each.state}`, '', '', ...cellsOf(each)]),
    ];
  });
  return formatTable([heading, ...rows]);
}

function flowOf({ flow, flowState }: CallStatus): string {
  if (flow === undefined) return '';
  return flowState === undefined ? flow : `${flow} ${flowState}`;
}

function cellsOf({ party, held, media }: LegStatus): string[] {
  const who = `${printable(party)}${held ? ' (holds)' : ''}`;
  return media === undefined ? [who] : [who, ...soundOf(media)];
}

function soundOf(media: MediaStatistics): string[] {
  const { codec, security, jitter, mos, level } = media;
  return [
    codec ?? '',
    security === 'none' ? '' : security,
    `${lossOf(media).toFixed(1)} %`,
    `${jitter.toFixed(1)} ms`,
    mos?.toFixed(2) ?? '',
    level === undefined ? '' : `${Math.round(level)} dBov`,
  ];
}

/** Of what the party has sent, in per cent. */
function lossOf({ packetsLost, packetsReceived }: MediaStatistics): number {
  const sent = packetsLost + packetsReceived;
  return sent <= 0 ? 0 : (100 * Math.max(0, packetsLost)) / sent;
}

/** What a peer says about itself goes to a terminal, which it shall not command. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
