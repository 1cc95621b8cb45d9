import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallRecord } from '../../runtime/call/call-record';
import { trace } from '../../runtime/core/trace';
import type { MediaStatistics } from '../../runtime/media/port';
import { blocksOf, root, rowsBelow } from './support/pages';

const page = 'docs/records.md';

/** The words in code style in the first cells of a table. */
function named(heading: string): string[] {
  return rowsBelow(page, heading).map(([cell = '']) => /`([^`]+)`/.exec(cell)?.[1] ?? cell);
}

/** The compiler sees to it that no member is missing here. */
const recordMembers: Record<keyof CallRecord, true> = {
  ...{ direction: true, trunk: true, user: true, legs: true },
  ...{ id: true, callId: true, localTag: true, remoteTag: true, from: true, to: true },
  ...{ dialled: true, remoteAddress: true, transport: true, flow: true, started: true },
  ...{ rang: true, answered: true, answeredAt: true, ended: true, duration: true, talked: true },
  ...{ end: true, path: true, digits: true, recordings: true, transfers: true, errors: true },
  ...{ omitted: true, media: true, laterFlows: true },
};
const mediaMembers: Record<keyof MediaStatistics, true> = {
  ...{ codec: true, packetsSent: true, packetsReceived: true, packetsLost: true },
  ...{ packetsLate: true, packetsDiscarded: true, jitter: true, roundTrip: true },
  ...{ remoteLoss: true, digits: true, digitsByForm: true, octetsSent: true },
  ...{ octetsReceived: true, packetsDuplicated: true, framesConcealed: true },
  ...{ framesRecovered: true, delay: true, maxDelay: true, mos: true, remoteMos: true },
  ...{ level: true, talkTime: true, security: true, drops: true },
};

describe('docs/records.md', () => {
  it('has every member of a call record and no other', () => {
    const below = named('The call record').slice(0, Object.keys(recordMembers).length);
    expect([...below].sort()).toEqual(Object.keys(recordMembers).sort());
  });

  it('has every member of the media statistics and no other', () => {
    expect(named('media').sort()).toEqual(Object.keys(mediaMembers).sort());
  });

  it('has every cause that the sources give a call’s end, and no other', () => {
    const sources = [
      ...[
        'call/live-call',
        'call/incoming-setup',
        'call/originate',
        'call/gateway',
        'call/calls',
        'service/call-server',
        'flow/run-flow',
      ],
      ...['sip/ua/port'],
    ].map((file) => readFileSync(join(root, 'runtime', `${file}.ts`), 'utf8'));
    const given = sources.flatMap((text) => [
      ...Array.from(text.matchAll(/terminate\(\s*'([a-z-]+)'/g), ([, cause]) => cause),
      ...Array.from(text.matchAll(/cause: '([a-z-]+)'/g), ([, cause]) => cause),
    ]);
    const union = /readonly cause:\s*([^;]+);/.exec(sources.at(-1) ?? '')?.[1] ?? '';
    const told = Array.from(union.matchAll(/'([a-z-]+)'/g), ([, cause]) => cause);
    expect(named('Who ended it, and why').sort()).toEqual([...new Set([...given, ...told])].sort());
  });

  it('has every option of the test phone and no other', () => {
    const text = readFileSync(join(root, 'runtime/cli/main.ts'), 'utf8');
    const command = /\.command\('call'\)(.*?)\.action\(/s.exec(text)?.[1] ?? '';
    const options = Array.from(command.matchAll(/\.option\('([^']+)'/g), ([, option]) => option);
    expect(options.length).toBeGreaterThan(0);
    expect(named('The test phone').sort()).toEqual(options.sort());
  });

  it('names the channels that there are', () => {
    const channels = Object.values(trace).map(({ name }) => name);
    expect(named('Watching from inside').sort()).toEqual(channels.sort());
  });

  it('shows log lines that are JSON', () => {
    const lines = blocksOf(page)
      .filter(({ text }) => text.startsWith('{"level"'))
      .flatMap(({ text }) => text.trim().split('\n'));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      ...['call started', 'call answered', 'call ended'],
    ]);
  });
});
