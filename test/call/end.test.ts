import { settle } from '../../runtime/core/virtual-clock';
import type { CallEnd } from '../../runtime/call/port';
import { CallBench } from './bench-call';

describe('the end of a call', () => {
  it.each([
    [
      'a BYE from the caller',
      { by: 'remote', cause: 'bye', status: 200, reason: '' },
      { by: 'caller', cause: 'bye', status: 200 },
    ],
    [
      'no ACK',
      { by: 'system', cause: 'no-ack', status: 408, reason: '' },
      { by: 'system', cause: 'no-ack', status: 408 },
    ],
    [
      'a session timer that ran out in the user agent',
      { by: 'local', cause: 'session-timer', status: 408, reason: '' },
      { by: 'system', cause: 'session-timer', status: 408 },
    ],
  ] as const)('by %s is told once and written down', async (_, sessionEnd, end) => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    const ends: CallEnd[] = [];
    call.onEnd((over) => ends.push(over));
    session.over(sessionEnd);
    session.handler.onEnded(sessionEnd);
    call.hangup();
    expect(ends).toMatchObject([end]);
    await settle();
    expect(bench.only.end).toMatchObject(end);
    expect(call.state).toBe('ended');
    expect(session.actions).toHaveLength(1);
    bench.expectNothingLeft();
  });

  it('is told at once to whoever asks after it, and not to whoever has forgotten it', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    const told: string[] = [];
    const forget = call.onEnd(() => told.push('forgotten'));
    forget();
    call.reject(486);
    call.onEnd(({ status }) => told.push(String(status)));
    expect(told).toEqual(['486']);
  });

  it('reaches every listener although one throws', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    const told: string[] = [];
    call.onEnd(() => {
      throw new Error('defect of a flow');
    });
    call.onEnd(() => told.push('second'));
    call.hangup();
    expect(told).toEqual(['second']);
    expect(bench.log.some(({ fields }) => fields.error === 'defect of a flow')).toBe(true);
    bench.expectNothingLeft();
  });
});

describe('hanging up', () => {
  it('is a plain BYE after the answer', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    call.hangup();
    call.hangup();
    expect(session.actions.slice(1)).toEqual([{ type: 'end' }]);
    expect(call.end).toEqual({ by: 'flow', cause: 'bye', status: 200, reason: '' });
    await settle();
    bench.expectNothingLeft();
  });

  it('names its reason in the BYE (RFC 3326), which cannot add a header of its own', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    call.hangup('so "long"\r\nX-Evil: 1');
    expect(session.actions[1]).toEqual({
      type: 'end',
      headers: [['Reason', 'SIP;cause=200;text="so \\"long\\" X-Evil: 1"']],
    });
  });

  it('before the answer is 480', () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    call.hangup();
    expect(session.actions).toEqual([{ type: 'reject', status: 480 }]);
    expect(call.end).toMatchObject({ by: 'flow', cause: 'rejected', status: 480 });
    bench.expectNothingLeft();
  });
});

describe('rejecting and redirecting', () => {
  it('gives the final response that is asked for', () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    call.reject(603, 'Not today');
    expect(session.actions).toEqual([{ type: 'reject', status: 603, reason: 'Not today' }]);
    expect(bench.only).toMatchObject({
      answered: false,
      talked: 0,
      end: { by: 'flow', cause: 'rejected', status: 603, reason: 'Not today' },
    });
    bench.expectNothingLeft();
  });

  it('names the usual phrase in the record when the flow gives none', () => {
    const bench = new CallBench();
    bench.incoming().call.reject(486);
    expect(bench.only.end).toMatchObject({ status: 486, reason: 'Busy Here' });
  });

  it('after early media is still possible, and gives the ports back', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.ring({ earlyMedia: true });
    call.reject(486);
    expect(session.actions.at(-1)).toEqual({ type: 'reject', status: 486 });
    await settle();
    bench.expectNothingLeft();
  });

  it('after the answer is a BYE with the status as its reason', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    call.reject(486);
    expect(session.actions.at(-1)).toEqual({
      type: 'end',
      headers: [['Reason', 'SIP;cause=486;text="Busy Here"']],
    });
    expect(call.end).toMatchObject({ by: 'flow', cause: 'bye', status: 486 });
  });

  it('redirects with 302, or another 3xx', () => {
    const bench = new CallBench();
    const first = bench.incoming();
    first.call.redirect(['sip:other@example.com']);
    expect(first.session.actions).toEqual([
      { type: 'reject', status: 302, contacts: ['sip:other@example.com'] },
    ]);
    expect(first.call.end).toEqual({
      by: 'flow',
      cause: 'redirected',
      status: 302,
      reason: 'sip:other@example.com',
    });
    const second = bench.incoming();
    second.call.redirect(['sip:a@b', 'sip:c@d'], 301);
    expect(second.session.actions).toMatchObject([{ status: 301 }]);
    bench.expectNothingLeft();
  });

  it('cannot redirect an answered call', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    await call.answer();
    expect(() => call.redirect(['sip:a@b'])).toThrow(
      expect.objectContaining({ code: 'CALLCHART_CALL_ANSWERED' }) as Error,
    );
    expect(call.state).toBe('answered');
    call.hangup();
  });

  it('takes no status that means something else, and does nothing to an ended call', () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    const invalid = expect.objectContaining({ code: 'CALLCHART_INVALID_STATUS' }) as Error;
    expect(() => call.reject(200)).toThrow(invalid);
    expect(() => call.redirect(['sip:a@b'], 404)).toThrow(invalid);
    call.reject(486);
    call.reject(500);
    call.redirect(['sip:a@b']);
    call.hangup();
    expect(session.actions).toHaveLength(1);
  });
});

describe('silence from the caller', () => {
  it('ends the call with a BYE and the cause media-timeout', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    bench.media.only.handler.onTimeout();
    expect(session.actions.at(-1)).toEqual({
      type: 'end',
      headers: [['Reason', 'SIP;cause=408;text="Media timeout"']],
    });
    await settle();
    expect(bench.only.end).toEqual({
      by: 'system',
      cause: 'media-timeout',
      status: 408,
      reason: 'Media timeout',
    });
    bench.expectNothingLeft();
  });

  it('is right while the caller holds', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    await session.handler.onOffer(`${session.offer ?? ''}a=sendonly\r\n`);
    bench.media.only.handler.onTimeout();
    expect(call.state).toBe('answered');
    call.hangup();
  });
});

describe('a blind transfer', () => {
  it('sends REFER, reports success, and only then hangs up', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    const order: string[] = [];
    call.onEnd(() => order.push('ended'));
    const transferred = call.transfer('sip:bob@example.com', { timeout: 30_000 }).then((result) => {
      order.push(result.type);
      return result;
    });
    await settle();
    expect(session.refers).toEqual([{ to: 'sip:bob@example.com', timeout: 30_000 }]);
    session.settleRefer({ type: 'accepted', status: 200 });
    expect(await transferred).toEqual({ type: 'accepted', status: 200 });
    await bench.clock.run(0);
    expect(order).toEqual(['accepted', 'ended']);
    expect(call.end).toMatchObject({ by: 'flow', cause: 'transferred' });
    expect(session.actions.at(-1)).toEqual({ type: 'end' });
    expect(bench.only.transfers).toMatchObject([
      { to: 'sip:bob@example.com', outcome: 'accepted', status: 200 },
    ]);
    bench.expectNothingLeft();
  });

  it('is what ended a call whose flow hangs up as soon as it hears of the success', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    const hungUp = call
      .transfer('sip:bob@example.com', { timeout: 30_000 })
      .then(() => call.hangup());
    await settle();
    session.settleRefer({ type: 'accepted', status: 200 });
    await hungUp;
    expect(call.end).toMatchObject({ by: 'flow', cause: 'transferred' });
    await settle();
    bench.expectNothingLeft();
  });

  it.each([
    [{ type: 'failed', status: 486, reason: 'Busy Here' }],
    [{ type: 'refused', status: 603, reason: 'Decline' }],
    [{ type: 'noNotify' }],
  ] as const)('that comes to %j leaves the call as it is', async (outcome) => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    const transferred = call.transfer('sip:bob@example.com', { timeout: 1000 });
    await settle();
    session.settleRefer(outcome);
    expect(await transferred).toEqual(outcome);
    await bench.clock.run(1000);
    expect(call.state).toBe('answered');
    call.hangup();
    await settle();
    expect(bench.only.transfers).toMatchObject([{ outcome: outcome.type }]);
    bench.expectNothingLeft();
  });

  it('is in the hands of a caller who hangs up meanwhile', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({}, { name: 'f', version: '1' });
    const transferred = call.transfer('sip:bob@example.com', { timeout: 1000 });
    await settle();
    session.over();
    expect(await transferred).toEqual({ type: 'accepted', status: 202 });
    expect(call.end).toMatchObject({ by: 'caller', cause: 'bye' });
    call.release();
    await settle();
    expect(bench.only.transfers).toMatchObject([{ outcome: 'ended' }]);
    bench.expectNothingLeft();
  });

  it('is not what callers may ask of us', () => {
    const { session } = new CallBench().incoming();
    const refused: number[] = [];
    session.handler.onRefer?.({
      request: session.request,
      ...{ target: 'sip:bob@example.com', replaces: undefined, referredBy: undefined },
      accept: () => {
        throw new Error('it was taken');
      },
      reject: (status) => refused.push(status),
    });
    expect(refused).toEqual([603]);
  });
});
