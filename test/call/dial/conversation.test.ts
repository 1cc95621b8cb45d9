import type { IncomingSession } from '../../../runtime/sip/ua/port';
import { oneScene, type Scene } from '../scene';

const open = oneScene();

/** A caller who talks to a callee, a second after the answer. */
async function talking(
  options: Parameters<Scene['dial']>[1] = {},
  phones: { caller?: object; callee?: object } = {},
  world: Parameters<typeof open>[0] = {},
) {
  const scene = await open(world);
  const alice = await scene.phone('caller', phones.caller);
  const bob = await scene.phone('callee', phones.callee);
  bob.onCall = (incoming) => incoming.answer();
  const { call, caller } = await scene.calling(alice);
  const dial = scene.dial(call, { targets: [bob.uri], ...options });
  await scene.run(1_000);
  return { scene, alice, bob, call, caller, callee: bob.call, dial };
}

describe('a conversation', () => {
  it('begins with the answer, and the call goes on when the callee has gone', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(caller.progress).toEqual([180]);
    expect(caller.established).toBe(false);
    bob.call.answer();
    await scene.run(1_000);
    expect(caller.established).toBe(true);
    expect(caller.hears).toEqual(['callee']);
    expect(bob.call.hears).toEqual(['caller']);
    await scene.run(4_000);
    bob.call.hangUp();
    await scene.run(500);
    expect(dial.result).toEqual({
      type: 'answered',
      target: bob.uri,
      leg: scene.events.flatMap((event) => (event.type === 'dial.answered' ? [event.leg] : []))[0],
      talkTime: 5_000,
      endedBy: 'callee',
    });
    expect(call.state).toBe('answered');
    expect(caller.end).toBeUndefined();
    expect(caller.hears).toEqual([]);
    expect(scene.told).toEqual([`dial.ringing ${bob.uri}`, `dial.answered ${bob.uri}`]);
  });

  it('ends for the callee when the caller hangs up, and both legs are in the record', async () => {
    const { scene, caller, callee, bob, dial } = await talking();
    caller.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'caller' });
    expect(callee.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(scene.record).toMatchObject({
      direction: 'inbound',
      end: { by: 'caller', cause: 'bye' },
      media: { codec: 'PCMU' },
      legs: [
        {
          target: bob.uri,
          uri: bob.uri,
          callId: callee.session.callId,
          answered: true,
          end: { by: 'caller', cause: 'bye' },
          media: { codec: 'PCMU' },
        },
      ],
    });
  });

  it('can be followed by another', async () => {
    const { scene, call, caller, callee } = await talking();
    callee.hangUp();
    await scene.run(100);
    const carol = await scene.phone('other');
    carol.onCall = (incoming) => incoming.answer();
    const second = scene.dial(call, { targets: [carol.uri] });
    await scene.run(1_000);
    expect(caller.hears).toEqual(['other']);
    carol.call.hangUp();
    await scene.run(100);
    expect(second.result).toMatchObject({ type: 'answered', endedBy: 'callee' });
  });

  it('is one at a time', async () => {
    const { scene, call, bob } = await talking();
    const second = scene.dial(call, { targets: [bob.uri] });
    await scene.run(10);
    expect(second.error).toMatchObject({ code: 'CALLCHART_CALL_BUSY' });
    expect(bob.received).toHaveLength(1);
  });

  it('is recoded only where it must be: what one side speaks, the other is offered first', async () => {
    const late = await talking({}, { callee: { codecs: ['PCMA'] } });
    // The caller likes PCMU better, and is answered when the callee has been.
    expect(late.callee.audio?.codec.name).toBe('PCMA');
    expect(late.caller.audio?.codec.name).toBe('PCMA');
  });

  it('is offered to the callee as the caller speaks who was answered before', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller', { codecs: ['PCMA', 'PCMU'] }));
    await call.answer();
    const bob = await scene.phone('callee');
    scene.dial(call, { targets: [bob.uri] });
    await scene.run(500);
    const { offer } = bob.call.session as IncomingSession;
    expect(offer).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
  });

  it('goes between codecs', async () => {
    const { caller, callee } = await talking(
      {},
      { caller: { codecs: ['PCMA'] }, callee: { codecs: ['PCMU'] } },
    );
    expect(caller.audio?.codec.name).toBe('PCMA');
    expect(callee.audio?.codec.name).toBe('PCMU');
    expect(caller.hears).toEqual(['callee']);
    expect(callee.hears).toEqual(['caller']);
  });

  it('ends with the hang-up key of the caller, who stays', async () => {
    const { scene, call, caller, callee, dial } = await talking({ hangupKey: '*' });
    await Promise.all([caller.press('4*'), scene.run(1_000)]);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'hangupKey' });
    expect(callee.end).toMatchObject({ by: 'remote' });
    expect(call.state).toBe('answered');
    expect(scene.told).toContain('dtmf 4 caller');
    expect(scene.told).not.toContain('dtmf * caller');
  });

  it('ends at its time limit', async () => {
    const { scene, call, callee, dial } = await talking({ timeLimit: 10_000 });
    await scene.run(9_500);
    expect(dial.result).toMatchObject({ endedBy: 'timeLimit', talkTime: 10_000 });
    expect(callee.end).toMatchObject({ by: 'remote' });
    expect(call.state).toBe('answered');
  });

  it('ends when the flow leaves its state', async () => {
    const leave = new AbortController();
    const scene = await open();
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    const { call } = await scene.calling(await scene.phone('caller'));
    const dial = scene.dial(call, { targets: [bob.uri] }, leave.signal);
    await scene.run(1_000);
    leave.abort();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'system' });
    expect(bob.call.end).toBeDefined();
    expect(call.state).toBe('answered');
  });

  it('is recorded with both sides, and the file stands in the record and in the outcome', async () => {
    const { scene, call, callee, dial } = await talking({ record: { name: 'sales' } });
    await scene.run(3_000);
    callee.hangUp();
    await scene.run(500);
    const path = `/recordings/${call.info.id}-1-sales.wav`;
    expect(dial.result).toMatchObject({
      type: 'answered',
      recording: { path, duration: expect.any(Number) as unknown },
    });
    const file = scene.files.files.get(path);
    // Two channels (bytes 22 and 23 of a WAV file).
    expect(file?.readUInt16LE(22)).toBe(2);
    call.hangup();
    await scene.run(100);
    expect(scene.record.recordings).toMatchObject([{ path, endedBy: 'stopped' }]);
  });

  it('loses the callee alone when no sound comes from there any more', async () => {
    const { scene, bob, call, caller, dial } = await talking({}, {}, { mediaTimeout: 5_000 });
    scene.cut(bob);
    await scene.run(20_000);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'system' });
    expect(call.state).toBe('answered');
    expect(caller.end).toBeUndefined();
    call.hangup();
    await scene.run(40_000);
    expect(scene.record.legs).toMatchObject([{ end: { by: 'system', cause: 'media-timeout' } }]);
  });
});

describe('keys in a conversation', () => {
  it('go across as events and are told with their leg; none waits for the next gather', async () => {
    const { scene, call, caller, callee } = await talking();
    await Promise.all([caller.press('12'), scene.run(1_000)]);
    await Promise.all([callee.press('3'), scene.run(1_000)]);
    expect(callee.digits).toEqual(['1', '2']);
    expect(caller.digits).toEqual(['3']);
    expect(scene.told.slice(-3)).toEqual(['dtmf 1 caller', 'dtmf 2 caller', 'dtmf 3 callee']);
    expect(call.digits.peek()).toBeUndefined();
  });

  it('go by INFO to a callee who takes no events', async () => {
    const { scene, caller, callee } = await talking({}, { callee: { telephoneEvent: false } });
    await Promise.all([caller.press('7'), scene.run(1_000)]);
    expect(callee.digits).toEqual([]);
    expect(callee.infos).toEqual([expect.stringMatching(/^Signal=7\r\nDuration=\d+\r\n$/)]);
  });

  it('that come by INFO go across as events', async () => {
    const { scene, caller, callee } = await talking();
    await Promise.all([caller.pressByInfo('9'), scene.run(1_000)]);
    expect(callee.digits).toEqual(['9']);
    expect(scene.told.at(-1)).toBe('dtmf 9 caller');
  });
});

describe('a hold', () => {
  it.each([
    ['sendonly', 'sendonly', ['caller']],
    ['inactive', 'inactive', []],
  ] as const)(
    'of the caller (%s) is answered, passed across, and taken back',
    async (style, passed, heard) => {
      const { scene, caller, callee } = await talking();
      const held = caller.reoffer(style);
      await scene.run(1_000);
      expect(await held).toMatchObject({ type: 'response', response: { status: 200 } });
      expect(caller.audio?.direction).toBe(style);
      expect(callee.offered).toEqual([passed]);
      expect(scene.told.at(-1)).toBe('call.held');
      expect(callee.hears).toEqual(heard);
      expect(caller.hears).toEqual([]);
      void caller.reoffer('sendrecv');
      await scene.run(1_000);
      expect(callee.offered).toEqual([passed, 'sendrecv']);
      expect(caller.hears).toEqual(['callee']);
      expect(callee.hears).toEqual(['caller']);
    },
  );

  it('of the callee is passed to the caller', async () => {
    const { scene, caller, callee } = await talking();
    void callee.reoffer('sendonly');
    await scene.run(1_000);
    expect(caller.offered).toEqual(['sendonly']);
    void callee.reoffer('sendrecv');
    await scene.run(1_000);
    expect(caller.offered).toEqual(['sendonly', 'sendrecv']);
    expect(caller.hears).toEqual(['callee']);
  });

  it('that began while the callee rang is passed on with the answer', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    await call.answer();
    const bob = await scene.phone('callee');
    scene.dial(call, { targets: [bob.uri] });
    await scene.run(500);
    void caller.reoffer('inactive');
    await scene.run(500);
    bob.call.answer();
    await scene.run(500);
    expect(bob.call.offered).toEqual(['inactive']);
    void caller.reoffer('sendrecv');
    await scene.run(500);
    expect(caller.hears).toEqual(['callee']);
  });

  it('that the other side does not take leaves its sound as it was, and is asked for once', async () => {
    const { scene, caller, callee } = await talking();
    callee.takesOffers = false;
    void caller.reoffer('sendonly');
    await scene.run(5_000);
    expect(callee.offered).toEqual(['sendonly']);
    void caller.reoffer('sendrecv');
    await scene.run(5_000);
    expect(callee.offered).toEqual(['sendonly']);
    expect(caller.hears).toEqual(['callee']);
    expect(callee.hears).toEqual(['caller']);
  });

  it('with music of ours is not passed across: the other hears the music', async () => {
    const { scene, caller, callee } = await talking({ holdMusic: 'music' });
    void caller.reoffer('sendonly');
    await scene.run(2_000);
    expect(callee.offered).toEqual([]);
    expect(callee.hears).toEqual(['music']);
    void caller.reoffer('sendrecv');
    await scene.run(1_000);
    expect(callee.hears).toEqual(['caller']);
  });

  it('has the music of the configuration where the flow names none', async () => {
    const world = { more: { holdMusic: 'music' } } as const;
    const { scene, caller, callee } = await talking({}, {}, world);
    void callee.reoffer('sendonly');
    await scene.run(2_000);
    expect(caller.offered).toEqual([]);
    expect(caller.hears).toEqual(['music']);
    void callee.reoffer('sendrecv');
    await scene.run(1_000);
    expect(caller.hears).toEqual(['callee']);
  });

  it('has the music that the flow names in place of that of the configuration', async () => {
    const world = { more: { holdMusic: 'music' } } as const;
    const { scene, caller, callee } = await talking({ holdMusic: 'question' }, {}, world);
    void caller.reoffer('sendonly');
    await scene.run(2_000);
    expect(callee.hears).toEqual(['question']);
    void caller.reoffer('sendrecv');
    await scene.run(1_000);
  });

  it('of both at once ends when both have taken it back', async () => {
    const { scene, caller, callee } = await talking();
    void caller.reoffer('sendonly');
    void callee.reoffer('sendonly');
    await scene.run(10_000);
    expect(caller.hears).toEqual([]);
    expect(callee.hears).toEqual([]);
    void caller.reoffer('sendrecv');
    await scene.run(5_000);
    void callee.reoffer('sendrecv');
    await scene.run(5_000);
    expect(caller.hears).toEqual(['callee']);
    expect(callee.hears).toEqual(['caller']);
    expect(caller.end).toBeUndefined();
    expect(callee.end).toBeUndefined();
  });

  it('that crosses a hold of the other side on the wire (491) ends no call', async () => {
    const { scene, caller, callee } = await talking();
    void caller.reoffer('inactive');
    await scene.run(2);
    // Ours to the callee is on its way now, and meets this one.
    void callee.reoffer('inactive');
    await scene.run(10_000);
    expect(caller.end).toBeUndefined();
    expect(callee.end).toBeUndefined();
    void caller.reoffer('sendrecv');
    void callee.reoffer('sendrecv');
    await scene.run(10_000);
    expect(caller.hears).toEqual(['callee']);
    expect(callee.hears).toEqual(['caller']);
  });
});

describe('a re-INVITE in a conversation', () => {
  it('that moves the sound of one side is no business of the other', async () => {
    const { scene, caller, callee } = await talking();
    const before = caller.media.local.port;
    void caller.moveSound();
    await scene.run(1_000);
    expect(caller.media.local.port).not.toBe(before);
    expect(callee.offered).toEqual([]);
    expect(callee.hears).toEqual(['caller']);
    expect(caller.hears).toEqual(['callee']);
  });
});
