import { trace, type CallTrace } from '../../runtime/core/trace';
import { oneScene } from './scene';

const open = oneScene();

describe('a call that is placed', () => {
  it('is a live call from the start, and can play and be hung up once it is answered', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const { call, outcome } = scene.calls.place({ to: bob.uri });
    expect(scene.calls.get(call.info.id)).toBe(call);
    expect(call.state).toBe('ringing');
    const playing = call.play('question', { loop: Infinity });
    await scene.run(1_000);
    expect(call.state).toBe('ringing');
    bob.call.answer();
    await scene.run(1_000);
    expect(await outcome).toEqual({ type: 'answered' });
    expect(call.state).toBe('answered');
    await playing;
    expect(bob.call.hears).toEqual(['question']);
    expect(call.info).toMatchObject({
      direction: 'outbound',
      callId: bob.call.session.callId,
      dialled: bob.uri,
      to: { uri: bob.uri, user: 'phone' },
      remoteAddress: '10.0.1.1:5060',
    });
    await Promise.all([bob.call.press('4'), scene.run(1_000)]);
    expect(call.digits.take()).toBe('4');
    call.hangup();
    await scene.run(100);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(scene.record).toMatchObject({
      direction: 'outbound',
      callId: bob.call.session.callId,
      dialled: bob.uri,
      rang: expect.any(String) as unknown,
      answered: true,
      transport: 'UDP',
      end: { by: 'flow', cause: 'bye' },
      legs: [],
      media: { codec: 'PCMU' },
    });
  });

  it('is found in the trace of messages by its id as soon as it is answered', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const told: CallTrace[] = [];
    const unsubscribe = trace.call.subscribe((event) => told.push(event));
    const { call } = scene.calls.place({ to: bob.uri });
    await scene.run(1_000);
    // Its Call-ID is that of whoever answers.
    expect(told.filter(({ id }) => id === call.info.id)).toEqual([]);
    bob.call.answer();
    await scene.run(1_000);
    expect(told.filter(({ id }) => id === call.info.id)).toEqual([
      { time: call.info.started, id: call.info.id, callId: bob.call.session.callId },
    ]);
    unsubscribe();
    call.hangup();
    await scene.run(100);
  });

  it('offers the codecs that are asked for, in their order', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const offers: string[] = [];
    bob.onCall = (incoming) => {
      offers.push(/m=audio \d+ \S+ ([\d ]+)/.exec(incoming.offer)?.[1] ?? '');
      incoming.reject(486);
    };
    scene.calls.place({ to: bob.uri });
    scene.calls.place({ to: bob.uri, codecs: ['PCMA'] });
    scene.calls.place({ to: bob.uri, codecs: ['PCMA', 'opus', 'PCMU'] });
    await scene.run(1_000);
    expect(offers.map((formats) => formats.replace(/ \d{2,3}/g, ''))).toEqual(['0 8', '8', '8 0']);
  });

  it('ends when the other party hangs up', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    const { call } = scene.calls.place({ to: bob.uri });
    await scene.run(1_000);
    bob.call.hangUp();
    await scene.run(100);
    expect(call.end).toMatchObject({ by: 'caller', cause: 'bye' });
  });

  it.each([
    [486, { type: 'busy' }, 'rejected'],
    [480, { type: 'noAnswer' }, 'no-answer'],
    [403, { type: 'rejected', status: 403, reason: 'Forbidden' }, 'rejected'],
    [404, { type: 'unreachable', status: 404, reason: 'Not Found' }, 'rejected'],
  ])('with %i is %j, and has a record', async (status, result, cause) => {
    const scene = await open();
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.reject(status);
    const { call, outcome } = scene.calls.place({ to: bob.uri });
    await scene.run(1_000);
    expect(await outcome).toEqual(result);
    expect(call.end).toMatchObject({ by: 'system', cause, status });
    expect(scene.calls.count).toBe(0);
    expect(scene.record).toMatchObject({
      direction: 'outbound',
      answered: false,
      end: { cause, status },
      legs: [{ uri: bob.uri, end: { by: 'callee', status } }],
    });
  });

  it('rings no longer than it may', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const { outcome } = scene.calls.place({ to: bob.uri, timeout: 4_000 });
    await scene.run(4_100);
    expect(await outcome).toEqual({ type: 'noAnswer' });
    expect(bob.call.end).toMatchObject({ cause: 'cancel' });
  });

  it('that is hung up while it rings is cancelled, and its INVITE is in the record', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const { call, outcome } = scene.calls.place({ to: bob.uri });
    const answering = call.answer();
    await scene.run(1_000);
    call.hangup();
    await expect(answering).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    expect(await outcome).toEqual({ type: 'cancelled' });
    await scene.run(100);
    expect(bob.call.end).toMatchObject({ cause: 'cancel' });
    expect(scene.record).toMatchObject({
      end: { by: 'flow', cause: 'cancel', status: 487 },
      legs: [{ uri: bob.uri, end: { cause: 'cancel' } }],
    });
  });

  it('is ended when the server drains', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const { outcome } = scene.calls.place({ to: bob.uri });
    await scene.run(500);
    const drained = scene.calls.drain(1_000);
    await scene.run(5_000);
    await drained;
    expect(await outcome).toEqual({ type: 'cancelled' });
    expect(scene.record.end).toMatchObject({ cause: 'shutdown' });
  });

  it('through a trunk that does not exist rejects, and leaves a record', async () => {
    const scene = await open();
    const { outcome } = scene.calls.place({ to: '100', trunk: 'nowhere' });
    await expect(outcome).rejects.toMatchObject({ code: 'CALLCHART_UNKNOWN_TRUNK' });
    expect(scene.calls.count).toBe(0);
    expect(scene.record.errors).toMatchObject([{ code: 'CALLCHART_UNKNOWN_TRUNK' }]);
  });

  it('can dial somebody else, and bridge both', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const carol = await scene.phone('other');
    for (const phone of [bob, carol]) phone.onCall = (incoming) => incoming.answer();
    const { call } = scene.calls.place({ to: bob.uri });
    await scene.run(500);
    const dial = scene.dial(call, { targets: [carol.uri] });
    await scene.run(1_000);
    expect(bob.call.hears).toEqual(['other']);
    expect(carol.call.hears).toEqual(['callee']);
    bob.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'caller' });
    expect(carol.call.end).toBeDefined();
  });
});
