import type { CallInfo } from '../../runtime/call/port';
import type { DocumentCall } from '../../runtime/document/port';
import { callStatus, sipStatus } from '../../runtime/twiml/call-status';
import { directionOf, twilioParameters } from '../../runtime/twiml/parameters';
import { partiesOfCall } from '../../runtime/twiml/parties-of-call';
import {
  NO_ACCOUNT,
  callSid,
  conferenceSid,
  queueSid,
  recordingSid,
} from '../../runtime/twiml/sid';

const info: CallInfo = {
  id: 'call-1',
  direction: 'inbound',
  callId: 'abc@phone',
  from: { uri: 'sip:+4930123@carrier.example;user=phone', user: '+4930123', displayName: 'Ann' },
  to: { uri: 'sip:+4940456@pbx.example:5060', user: '+4940456', displayName: '' },
  dialled: '+4940456',
  headers: { 'x-order-number': '12', via: 'SIP/2.0/UDP x', 'user-to-user': 'ff' },
  remoteAddress: '192.0.2.7:5060',
  started: 0,
};

const links = {
  accountSid: NO_ACCOUNT,
  recordingUrl: (sid: string) => `https://pbx.example/recordings/${sid}`,
};
const make = twilioParameters(links);

function told(
  of: DocumentCall['report']['of'],
  outcome: unknown,
  subject?: string,
): Record<string, string> {
  const base = make({ info, state: 'answered', report: { of: 'status' } });
  const all = make({ info, state: 'answered', report: { of, outcome, subject } });
  return Object.fromEntries(Object.entries(all).filter(([name]) => !(name in base)));
}

describe('the parameters of each request', () => {
  it('are those of the call', () => {
    expect(make({ info, state: 'ringing', report: { of: 'start' } })).toEqual({
      CallSid: callSid('call-1'),
      AccountSid: NO_ACCOUNT,
      From: '+4930123',
      To: '+4940456',
      Caller: '+4930123',
      Called: '+4940456',
      CallStatus: 'ringing',
      Direction: 'inbound',
      ApiVersion: '2010-04-01',
      CallerName: 'Ann',
      SipCallId: 'abc@phone',
      SipDomain: 'pbx.example',
      SipSourceIp: '192.0.2.7',
      'SipHeader_X-Order-Number': '12',
      'SipHeader_User-to-User': 'ff',
    });
  });

  it('end with those that are given', () => {
    const parameters = { CallSid: 'other', Mine: '1' };
    const all = make({ info, state: 'answered', report: { of: 'start', parameters } });
    expect(all).toMatchObject({ CallSid: 'other', Mine: '1', CallStatus: 'in-progress' });
  });

  it('say who sent the call on, which call dialled this one, and from where it came', () => {
    const other: CallInfo = {
      ...info,
      divertedFrom: ['sip:+4989@carrier.example', 'sip:first@x'],
      remoteAddress: '[2001:db8::1]:5061',
      user: 'ann',
    };
    const all = make({ info: other, state: 'answered', parent: 'p', report: { of: 'whisper' } });
    expect(all).toMatchObject({
      ForwardedFrom: '+4989',
      ParentCallSid: callSid('p'),
      Direction: 'outbound-dial',
      SipSourceIp: '2001:db8::1',
      SipUsername: 'ann',
    });
  });

  it('have no more than 50 header fields', () => {
    const headers = Object.fromEntries(
      Array.from({ length: 80 }, (_, index) => [`x-h${index}`, 'v']),
    );
    const all = make({ info: { ...info, headers }, state: 'answered', report: { of: 'start' } });
    expect(Object.keys(all).filter((name) => name.startsWith('SipHeader_'))).toHaveLength(50);
  });
});

describe('who calls whom', () => {
  it.each<[string, Partial<CallInfo>, { from?: string; to?: string }]>([
    ['a number', {}, { from: '+4930123', to: '+4940456' }],
    ['a registered user', { user: 'ann' }, { from: 'client:ann' }],
    ['somebody unknown', { anonymous: true }, { from: 'anonymous' }],
    [
      'whom the trunk says it is',
      { asserted: { uri: 'tel:+49-89-777', displayName: '' } },
      { from: '+4989777' },
    ],
    [
      'a SIP address',
      {
        from: { uri: 'sip:bob@x.example;transport=tcp', user: 'bob', displayName: '' },
        to: { uri: 'sip:menu@pbx.example', user: 'menu', displayName: '' },
        dialled: 'menu',
      },
      { from: 'sip:bob@x.example', to: 'sip:menu@pbx.example' },
    ],
    [
      'an anonymous address',
      { from: { uri: 'sip:anonymous@anonymous.invalid', user: 'anonymous', displayName: '' } },
      { from: 'anonymous' },
    ],
    [
      'a user whom we call',
      {
        direction: 'outbound',
        dialled: 'bob',
        from: { uri: '', user: '+4930', displayName: '' },
        to: { uri: '', user: 'bob', displayName: '' },
      },
      { from: '+4930', to: 'client:bob' },
    ],
    [
      'the first of several whom we call',
      { direction: 'outbound', dialled: 'sip:a@b.example;x=1 sip:c@d.example' },
      { to: 'sip:a@b.example' },
    ],
  ])('is %s', (_what, changed, expected) => {
    expect(partiesOfCall({ ...info, ...changed })).toMatchObject(expected);
  });

  it('has a direction', () => {
    expect(directionOf(info, undefined)).toBe('inbound');
    expect(directionOf({ ...info, direction: 'outbound' }, undefined)).toBe('outbound-api');
    expect(directionOf({ ...info, direction: 'outbound' }, 'p')).toBe('outbound-dial');
  });
});

describe('how a call stands', () => {
  const end = (by: 'caller' | 'flow' | 'system', cause: string, status: number) =>
    ({ by, cause, status, reason: '' }) as const;

  it.each([
    ['ringing', undefined, 'ringing'],
    ['early', undefined, 'ringing'],
    ['answered', undefined, 'in-progress'],
    ['ended', undefined, 'completed'],
    ['ended', end('caller', 'bye', 200), 'completed'],
    ['ended', end('system', 'media-timeout', 408), 'completed'],
    ['ended', end('caller', 'cancel', 487), 'no-answer'],
    ['ended', end('flow', 'cancel', 487), 'canceled'],
    ['ended', end('flow', 'rejected', 486), 'busy'],
    ['ended', end('flow', 'rejected', 404), 'failed'],
    ['ended', end('system', 'no-answer', 408), 'no-answer'],
  ] as const)('%s, %j is %s', (state, how, status) => {
    expect(callStatus(state, how)).toBe(status);
  });

  it.each([
    [486, 'busy'],
    [600, 'busy'],
    [603, 'busy'],
    [480, 'no-answer'],
    [408, 'no-answer'],
    [404, 'failed'],
    [503, 'failed'],
  ])('a leg that ended with %d is %s', (status, expected) => {
    expect(sipStatus(status)).toBe(expected);
  });
});

describe('what a request adds', () => {
  const path = '/data/recordings/a.wav';
  const sid = recordingSid(path);
  const recording = { path, duration: 4_600 };
  const recorded = {
    RecordingSid: sid,
    RecordingUrl: `https://pbx.example/recordings/${sid}`,
    RecordingDuration: '5',
  };

  it.each<[DocumentCall['report']['of'], unknown, Record<string, string>]>([
    ['start', { type: 'human', reason: 'words' }, { AnsweredBy: 'human' }],
    [
      'start',
      { type: 'machine', reason: 'x', decidedAt: 1_200 },
      { AnsweredBy: 'machine_start', MachineDetectionDuration: '1200' },
    ],
    ['start', { type: 'machine', reason: 'x', beep: true }, { AnsweredBy: 'machine_end_beep' }],
    ['start', { type: 'fax', reason: 'x' }, { AnsweredBy: 'fax' }],
    ['start', { some: 'input' }, {}],
    ['start', undefined, {}],
    ['start', 'text', {}],
    ['gather', { type: 'digits', digits: '12' }, { Digits: '12' }],
    ['gather', { type: 'noInput' }, { Digits: '' }],
    [
      'gather',
      { type: 'speech', text: 'sales please', confidence: 0.93 },
      { SpeechResult: 'sales please', Confidence: '0.93' },
    ],
    ['gather', { type: 'speech', text: 'x' }, { SpeechResult: 'x' }],
    [
      'record',
      { type: 'recorded', recording, endedBy: 'finishOn', digit: '#' },
      { ...recorded, Digits: '#' },
    ],
    ['record', { type: 'recorded', recording, endedBy: 'silence' }, { ...recorded, Digits: '' }],
    ['record', { type: 'hangup', recording }, { ...recorded, Digits: 'hangup' }],
    [
      'dial',
      {
        type: 'answered',
        target: 'x',
        leg: 'leg-1',
        talkTime: 61_400,
        recording,
        answeredBy: { type: 'machine', reason: '', decidedAt: 900, beepAt: 2_000 },
      },
      {
        DialCallStatus: 'completed',
        DialCallSid: callSid('leg-1'),
        DialCallDuration: '61',
        DialBridged: 'true',
        AnsweredBy: 'machine_end_beep',
        MachineDetectionDuration: '900',
        ...recorded,
      },
    ],
    ['dial', { type: 'busy' }, { DialCallStatus: 'busy', DialBridged: 'false' }],
    ['dial', { type: 'noAnswer' }, { DialCallStatus: 'no-answer', DialBridged: 'false' }],
    ['dial', { type: 'cancelled' }, { DialCallStatus: 'canceled', DialBridged: 'false' }],
    [
      'dial',
      { type: 'declinedByScreening' },
      { DialCallStatus: 'completed', DialBridged: 'false' },
    ],
    ['dial', { type: 'rejected', status: 603 }, { DialCallStatus: 'busy', DialBridged: 'false' }],
    [
      'dial',
      { type: 'unreachable', status: 404 },
      { DialCallStatus: 'failed', DialBridged: 'false' },
    ],
    [
      'transfer',
      { type: 'transferred' },
      { ReferCallStatus: 'completed', ReferSipResponseCode: '202', NotifySipResponseCode: '200' },
    ],
    [
      'transfer',
      { type: 'rejected', status: 403, reason: '' },
      { ReferCallStatus: 'failed', ReferSipResponseCode: '202', NotifySipResponseCode: '403' },
    ],
    [
      'transfer',
      { type: 'notSupported', status: 405 },
      { ReferCallStatus: 'failed', ReferSipResponseCode: '405' },
    ],
    ['play', { type: 'played' }, {}],
  ])('after %s with %j', (of, outcome, expected) => {
    expect(told(of, outcome)).toEqual(expected);
  });

  it.each<[DocumentCall['report']['of'], unknown, Record<string, string>]>([
    [
      'conference',
      { type: 'left', conference: 'c-1', endedBy: 'leaveKey', duration: 9_000, recording },
      {
        DialCallStatus: 'answered',
        DialCallDuration: '9',
        ConferenceSid: conferenceSid('c-1'),
        ...recorded,
      },
    ],
    ['conference', { type: 'full', parties: 3 }, { DialCallStatus: 'failed' }],
  ])('after a conference: %s with %j', (of, outcome, expected) => {
    expect(told(of, outcome)).toEqual(expected);
  });

  it.each<[DocumentCall['report']['of'], unknown, Record<string, string>]>([
    ['enqueue', { type: 'bridged', waited: 3_000 }, { QueueResult: 'bridged', QueueTime: '3' }],
    ['enqueue', { type: 'left', waited: 3_000 }, { QueueResult: 'leave', QueueTime: '3' }],
    ['enqueue', { type: 'hangup', waited: 400 }, { QueueResult: 'hangup', QueueTime: '0' }],
    ['enqueue', { type: 'nonsense' }, { QueueResult: 'system-error' }],
    [
      'wait',
      {
        type: 'queue.position',
        queue: 'support',
        position: 2,
        size: 5,
        waited: 30_000,
        averageWait: 12_000,
      },
      { QueuePosition: '2', QueueTime: '30', AvgQueueTime: '12', CurrentQueueSize: '5' },
    ],
    [
      'dialQueue',
      { type: 'answered', talkTime: 8_000, waited: 20_000, call: 'c', recording },
      {
        DialCallStatus: 'completed',
        DialBridged: 'true',
        DequeueResult: 'bridged',
        DialCallSid: callSid('c'),
        DialCallDuration: '8',
        DequeuedCallSid: callSid('c'),
        DequeuedCallQueueTime: '20',
        DequeuedCallDuration: '8',
        ...recorded,
      },
    ],
    [
      'dialQueue',
      { type: 'empty' },
      { DialCallStatus: 'no-answer', DialBridged: 'false', DequeueResult: 'queue-empty' },
    ],
  ])('of a queue: %s with %j', (of, outcome, expected) => {
    expect(told(of, outcome, 'support')).toEqual({ ...expected, QueueSid: queueSid('support') });
  });

  it('has no queue after one that was full', () => {
    expect(told('enqueue', { type: 'full', size: 3 }, 'support')).toEqual({
      QueueResult: 'queue-full',
    });
  });
});
