import { FakeRecognizer } from '../support/fake-recognizer';
import { FakeApp } from '../stream/support/fake-app';
import { answeredByApp, callee, caller } from './support/answered-by-app';
import { oneWorld } from './support/one-world';

const open = oneWorld();
const every = 'statusCallback="/status" statusCallbackEvent="initiated ringing answered completed"';
const noContent = { status: 204 } as const;

/** Some parameters of each request. */
function told(
  requests: readonly Readonly<Record<string, string>>[],
  ...names: readonly string[]
): (string | undefined)[][] {
  return requests.map((each) => names.map((name) => each[name]));
}

describe('a party that a document dials', () => {
  it('is told of as it is initiated, rings, answers and is over', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response><Dial action="/after"><Sip ${every}>sip:bob@10.1.9.9</Sip></Dial></Response>`,
      '/after': '<Response><Hangup/></Response>',
      '/status': noContent,
    });
    const bob = await callee(world, '10.1.9.9');
    const alice = await caller(world);
    await world.run(1_000);
    bob.call.answer();
    await world.run(3_000);
    bob.call.hangUp();
    await world.run(5_000);
    expect(alice.end).toBeDefined();
    const [first] = app.told('/voice');
    const [after] = app.told('/after');
    const statuses = app.told('/status');
    expect(told(statuses, 'CallStatus', 'SequenceNumber')).toEqual([
      ['initiated', '0'],
      ['ringing', '1'],
      ['in-progress', '2'],
      ['completed', '3'],
    ]);
    for (const each of statuses) {
      expect(each).toMatchObject({
        ...{ ParentCallSid: first?.['CallSid'], CallSid: after?.['DialCallSid'] },
        ...{ Direction: 'outbound-dial', To: 'sip:bob@10.1.9.9' },
      });
    }
    expect(statuses[3]).toMatchObject({ CallDuration: '3', SipResponseCode: '200' });
  });

  it('is told of on its own, each to whom it names, and of what was asked for alone', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response><Dial>
          <Sip statusCallback="/bob" statusCallbackEvent="answered completed">sip:bob@10.1.9.9</Sip>
          <Sip statusCallback="/carol">sip:carol@10.1.9.8</Sip>
        </Dial></Response>`,
      '/bob': noContent,
      '/carol': noContent,
    });
    const bob = await callee(world, '10.1.9.9');
    const carol = await callee(world, '10.1.9.8');
    const alice = await caller(world);
    await world.run(1_000);
    bob.call.answer();
    await world.run(1_000);
    alice.hangUp();
    await world.run(5_000);
    expect(carol.call.end).toBeDefined();
    expect(told(app.told('/bob'), 'CallStatus', 'SequenceNumber')).toEqual([
      ['in-progress', '0'],
      ['completed', '1'],
    ]);
    expect(told(app.told('/carol'), 'CallStatus', 'SipResponseCode')).toEqual([
      ['canceled', '487'],
    ]);
  });

  it('is told of by JSON where the documents are', async () => {
    const { world, app } = await answeredByApp(
      open,
      {
        '/voice': [
          {
            verb: 'dial',
            to: { to: 'sip:bob@10.1.9.9', status: { url: '/status' } },
            timeout: 2_000,
          },
        ],
        '/status': noContent,
      },
      {},
      { format: 'json' },
    );
    await callee(world, '10.1.9.9');
    await caller(world);
    await world.run(10_000);
    const bodies = app.requests.filter(({ path }) => path === '/status').map(({ json }) => json);
    expect(bodies).toMatchObject([
      { for: 'status', event: 'initiated', outcome: { type: 'leg.started' } },
      { for: 'status', event: 'ringing', outcome: { target: 'sip:bob@10.1.9.9' } },
      { for: 'status', event: 'completed', outcome: { type: 'leg.ended', answered: false } },
    ]);
  });
});

describe('a recording', () => {
  it('of <Record> is told of as it begins and when it is there, also when the caller hangs up in it', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response><Record action="/recorded" recordingStatusCallback="/status"
        recordingStatusCallbackEvent="in-progress completed absent"/></Response>`,
      '/recorded': '<Response/>',
      '/status': noContent,
    });
    const alice = await caller(world);
    await world.run(2_000);
    alice.speak(2_000);
    await world.run(3_000);
    alice.hangUp();
    await world.run(2_000);
    const [recorded] = app.told('/recorded');
    expect(told(app.told('/status'), 'RecordingStatus', 'RecordingSid', 'RecordingSource')).toEqual(
      [
        ['in-progress', recorded?.['RecordingSid'], 'RecordVerb'],
        ['completed', recorded?.['RecordingSid'], 'RecordVerb'],
      ],
    );
  });

  it('in which nobody has spoken is absent', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response><Record timeout="2" recordingStatusCallback="/status"
        recordingStatusCallbackEvent="completed absent"/></Response>`,
      '/status': noContent,
    });
    await caller(world);
    await world.run(20_000);
    expect(told(app.told('/status'), 'RecordingStatus', 'RecordingUrl')).toEqual([
      ['absent', undefined],
    ]);
  });

  it('of <Dial>, and one beside the document, are told apart', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response>
          <Start><Recording recordingStatusCallback="/call"/></Start>
          <Dial record="record-from-answer" recordingStatusCallback="/dial"><Sip>sip:bob@10.1.9.9</Sip></Dial>
        </Response>`,
      '/call': noContent,
      '/dial': noContent,
    });
    const bob = await callee(world, '10.1.9.9');
    await caller(world);
    await world.run(1_000);
    bob.call.answer();
    await world.run(3_000);
    bob.call.hangUp();
    await world.run(5_000);
    expect(told(app.told('/dial'), 'RecordingSource', 'RecordingChannels')).toEqual([
      ['DialVerb', '1'],
    ]);
    expect(told(app.told('/call'), 'RecordingSource', 'RecordingChannels')).toEqual([
      ['StartCallRecordingTwiML', '2'],
    ]);
    expect(app.told('/call')[0]?.['RecordingSid']).not.toBe(app.told('/dial')[0]?.['RecordingSid']);
  });
});

describe('a conference', () => {
  it('is told of to whom its first party names, until it is over, though that party has gone', async () => {
    const room = `<Conference statusCallback="/status" beep="false" record="record-from-start"
      recordingStatusCallback="/file" recordingStatusCallbackEvent="in-progress completed"
      statusCallbackEvent="start end join leave mute">town</Conference>`;
    const { world, app } = await answeredByApp(open, {
      '/voice': `<Response><Dial action="/after">${room}</Dial></Response>`,
      '/after': '<Response/>',
      '/status': noContent,
      '/file': noContent,
    });
    const alice = await caller(world);
    await world.run(2_000);
    const bob = await caller(world);
    await world.run(2_000);
    const [party] = world.server.conferences.get('town')?.participants.slice(1) ?? [];
    world.server.conferences.get('town')?.mute(party?.call ?? '', true);
    await world.run(500);
    alice.hangUp();
    await world.run(1_000);
    bob.hangUp();
    await world.run(2_000);
    const statuses = app.told('/status');
    expect(told(statuses, 'StatusCallbackEvent', 'SequenceNumber')).toEqual(
      [
        ...['participant-join', 'conference-start', 'participant-join', 'participant-mute'],
        ...['participant-leave', 'participant-leave', 'conference-end'],
      ].map((name, at) => [name, String(at)]),
    );
    const [after, second] = app.told('/after');
    expect(after).toMatchObject({
      ...{ CallStatus: 'completed', ConferenceSid: statuses[0]?.['ConferenceSid'] },
      DialCallDuration: '5',
    });
    expect(second).toMatchObject({ CallStatus: 'completed' });
    expect(app.told('/file')[0]).toMatchObject({
      ...{ RecordingStatus: 'in-progress', RecordingSource: 'Conference' },
      ConferenceSid: statuses[0]?.['ConferenceSid'],
    });
  });
});

describe('a call that the server places', () => {
  it('is told of from its beginning, to whoever is named', async () => {
    const { world, app } = await answeredByApp(open, {
      '/out': '<Response><Pause length="2"/></Response>',
      '/status': noContent,
    });
    const bob = await callee(world, '10.1.9.9');
    const placed = world.server.place({
      to: 'sip:bob@10.1.9.9',
      target: { document: { url: 'https://app.example/out' } },
      status: {
        url: 'https://app.example/status',
        events: ['initiated', 'ringing', 'answered', 'completed'],
      },
    });
    await world.run(1_000);
    bob.call.answer();
    await world.run(5_000);
    expect('id' in placed).toBe(true);
    expect(told(app.told('/status'), 'CallStatus', 'Direction')).toEqual(
      ['initiated', 'ringing', 'in-progress', 'completed'].map((status) => [
        status,
        'outbound-api',
      ]),
    );
    expect(app.told('/status')[3]).toMatchObject({ CallDuration: '2', SipResponseCode: '200' });
  });

  it('is told of from then on where somebody follows it later, and is refused who is no URL', async () => {
    const { world, app } = await answeredByApp(open, {
      '/voice': '<Response><Say>Hello.</Say></Response>',
      '/status': noContent,
    });
    await caller(world);
    await world.run(500);
    const [live] = world.server.liveCalls();
    const handle = world.server.call(live?.id ?? '');
    expect(() => handle?.follow({ url: 'ftp://app.example' })).toThrow('http:// or https://');
    handle?.follow({ url: 'https://app.example/status', format: 'json' });
    await world.run(5_000);
    expect(app.requests.at(-1)?.json).toMatchObject({
      ...{ for: 'status', event: 'completed' },
      outcome: { type: 'call.ended', end: { by: 'flow', cause: 'bye' } },
    });
  });
});

describe('media streams beside a document', () => {
  it('are told of as they start and stop, each on its own though none has a name', async () => {
    const stream = '<Start><Stream url="wss://audio.example/" statusCallback="/status"/></Start>';
    const { world, app } = await answeredByApp(
      open,
      {
        '/voice': `<Response><Say>Hello.</Say>${stream}${stream}<Pause length="2"/><Stop><Stream/></Stop><Pause length="2"/></Response>`,
        '/status': noContent,
      },
      {},
      {},
      {
        openStreamSocket: (options) => {
          const socket = new FakeApp();
          world.clock.setTimeout(() => socket.accept(), 10);
          return socket.open(options);
        },
      },
    );
    await caller(world);
    await world.run(15_000);
    const statuses = app.told('/status');
    expect(told(statuses, 'StreamEvent').flat()).toEqual([
      ...['stream-started', 'stream-started', 'stream-stopped', 'stream-stopped'],
    ]);
    expect(new Set(told(statuses, 'StreamSid').flat()).size).toBe(2);
    expect(statuses[0]).not.toHaveProperty('From');
  });
});

describe('what a caller seems to say', () => {
  it('is told while a gather listens', async () => {
    const recognizer = new FakeRecognizer();
    const { world, app } = await answeredByApp(
      open,
      {
        '/voice':
          '<Response><Gather input="speech" partialResultCallback="/partial" action="/said"/></Response>',
        '/said': '<Response><Hangup/></Response>',
        '/partial': noContent,
      },
      {},
      {},
      { recognizer },
    );
    const alice = await caller(world);
    await world.run(1_000);
    recognizer.last.partial('I want', 0.2);
    recognizer.last.partial('I want to talk', 0.9);
    recognizer.last.final('I want to talk to sales', 0.8);
    recognizer.last.end();
    await world.run(10_000);
    expect(
      told(app.told('/partial'), 'UnstableSpeechResult', 'Stability', 'SequenceNumber'),
    ).toEqual([
      ['I want', '0.2', '0'],
      ['I want to talk', '0.9', '1'],
    ]);
    expect(app.told('/said')[0]).toMatchObject({ SpeechResult: 'I want to talk to sales' });
    expect(alice.end).toBeDefined();
  });
});
