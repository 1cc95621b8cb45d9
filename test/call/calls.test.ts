import { trace } from '../../runtime/core/trace';
import { settle } from '../../runtime/core/virtual-clock';
import { CallBench } from './bench-call';

const flow = { name: 'reception', version: '3f2a' };

describe('the call record', () => {
  it('tells the whole of a call', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({}, flow);
    call.enteredState('menu');
    await call.ring();
    await bench.clock.run(500);
    await call.answer();
    call.note({ type: 'digits', digits: '***' });
    await bench.clock.run(1500);
    call.enteredState('sales');
    session.over();
    await bench.clock.run(30);
    call.note({ type: 'error', message: 'said after the end' });
    expect(bench.records).toHaveLength(0);
    call.release();
    call.release();
    expect(JSON.parse(JSON.stringify(bench.only))).toEqual({
      id: call.info.id,
      callId: 'call-1@192.0.2.10',
      localTag: 'ours',
      remoteTag: 'theirs',
      direction: 'inbound',
      from: { uri: 'sip:alice@example.com', user: 'alice', displayName: 'Alice A.' },
      to: { uri: 'sip:reception@127.0.0.1', user: 'reception', displayName: '' },
      dialled: 'reception',
      remoteAddress: '192.0.2.10:5062',
      transport: 'UDP',
      flow,
      started: '2026-01-05T09:00:00.000Z',
      rang: '2026-01-05T09:00:00.000Z',
      answered: true,
      answeredAt: '2026-01-05T09:00:00.500Z',
      ended: '2026-01-05T09:00:02.000Z',
      duration: 2000,
      talked: 1500,
      end: { by: 'caller', cause: 'bye', status: 200, reason: '' },
      path: [
        { state: 'menu', at: 0 },
        { state: 'sales', at: 2000 },
      ],
      digits: [{ at: 500, digits: '***' }],
      recordings: [],
      transfers: [],
      legs: [],
      errors: [{ at: 2030, message: 'said after the end' }],
      omitted: 0,
      media: expect.objectContaining({ codec: 'PCMU', packetsSent: 10 }) as unknown,
    });
    bench.expectNothingLeft();
  });

  it('has the time of the end, however long the flow takes to hear of it', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    call.onEnd(() => bench.clock.advance(70));
    await bench.clock.run(1000);
    call.hangup();
    expect(bench.only.duration).toBe(1000);
  });

  it('is written without a flow that does not settle, which it says', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({}, flow);
    session.over();
    await bench.clock.run(19_999);
    expect(bench.records).toHaveLength(0);
    await bench.clock.run(1);
    expect(bench.only.errors).toMatchObject([
      { message: expect.stringContaining('did not end') as unknown },
    ]);
    call.release();
    expect(bench.records).toHaveLength(1);
    bench.expectNothingLeft();
  });

  it('waits for what the media of another thread has counted, but not for ever', async () => {
    const bench = new CallBench();
    const first = bench.incoming();
    await first.call.answer();
    let speak: () => void = () => undefined;
    bench.media.only.lastWords = new Promise((resolve) => {
      speak = resolve;
    });
    first.session.over();
    await bench.clock.run(500);
    expect(bench.records).toHaveLength(0);
    expect(bench.media.openSessions).toBe(0);
    speak();
    await settle();
    expect(bench.only.media).toMatchObject({ packetsSent: 10 });
    expect(bench.only.duration).toBe(0);
    bench.expectNothingLeft();

    const second = bench.incoming();
    await second.call.answer();
    bench.media.sessions[1]!.lastWords = new Promise(() => undefined);
    second.session.over();
    await bench.clock.run(20_000);
    expect(bench.records[1]?.media).toBeUndefined();
    expect(bench.records[1]?.errors).toMatchObject([
      { message: expect.stringContaining('the media did not end') as unknown },
    ]);
    bench.expectNothingLeft();
  });

  it('stays small for a flow that loops, and counts what it left out', () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    for (let count = 0; count < 700; count += 1) call.enteredState('menu');
    for (let count = 0; count < 501; count += 1) call.note({ type: 'digits', digits: '1' });
    call.hangup();
    expect(bench.only.path).toHaveLength(500);
    expect(bench.only.digits).toHaveLength(500);
    expect(bench.only.omitted).toBe(201);
  });
});

describe('the registry', () => {
  it('knows the calls in progress by their ids, each of its own', () => {
    const bench = new CallBench();
    const first = bench.incoming().call;
    const second = bench.incoming().call;
    expect(first.info.id).not.toBe(second.info.id);
    expect(bench.calls.count).toBe(2);
    expect(bench.calls.get(first.info.id)).toBe(first);
    first.hangup();
    expect(bench.calls.get(first.info.id)).toBeUndefined();
    expect([...bench.calls.all()]).toEqual([second]);
    second.hangup();
    bench.expectNothingLeft();
  });

  it('keeps a call until both its record is written and its session is over', () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({}, flow);
    session.over();
    expect(bench.calls.count).toBe(1);
    call.release();
    expect(bench.calls.count).toBe(0);
  });

  it('publishes each call’s own id beside its Call-ID', () => {
    const begun: unknown[] = [];
    const unsubscribe = trace.call.subscribe((event) => begun.push(event));
    const bench = new CallBench();
    const { call } = bench.incoming();
    unsubscribe();
    expect(begun).toEqual([
      { time: bench.clock.now(), id: call.info.id, callId: 'call-1@192.0.2.10' },
    ]);
    call.hangup();
  });

  it('logs one line for each event of a call', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.answer();
    call.hangup();
    expect(bench.log.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'info: call started',
      'info: call answered',
      'info: call ended',
    ]);
    expect(bench.log.every(({ fields }) => fields.call === call.info.id)).toBe(true);
  });
});

describe('draining', () => {
  it('is done at once without calls', async () => {
    const bench = new CallBench();
    await bench.calls.drain(60_000);
    bench.expectNothingLeft();
  });

  it('waits for the last call', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.answer();
    let drained = false;
    const draining = bench.calls.drain(60_000).then(() => {
      drained = true;
    });
    await bench.clock.run(59_000);
    expect(drained).toBe(false);
    expect(call.state).toBe('answered');
    call.hangup();
    await draining;
    bench.expectNothingLeft();
  });

  it('hangs up what is left after its time, answered or not', async () => {
    const bench = new CallBench();
    const answered = bench.incoming();
    const ringing = bench.incoming();
    await answered.call.answer();
    const draining = bench.calls.drain(60_000);
    await bench.clock.run(60_000);
    await draining;
    expect(answered.session.actions.at(-1)).toMatchObject({ type: 'end' });
    expect(ringing.session.actions).toEqual([{ type: 'reject', status: 503 }]);
    expect(answered.call.end).toMatchObject({ by: 'system', cause: 'shutdown' });
    expect(bench.records).toHaveLength(2);
    bench.expectNothingLeft();
  });

  it('does not wait for ever for a flow that does not settle', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming({}, flow);
    await call.answer();
    const draining = bench.calls.drain(1000);
    await bench.clock.run(3000);
    await draining;
    await bench.clock.run(20_000);
    expect(bench.records).toHaveLength(1);
    bench.expectNothingLeft();
  });
});

it('settles nothing late: a call that ends while it rings early leaves no promise unheard', async () => {
  const bench = new CallBench();
  const { call, session } = bench.incoming({ offer: undefined, headers: [['Require', '100rel']] });
  const ringing = expect(call.ring({ earlyMedia: true })).rejects.toMatchObject({
    code: 'CALLCHART_CALL_ENDED',
  });
  await settle();
  session.over({ by: 'remote', cause: 'cancel', status: 487, reason: '' });
  await ringing;
  await settle();
  bench.expectNothingLeft();
});
