import type { CallFact, CallHappening } from '../../runtime/call/happenings';
import type { CallInfo } from '../../runtime/call/port';
import { callSid, conferenceSid, recordingSid } from '../../runtime/twiml/sid';
import {
  conferenceReport,
  machineReport,
  progressReport,
  recordingReport,
  streamReport,
  timestamp,
} from '../../runtime/twiml/status-parameters';

const time = Date.UTC(2026, 10, 23, 3, 30, 5);
const info: CallInfo = {
  id: 'call-1',
  callId: 'x',
  from: { uri: 'sip:+4930@c.example', user: '+4930', displayName: '' },
  to: { uri: 'sip:+4940@p.example', user: '+4940', displayName: '' },
  dialled: '+4940',
  headers: {},
  remoteAddress: '192.0.2.1:5060',
  started: time,
};
const happening = (fact: CallFact, at = time): CallHappening => ({
  time: at,
  call: 'call-1',
  ...fact,
});
const common = {
  CallbackSource: 'call-progress-events',
  Timestamp: 'Mon, 23 Nov 2026 03:30:05 +0000',
};

describe('the times of what is told', () => {
  it('are those of mail', () => {
    expect(timestamp(time)).toBe('Mon, 23 Nov 2026 03:30:05 +0000');
  });
});

describe('the progress of a call', () => {
  it.each<[CallFact, string, string]>([
    [{ type: 'call.started', info, flow: undefined, version: undefined }, 'initiated', 'initiated'],
    [{ type: 'call.ringing' }, 'ringing', 'ringing'],
    [{ type: 'call.answered', info }, 'answered', 'in-progress'],
  ])('has %j as %s', (fact, event, status) => {
    expect(progressReport(happening(fact), { info, sequence: 2 })).toEqual({
      event,
      parameters: { ...common, SequenceNumber: '2', CallStatus: status },
    });
  });

  it('ends with its duration, in seconds and in minutes that have begun', () => {
    const end = { by: 'caller', cause: 'bye', status: 200, reason: '' } as const;
    const report = progressReport(happening({ type: 'call.ended', end }), {
      info,
      sequence: 3,
      answered: time - 61_000,
    });
    expect(report).toEqual({
      event: 'completed',
      parameters: {
        ...common,
        SequenceNumber: '3',
        CallStatus: 'completed',
        CallDuration: '61',
        Duration: '2',
        SipResponseCode: '200',
      },
    });
  });

  it('ends with why it was not answered', () => {
    const end = { by: 'flow', cause: 'rejected', status: 486, reason: 'Busy' } as const;
    const report = progressReport(happening({ type: 'call.ended', end }), { info, sequence: 1 });
    expect(report?.parameters).toMatchObject({
      CallStatus: 'busy',
      CallDuration: '0',
      Duration: '0',
      SipResponseCode: '486',
    });
  });

  it('says nothing of what Twilio does not tell', () => {
    const fact = { type: 'call.state', flow: 'x', state: 'y' } as const;
    expect(progressReport(happening(fact), { info, sequence: 0 })).toBeUndefined();
  });
});

describe('the progress of a leg', () => {
  const leg = { leg: 'leg-1', target: 'bob', uri: 'sip:bob@192.0.2.9' };
  const names = {
    CallSid: callSid('leg-1'),
    ParentCallSid: callSid('call-1'),
    From: '+4930',
    To: 'client:bob',
    Caller: '+4930',
    Called: 'client:bob',
    Direction: 'outbound-dial',
  };

  it.each([
    ['leg.started', 'initiated', 'initiated'],
    ['leg.ringing', 'ringing', 'ringing'],
    ['leg.answered', 'answered', 'in-progress'],
  ] as const)('has %s as %s', (type, event, status) => {
    expect(progressReport(happening({ type, ...leg }), { info, sequence: 0 })).toEqual({
      event,
      parameters: { ...common, ...names, SequenceNumber: '0', CallStatus: status },
    });
  });

  it.each([
    [true, 30_000, 200, 'bye', 'completed', '30', '200'],
    [false, 0, 486, 'rejected', 'busy', '0', '486'],
    [false, 0, 408, 'timeout', 'no-answer', '0', '408'],
    [false, 0, 487, 'answered-elsewhere', 'canceled', '0', '487'],
    [false, 0, 404, 'rejected', 'failed', '0', '404'],
  ])(
    'ends: answered %s, talked %d, %d %s is %s',
    (answered, talked, status, cause, expected, duration, code) => {
      const fact = { type: 'leg.ended', ...leg, answered, talked, status, cause } as const;
      const report = progressReport(happening(fact), { info, sequence: 1 });
      expect(report?.event).toBe('completed');
      expect(report?.parameters).toMatchObject({
        ...names,
        CallStatus: expected,
        CallDuration: duration,
        SipResponseCode: code,
      });
    },
  );
});

describe('the status of a recording', () => {
  const links = { recordingUrl: (sid: string) => `https://x/${sid}` };
  const path = '/r/a.wav';

  it('has the file when it is completed, and not before', () => {
    const progress = {
      path,
      duration: 2_000,
      started: time,
      channels: 2,
      source: 'DialVerb',
    } as const;
    expect(recordingReport({ ...progress, status: 'completed' }, links)).toEqual({
      event: 'completed',
      parameters: {
        RecordingSid: recordingSid(path),
        RecordingUrl: `https://x/${recordingSid(path)}`,
        RecordingDuration: '2',
        RecordingStatus: 'completed',
        RecordingChannels: '2',
        RecordingTrack: 'both',
        RecordingSource: 'DialVerb',
        RecordingStartTime: common.Timestamp,
      },
    });
    const started = recordingReport({ ...progress, status: 'in-progress' }, links);
    expect(started.parameters).not.toHaveProperty('RecordingUrl');
    expect(started.parameters).toHaveProperty('RecordingSid');
  });

  it('names the conference, and has no file where there is none', () => {
    expect(
      recordingReport(
        { status: 'absent', channels: 1, source: 'Conference', conference: 'R' },
        links,
      ).parameters,
    ).toEqual({
      RecordingStatus: 'absent',
      RecordingChannels: '1',
      RecordingTrack: 'both',
      RecordingSource: 'Conference',
      ConferenceSid: conferenceSid('R'),
    });
  });
});

describe('what happens in a conference', () => {
  const participant = {
    call: 'c',
    label: 'agent',
    muted: true,
    deaf: false,
    held: false,
    startOnEnter: true,
    endOnExit: false,
    joined: time,
  };
  const conference = { conference: 'id-1', name: 'R', participant };

  it.each([
    ['conference.joined', 'participant-join', 'join'],
    ['conference.muted', 'participant-mute', 'mute'],
    ['conference.unmuted', 'participant-unmute', 'mute'],
    ['conference.held', 'participant-hold', 'hold'],
    ['conference.resumed', 'participant-unhold', 'hold'],
    ['conference.speaking', 'participant-speech-start', 'speaker'],
    ['conference.silent', 'participant-speech-stop', 'speaker'],
  ] as const)('has %s as %s for those who asked for %s', (type, name, event) => {
    expect(conferenceReport({ type, sequence: 4, ...conference }, time)).toEqual({
      event,
      parameters: {
        ConferenceSid: conferenceSid('id-1'),
        FriendlyName: 'R',
        StatusCallbackEvent: name,
        SequenceNumber: '4',
        Timestamp: common.Timestamp,
        CallSid: callSid('c'),
        ParticipantLabel: 'agent',
        Muted: 'true',
        Hold: 'false',
        Coaching: 'false',
        StartConferenceOnEnter: 'true',
        EndConferenceOnExit: 'false',
      },
    });
  });

  it.each([
    ['caller', 'participant_hung_up'],
    ['kicked', 'participant_updated_via_api'],
    ['ended', 'moderator_ended_conference'],
    ['leaveKey', undefined],
  ])('says why a participant has left: %s', (reason, expected) => {
    const fact = { type: 'conference.left', reason, sequence: 1, ...conference } as const;
    const { event, parameters } = conferenceReport(fact, time);
    expect(event).toBe('leave');
    expect(parameters['ReasonParticipantLeft']).toBe(expected);
  });

  it('says who ended it, and why', () => {
    const report = conferenceReport(
      { type: 'conference.ended', reason: 'moderator', sequence: 9, ...conference },
      time,
    );
    expect(report.event).toBe('end');
    expect(report.parameters).toEqual({
      ConferenceSid: conferenceSid('id-1'),
      FriendlyName: 'R',
      StatusCallbackEvent: 'conference-end',
      SequenceNumber: '9',
      Timestamp: common.Timestamp,
      CallSidEndingConference: callSid('c'),
      ReasonConferenceEnded: 'participant-with-end-conference-on-exit-left',
    });
  });
});

describe('what else is told', () => {
  it('has streams', () => {
    const stream = { sid: 'MZ1', name: 's', time, error: 'nobody there' };
    expect(streamReport('error', stream)).toEqual({
      event: 'error',
      parameters: {
        StreamSid: 'MZ1',
        StreamName: 's',
        StreamEvent: 'stream-error',
        StreamError: 'nobody there',
        Timestamp: '2026-11-23T03:30:05.000Z',
      },
    });
  });

  it('has who has answered', () => {
    expect(machineReport('leg-1', { type: 'human', decidedAt: 800 }).parameters).toEqual({
      CallSid: callSid('leg-1'),
      AnsweredBy: 'human',
      MachineDetectionDuration: '800',
    });
  });
});
