import type { CallControl, DialTarget } from '../../../runtime/call/port';
import { oneScene } from '../scene';

const open = oneScene();

type Verdict = 'connect' | 'decline';

/** A callee whose answer the test decides, and what it was given of him. */
interface Guest {
  readonly callee: CallControl;
  readonly decide: (verdict: Verdict) => void;
  readonly fail: (error: Error) => void;
}

async function whispered(options: object = {}, more: Partial<DialTarget> = {}) {
  const scene = await open();
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  const bob = await scene.phone('callee');
  const carol = await scene.phone('other');
  for (const phone of [bob, carol]) phone.onCall = (incoming) => incoming.answer();
  const guests: Guest[] = [];
  const target = (to: string): DialTarget => ({
    to,
    ...more,
    onAnswered: (callee) =>
      new Promise<Verdict>((decide, fail) => {
        guests.push({ callee, decide, fail });
      }),
  });
  const dial = scene.dial(call, {
    targets: [target(bob.uri), target(carol.uri)],
    strategy: 'sequential',
    ringback: 'tone',
    ...options,
  });
  await scene.run(300);
  const [guest] = guests;
  if (guest === undefined) throw new Error('nobody has answered');
  return { scene, call, caller, bob, carol, dial, guests, guest };
}

describe('a callee who has a flow of his own before both talk', () => {
  it('is a call of his own for it: answered, outbound, of the call that dials', async () => {
    const { call, guest, bob } = await whispered();
    expect(guest.callee.state).toBe('answered');
    expect(guest.callee.info).toMatchObject({
      ...{ direction: 'outbound', parent: call.info.id },
      to: { uri: bob.uri },
    });
    expect(guest.callee.info.id).not.toBe(call.info.id);
    expect('dial' in guest.callee || 'conference' in guest.callee).toBe(false);
  });

  it('hears it, while the caller hears that it rings', async () => {
    const { scene, caller, bob, guest } = await whispered();
    await guest.callee.play(['question', 'question']);
    await scene.run(300);
    expect(bob.call.hears).toEqual(['question']);
    expect(caller.hears).toEqual(['ringback']);
    expect(caller.established).toBe(false);
  });

  it('is put through when it says so: nothing of it is heard any more', async () => {
    const { scene, caller, bob, carol, guest, dial } = await whispered();
    const playback = await guest.callee.play(['question', 'question', 'question']);
    await scene.run(200);
    playback.stop();
    guest.decide('connect');
    await scene.run(500);
    expect(caller.hears).toEqual(['callee']);
    expect(bob.call.hears).toEqual(['caller']);
    expect(guest.callee.state).toBe('ended');
    await expect(guest.callee.play('question')).rejects.toMatchObject({
      code: 'CALLCHART_CALL_ENDED',
    });
    expect(scene.told).toEqual([`dial.answered ${bob.uri}`]);
    expect(carol.received).toEqual([]);
    bob.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({
      ...{ type: 'answered', target: bob.uri, leg: guest.callee.info.id },
    });
  });

  it('presses keys for it, which are not the conversation’s', async () => {
    const { scene, bob, guest } = await whispered();
    const keys: string[] = [];
    guest.callee.digits.listen((digit) => keys.push(digit) > 0);
    await Promise.all([bob.call.press('12'), scene.run(1_000)]);
    expect(keys).toEqual(['1', '2']);
    expect(scene.told).toEqual([]);
    guest.decide('connect');
    await scene.run(300);
    await Promise.all([bob.call.press('3'), scene.run(500)]);
    expect(keys).toEqual(['1', '2']);
    expect(scene.told).toContain('dtmf 3 callee');
  });

  it.each<[string, (guest: Guest) => void]>([
    ['declines', ({ decide }) => decide('decline')],
    ['hangs him up', ({ callee }) => callee.hangup()],
    ['fails', ({ fail }) => fail(new Error('the flow failed'))],
  ])('is passed over for the next when it %s', async (_, decline) => {
    const { scene, bob, carol, guests, guest, dial } = await whispered();
    decline(guest);
    await scene.run(500);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(carol.received).toHaveLength(1);
    guests[1]?.decide('decline');
    await scene.run(200);
    expect(dial.result).toEqual({ type: 'declinedByScreening' });
  });

  it('has what failed in the record', async () => {
    const { scene, caller, guest } = await whispered();
    guest.fail(new Error('no such prompt'));
    await scene.run(100);
    caller.hangUp();
    await scene.run(500);
    expect(scene.record.errors).toMatchObject([{ message: 'no such prompt' }]);
  });

  it('is passed over when he hangs up himself: his flow hears of it', async () => {
    const { scene, bob, carol, guest } = await whispered();
    const ends: unknown[] = [];
    guest.callee.onEnd((end) => ends.push(end));
    bob.call.hangUp();
    await scene.run(500);
    expect(ends).toMatchObject([{ by: 'caller', cause: 'bye' }]);
    expect(carol.received).toHaveLength(1);
    // What comes late changes nothing.
    guest.decide('connect');
    await scene.run(200);
    expect(scene.told).toEqual([]);
  });

  it('is left when the caller hangs up', async () => {
    const { scene, caller, bob, guest, dial } = await whispered();
    caller.hangUp();
    await scene.run(100);
    expect(dial.result).toEqual({ type: 'cancelled' });
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(guest.callee.end).toMatchObject({ by: 'system' });
    guest.decide('connect');
    await scene.run(100);
  });

  it('is one of two who are asked at once: the first whose flow is done gets the call', async () => {
    const { scene, caller, bob, guests } = await whispered({ strategy: 'parallel' });
    expect(guests).toHaveLength(2);
    guests[1]?.decide('connect');
    await scene.run(300);
    expect(caller.hears).toEqual(['other']);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(guests[0]?.callee.state).toBe('ended');
  });

  it('is asked the question of the dial after it', async () => {
    const screening = { prompt: 'question', accept: '1', timeout: 5_000 };
    const { scene, caller, bob, guest } = await whispered({ screening });
    expect(bob.call.hears).toEqual([]);
    guest.decide('connect');
    await scene.run(300);
    expect(bob.call.hears).toEqual(['question']);
    await Promise.all([bob.call.press('1'), scene.run(1_000)]);
    expect(caller.hears).toEqual(['callee']);
  });

  it('notes what it notes in the record of the call, with the leg', async () => {
    const { scene, caller, guest } = await whispered();
    const recording = await guest.callee.record({
      ...{ maxDuration: 60_000, endSilence: 0, finishOn: '', beep: false },
    });
    guest.callee.note({ type: 'digits', digits: '5' });
    await scene.run(500);
    recording.stop();
    await recording.done;
    caller.hangUp();
    await scene.run(500);
    const leg = guest.callee.info.id;
    expect(scene.record.digits).toMatchObject([{ digits: '5', leg }]);
    expect(scene.record.recordings).toHaveLength(1);
    expect(scene.record.legs).toMatchObject([{ id: leg, answered: true }]);
  });
});

describe('a target with what is so for it alone', () => {
  async function dialling(target: Partial<DialTarget>) {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const dial = scene.dial(call, {
      targets: [{ to: bob.uri, ...target }],
      headers: { 'X-Dial': 'all' },
    });
    await scene.run(200);
    return { scene, call, caller, bob, dial };
  }

  it('is placed with its own trunk, headers, identity and credentials', async () => {
    const credentials = { username: 'us', password: 'secret' };
    const { scene } = await dialling({
      ...{ trunk: 'provider', headers: { 'X-Own': '1' }, callerIdentity: { number: '4711' } },
      credentials,
    });
    expect(scene.placer.requests).toMatchObject([
      {
        ...{ trunk: 'provider', headers: { 'X-Dial': 'all', 'X-Own': '1' }, credentials },
        identity: { number: '4711' },
      },
    ]);
  });

  it('rings for as long as it says', async () => {
    const { scene, dial } = await dialling({ timeout: 3_000 });
    await scene.run(3_500);
    expect(dial.result).toEqual({ type: 'noAnswer' });
  });

  it('is sent keys once it has answered, with its waits, before both talk', async () => {
    const { scene, caller, bob } = await dialling({ sendDigits: 'wW12' });
    bob.call.answer();
    await scene.run(1_400);
    expect(caller.established).toBe(false);
    expect(bob.call.digits).toEqual([]);
    await scene.run(700);
    expect(bob.call.digits).toEqual(['1', '2']);
    expect(caller.hears).toEqual(['callee']);
  });

  it('has gone before its keys were sent: the dial goes on as after any callee who hangs up', async () => {
    const { scene, bob, dial } = await dialling({ sendDigits: 'WWW1' });
    bob.call.answer();
    await scene.run(500);
    bob.call.hangUp();
    await scene.run(200);
    expect(dial.result).toEqual({ type: 'declinedByScreening' });
  });

  it('is named in events and in the result by its id', async () => {
    const { scene, bob, dial } = await dialling({ id: 'desk', machineDetection: {} });
    bob.call.ring();
    bob.call.answer();
    await scene.run(6_000);
    bob.call.hangUp();
    await scene.run(200);
    const told = scene.events.map((event) => ('id' in event ? [event.type, event.id] : []));
    expect(told).toEqual([
      ['dial.ringing', 'desk'],
      ['dial.answered', 'desk'],
    ]);
    expect(dial.result).toMatchObject({ id: 'desk', answeredBy: { type: 'unknown' } });
  });
});
