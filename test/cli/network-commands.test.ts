import type { CallStatus } from '../../runtime/call/call-status';
import { liveCallTable } from '../../runtime/cli/live-calls';
import { readOriginateInput } from '../../runtime/cli/originate-input';
import { describeResult } from '../../runtime/cli/originate';
import { trunkTable } from '../../runtime/cli/trunks';
import type { MediaStatistics } from '../../runtime/media/port';
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
    [
      {
        ...{ type: 'answered', talkTime: 31_000, endedBy: 'flow' },
        answeredBy: { type: 'machine', reason: 'long-greeting', decidedAt: 1_600, beepAt: 9_000 },
      },
      'answered by a machine (long-greeting, after its beep), ended by the flow, 0:31',
    ],
    [
      {
        ...{ type: 'answered', talkTime: 1_000, endedBy: 'callee' },
        answeredBy: { type: 'human', reason: 'silence-after-greeting', decidedAt: 1_600 },
      },
      'answered by a human (silence-after-greeting), ended by the callee, 0:01',
    ],
    [
      {
        ...{ type: 'answered', talkTime: 1_000, endedBy: 'callee' },
        answeredBy: { type: 'stopped', reason: 'stopped', decidedAt: 1_600 },
      },
      'answered by somebody unknown (stopped), ended by the callee, 0:01',
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

describe('what callchart originate sends to the server', () => {
  test('is taken with codecs and machine detection', () => {
    const request = {
      ...{ to: 'alice', flow: 'survey', codecs: ['opus', 'PCMU'] },
      machineDetection: { beepTimeout: 10_000, maximumWords: 4 },
    };
    expect(readOriginateInput(request)).toEqual(request);
  });

  test.each([
    [{ codecs: ['mp3'] }, /^codecs\.0: /],
    [{ codecs: [] }, /^codecs: /],
    [{ machineDetection: { beepTimeout: -1 } }, /^machineDetection\.beepTimeout: /],
    [{ machineDetection: { beep: 1 } }, /^machineDetection: /],
  ])('is refused with %j', (more, message) => {
    const read = (): unknown => readOriginateInput({ to: 'alice', flow: 'survey', ...more });
    expect(read).toThrow(message);
  });
});

describe('callchart calls --live', () => {
  const media: MediaStatistics = {
    ...{ codec: 'opus', packetsSent: 1_000, packetsReceived: 995, packetsLost: 5 },
    ...{ packetsLate: 0, packetsDiscarded: 0, jitter: 1.24, roundTrip: undefined },
    ...{ remoteLoss: undefined, digits: 0, digitsByForm: { event: 0, info: 0, inband: 0 } },
    ...{ octetsSent: 0, octetsReceived: 0, packetsDuplicated: 0, framesConcealed: 0 },
    ...{ framesRecovered: 0, delay: 40, maxDelay: 60, mos: 4.312, remoteMos: undefined },
    ...{ level: -23.6, talkTime: 0, security: 'dtls', drops: {} },
  };
  const call: CallStatus = {
    ...{ id: '7f3a', callId: 'a@b', direction: 'inbound', from: 'sip:alice@127.0.0.1' },
    ...{ dialled: 'support', state: 'answered', flow: 'support', flowState: 'team' },
    ...{ started: '2026-01-05T10:00:00.000Z', duration: 125_000, talked: 120_000 },
    legs: [
      {
        id: '7f3a',
        of: 'call',
        party: 'sip:alice@127.0.0.1',
        state: 'answered',
        held: true,
        media,
      },
      { id: '81cd', of: 'dial', party: 'bob\u001b[2J', state: 'calling', held: false },
    ],
  };
  const bare: CallStatus = {
    ...call,
    ...{ id: '90b1', state: 'ringing', dialled: 'carol', flow: undefined, flowState: undefined },
    ...{ duration: 900, legs: [] },
  };
  const silent: MediaStatistics = {
    ...{ ...media, codec: undefined, mos: undefined, level: undefined, security: 'none' },
    ...{ packetsReceived: 0, packetsLost: 0, jitter: 0 },
  };

  test('shows one line a leg, with how it sounds', () => {
    expect(liveCallTable([call, bare]).split('\n')).toEqual([
      'id    state      flow          duration  party                        codec  security  loss   jitter  MOS   level',
      '7f3a  answered   support team  2:05      sip:alice@127.0.0.1 (holds)  opus   dtls      0.5 %  1.2 ms  4.31  -24 dBov',
      '        calling                          bob?[2J',
      '90b1  ringing                  0:00      carol',
    ]);
  });

  test('shows nothing where nothing is known', () => {
    const legs = [{ ...call.legs[0]!, held: false, media: silent }];
    expect(liveCallTable([{ ...call, legs }]).split('\n')[1]).toMatch(
      /sip:alice@127.0.0.1 +0.0 % +0.0 ms$/,
    );
  });
});
