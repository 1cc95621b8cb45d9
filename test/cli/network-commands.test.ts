import { describeResult } from '../../runtime/cli/originate';
import { trunkTable } from '../../runtime/cli/trunks';
import type { TrunkState } from '../../runtime/trunk/port';

const now = new Date(1_000_000);

describe('callchart trunks', () => {
  const state: TrunkState = {
    name: 'carrier',
    state: 'up',
    calls: 3,
    maxCalls: 30,
    servers: [
      {
        server: 'sip:a.example',
        registration: 'registered',
        registeredUntil: 1_060_000,
        reachable: 'up',
        roundTrip: 12.4,
        lastError: undefined,
      },
      {
        server: 'sip:b.example',
        registration: 'failed',
        registeredUntil: undefined,
        reachable: 'down',
        roundTrip: undefined,
        lastError: '403 Forbidden',
      },
    ],
  };

  test('shows one line a server, with how long it is registered and how far it is', () => {
    expect(trunkTable([state], now).split('\n')).toEqual([
      'trunk    state  calls    server         registration           reachable  last error',
      'carrier  up     3 of 30  sip:a.example  registered, 60 s left  up, 12 ms',
      '                         sip:b.example  failed                 down       403 Forbidden',
    ]);
  });
});

describe('callchart originate says in one line how it went', () => {
  test.each([
    [
      { type: 'answered', talkTime: 61_000, endedBy: 'callee' },
      'answered, ended by the callee, 1:01',
    ],
    [{ type: 'busy' }, 'busy'],
    [{ type: 'noAnswer' }, 'no answer'],
    [{ type: 'rejected', status: 603, reason: 'Decline' }, 'rejected: 603 Decline'],
    [
      { type: 'unreachable', status: 480, reason: 'alice is not registered' },
      'unreachable: 480 alice is not registered',
    ],
  ])('%j', (result, line) => {
    expect(describeResult(result)).toBe(line);
  });
});
