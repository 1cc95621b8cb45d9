import { settle } from '../../runtime/core/virtual-clock';
import { CallBench, offer } from './bench-call';

describe('answering', () => {
  it('sends 200 with the answer to the offer, sets up the media, and resolves at once', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    expect(session.actions).toEqual([
      {
        type: 'accept',
        sdp: expect.stringContaining('m=audio 30000 RTP/AVP 0 101\r\n') as unknown,
      },
    ]);
    expect(bench.media.only.options.localHost).toBe('127.0.0.1');
    expect(bench.media.only.configured).toMatchObject([
      {
        remote: { rtp: { host: '192.0.2.10', port: 4000 } },
        codec: { name: 'PCMU', payloadType: 0 },
        telephoneEvent: { payloadType: 101 },
        direction: 'sendrecv',
        ptime: 20,
      },
    ]);
    expect(call.state).toBe('answered');
    call.hangup();
    await settle();
    bench.expectNothingLeft();
  });

  it('is done once, however often it is asked for', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await Promise.all([call.answer(), call.answer(), call.play('welcome')]);
    await call.answer();
    expect(session.actions).toHaveLength(1);
    call.hangup();
  });

  it('announces what the peer is to be told, but binds the local address', async () => {
    const bench = new CallBench({ announcedHost: () => '203.0.113.5' });
    const { call, session } = bench.incoming();
    await call.answer();
    expect(session.actions[0]).toMatchObject({
      sdp: expect.stringContaining('c=IN IP4 203.0.113.5') as unknown,
    });
    expect(bench.media.only.options.localHost).toBe('127.0.0.1');
    call.hangup();
  });

  it('takes no port for a call that is never answered', () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    call.reject(486);
    expect(bench.media.sessions).toHaveLength(0);
    expect(bench.only.media).toBeUndefined();
    bench.expectNothingLeft();
  });

  it('gives 503 with Retry-After when no media port is free, and the call has ended', async () => {
    const bench = new CallBench();
    bench.media.exhausted = true;
    const { call, session } = bench.incoming();
    await expect(call.answer()).rejects.toMatchObject({ code: 'CALLCHART_MEDIA_PORTS_EXHAUSTED' });
    expect(session.actions).toEqual([
      { type: 'reject', status: 503, headers: [['Retry-After', '5']] },
    ]);
    expect(call.end).toMatchObject({ by: 'system', cause: 'media-unavailable', status: 503 });
    expect(bench.only.errors).toMatchObject([{ code: 'CALLCHART_MEDIA_PORTS_EXHAUSTED' }]);
    bench.expectNothingLeft();
  });

  it('gives 488 with a Warning for an offer that shares nothing with us', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({ offer: offer([], 4000, '18') });
    await expect(call.answer()).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    expect(session.actions).toEqual([
      {
        type: 'reject',
        status: 488,
        headers: [['Warning', '305 callchart "Incompatible media format"']],
      },
    ]);
    expect(call.end).toMatchObject({ by: 'system', cause: 'not-acceptable', status: 488 });
    await settle();
    bench.expectNothingLeft();
  });

  it('gives the ports back when the caller cancels while they are being taken', async () => {
    const bench = new CallBench();
    let open = (): void => undefined;
    bench.media.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { call, session } = bench.incoming();
    const answer = expect(call.answer()).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    session.over({ by: 'remote', cause: 'cancel', status: 487, reason: '' });
    open();
    await answer;
    expect(session.actions).toEqual([]);
    expect(call.end).toMatchObject({ by: 'caller', cause: 'cancel', status: 487 });
    bench.expectNothingLeft();
  });

  it('is refused once the call has ended, as is all that needs an answer', async () => {
    const bench = new CallBench();
    const { call } = bench.incoming();
    call.reject(486);
    const ended = { code: 'CALLCHART_CALL_ENDED' };
    await expect(call.answer()).rejects.toMatchObject(ended);
    await expect(call.ring()).rejects.toMatchObject(ended);
    await expect(call.play('welcome')).rejects.toMatchObject(ended);
    await expect(call.echo()).rejects.toMatchObject(ended);
    await expect(call.sendDigits('1', 100, 50)).rejects.toMatchObject(ended);
    await expect(call.transfer('sip:x@y', { timeout: 1000 })).rejects.toMatchObject(ended);
    await expect(
      call.record({ maxDuration: 1, endSilence: 0, finishOn: '', beep: false }),
    ).rejects.toMatchObject(ended);
    bench.expectNothingLeft();
  });
});

describe('an INVITE without an offer', () => {
  it('gets our offer in the 200, and media when the ACK brings the answer', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({ offer: undefined });
    let done = false;
    const answered = call.answer().then(() => {
      done = true;
    });
    await settle();
    expect(session.actions).toEqual([
      { type: 'accept', sdp: expect.stringContaining('RTP/AVP 0 8 101') as unknown },
    ]);
    expect(done).toBe(false);
    expect(call.state).toBe('answered');
    expect(bench.media.only.configured).toEqual([]);
    expect(session.acknowledge(offer([], 4002, '8'))).toBe(true);
    await answered;
    expect(bench.media.only.configured).toMatchObject([{ codec: { name: 'PCMA' } }]);
    call.hangup();
    await settle();
    bench.expectNothingLeft();
  });

  it('is ended when the answer does not fit, and the record says why', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({ offer: undefined });
    const answered = expect(call.answer()).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    await settle();
    expect(session.acknowledge('nonsense')).toBe(false);
    session.end();
    await answered;
    await settle();
    expect(bench.only.errors).toMatchObject([
      { message: 'SDP answer refused: the answer is not a session description' },
    ]);
    bench.expectNothingLeft();
  });

  it('gets our offer in a reliable 183, is answered by PRACK, and then gets the 200', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({
      offer: undefined,
      headers: [['Supported', 'timer, 100rel']],
    });
    const ringing = call.ring({ earlyMedia: true });
    await settle();
    expect(session.actions).toMatchObject([{ type: 'provisional', status: 183 }]);
    const answered = call.answer();
    await settle();
    // RFC 3262 §5: no 2xx before the offer in the 183 is answered.
    expect(session.actions).toHaveLength(1);
    expect(session.handler.onAnswer(offer())).toBe(true);
    await ringing;
    await answered;
    expect(session.actions.map(({ type }) => type)).toEqual(['provisional', 'accept']);
    call.hangup();
  });

  it('rings with 180 in place of early media for a caller without 100rel', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({ offer: undefined, headers: [] });
    await call.ring({ earlyMedia: true });
    expect(session.actions).toEqual([{ type: 'provisional', status: 180, sdp: undefined }]);
    expect(call.state).toBe('ringing');
    call.hangup();
    bench.expectNothingLeft();
  });
});

describe('ringing', () => {
  it('is 180 without a description, and leaves the call ringing', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.ring();
    expect(session.actions).toEqual([{ type: 'provisional', status: 180, sdp: undefined }]);
    expect(call.state).toBe('ringing');
    expect(bench.media.sessions).toHaveLength(0);
    call.hangup();
  });

  it('with early media is 183 with the description that the 200 repeats', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.ring({ earlyMedia: true });
    expect(call.state).toBe('early');
    const playback = await call.play('welcome');
    expect(bench.media.only.playbacks).toEqual([playback]);
    // What is played early does not answer the call.
    expect(call.state).toBe('early');
    await call.answer();
    const [early, final] = session.actions;
    expect(early).toMatchObject({ type: 'provisional', status: 183 });
    expect(final).toMatchObject({ type: 'accept', sdp: (early as { sdp: string }).sdp });
    expect(bench.media.only.configured).toHaveLength(1);
    call.hangup();
    await settle();
    bench.expectNothingLeft();
  });

  it('with early media that share nothing gives 488', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming({ offer: offer([], 4000, '18') });
    await expect(call.ring({ earlyMedia: true })).rejects.toMatchObject({
      code: 'CALLCHART_CALL_ENDED',
    });
    expect(session.actions).toMatchObject([{ type: 'reject', status: 488 }]);
    bench.expectNothingLeft();
  });

  it('after the answer is nothing', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    await call.ring();
    await call.ring({ earlyMedia: true });
    expect(session.actions).toHaveLength(1);
    call.hangup();
  });
});

describe('an offer during the call', () => {
  it('is answered, and the media follows to the new address and codec', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    const answer = await session.handler.onOffer(offer([], 4444, '8'));
    expect(answer).toMatchObject({
      type: 'answer',
      sdp: expect.stringMatching(/^v=0\r\no=- \d+ 2 .*RTP\/AVP 8\r\n/s) as unknown,
    });
    expect(bench.media.only.configured.at(-1)).toMatchObject({
      remote: { rtp: { port: 4444 } },
      codec: { name: 'PCMA' },
    });
    call.hangup();
  });

  it('that cannot be met is refused with 488, and all stays as it was', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    expect(await session.handler.onOffer(offer([], 4444, '18'))).toEqual({
      type: 'reject',
      status: 488,
      warning: { code: 305, text: 'Incompatible media format' },
    });
    expect(bench.media.only.configured).toHaveLength(1);
    expect(call.state).toBe('answered');
    call.hangup();
  });

  it('before the answer is what the 200 then repeats (RFC 3311)', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.ring({ earlyMedia: true });
    const update = await session.handler.onOffer(offer(['a=sendonly'], 4444));
    await call.answer();
    expect(session.actions.at(-1)).toEqual({
      type: 'accept',
      sdp: (update as { sdp: string }).sdp,
    });
    expect(bench.media.only.configured.at(-1)).toMatchObject({ direction: 'recvonly' });
    call.hangup();
  });

  it('takes the ports when nothing else has, and is refused with 503 when there are none', async () => {
    const bench = new CallBench();
    const first = bench.incoming();
    expect(await first.session.handler.onOffer(offer())).toMatchObject({ type: 'answer' });
    expect(bench.media.openSessions).toBe(1);
    first.call.hangup();
    bench.media.exhausted = true;
    const second = bench.incoming();
    expect(await second.session.handler.onOffer(offer())).toEqual({ type: 'reject', status: 503 });
    bench.expectNothingLeft();
  });

  it('that was not made is made by us', async () => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    await call.answer();
    expect(await session.handler.onOfferWanted()).toContain('RTP/AVP 0 8 101');
    expect(session.handler.onAnswer(offer([], 4600))).toBe(true);
    expect(bench.media.only.configured.at(-1)).toMatchObject({ remote: { rtp: { port: 4600 } } });
    call.hangup();
  });

  it.each([
    ['a=sendonly', offer(['a=sendonly']), 'recvonly'],
    ['a=inactive', offer(['a=inactive']), 'inactive'],
    ['c=0.0.0.0', offer().replace('c=IN IP4 192.0.2.10', 'c=IN IP4 0.0.0.0'), 'recvonly'],
  ])('with %s tells of the hold, once, and of its end', async (_, hold, direction) => {
    const bench = new CallBench();
    const { call, session } = bench.incoming();
    const events: string[] = [];
    const forget = call.onEvent((event) => {
      events.push(event.type);
      return false;
    });
    const playback = await call.play('welcome');
    let stopped = false;
    void playback.done.then(() => {
      stopped = true;
    });
    await session.handler.onOffer(hold);
    await session.handler.onOffer(hold);
    expect(events).toEqual(['call.held']);
    expect(bench.media.only.configured.at(-1)).toMatchObject({ direction });
    await session.handler.onOffer(offer());
    expect(events).toEqual(['call.held', 'call.resumed']);
    expect(bench.media.only.configured.at(-1)).toMatchObject({ direction: 'sendrecv' });
    // What plays goes on all the while.
    await settle();
    expect(stopped).toBe(false);
    forget();
    await session.handler.onOffer(hold);
    expect(events).toHaveLength(2);
    call.hangup();
  });
});
