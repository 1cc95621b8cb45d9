import { oneScene } from '../scene';

const open = oneScene();

const screening = { prompt: 'question', accept: '1', timeout: 5_000 };

async function screened(options: object = {}) {
  const scene = await open();
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  const bob = await scene.phone('callee');
  const carol = await scene.phone('other');
  for (const phone of [bob, carol]) phone.onCall = (incoming) => incoming.answer();
  const dial = scene.dial(call, {
    targets: [bob.uri, carol.uri],
    strategy: 'sequential',
    screening,
    ...options,
  });
  await scene.run(300);
  return { scene, call, caller, bob, carol, dial };
}

describe('a callee who is asked first', () => {
  it('hears the question, and with the key that accepts is put through', async () => {
    const { scene, caller, bob, carol, dial } = await screened();
    expect(bob.call.hears).toEqual(['question']);
    expect(caller.established).toBe(false);
    await Promise.all([bob.call.press('1'), scene.run(1_000)]);
    expect(caller.established).toBe(true);
    expect(caller.hears).toEqual(['callee']);
    expect(bob.call.hears).toEqual(['caller']);
    expect(carol.received).toEqual([]);
    expect(scene.told).toEqual([`dial.answered ${bob.uri}`]);
    bob.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: bob.uri });
  });

  it('hears the caller at once, in the middle of the question', async () => {
    const question = Array.from({ length: 8 }, () => 'question');
    const { scene, bob } = await screened({ screening: { ...screening, prompt: question } });
    expect(bob.call.hears).toEqual(['question']);
    await Promise.all([bob.call.press('1'), scene.run(600)]);
    expect(bob.call.hears).toEqual(['caller']);
  });

  it('keeps the caller with the ring-back meanwhile', async () => {
    const { caller } = await screened({ ringback: 'tone' });
    expect(caller.established).toBe(false);
    expect(caller.hears).toEqual(['ringback']);
  });

  it.each([
    [
      'presses another key',
      // The leg is gone before the key is let go.
      (bob: { press(digits: string): Promise<void> }) => bob.press('2').catch(() => undefined),
    ],
    ['hangs up', (bob: { hangUp(): void }) => Promise.resolve(bob.hangUp())],
    ['does nothing', () => Promise.resolve()],
  ])('and %s is passed over for the next', async (_, decline) => {
    const { scene, bob, carol, dial } = await screened();
    await Promise.all([decline(bob.call), scene.run(6_000)]);
    expect(bob.call.end).toBeDefined();
    expect(carol.received).toHaveLength(1);
    await scene.run(60_000);
    expect(dial.result).toEqual({ type: 'declinedByScreening' });
  });

  it('has its time from the end of the question', async () => {
    const { scene, bob } = await screened();
    await scene.run(5_000);
    expect(bob.call.end).toBeUndefined();
    await scene.run(500);
    expect(bob.call.end).toBeDefined();
  });

  it('is one of two who are asked at once: the first to accept gets the call', async () => {
    const { scene, caller, bob, carol } = await screened({ strategy: 'parallel' });
    expect(bob.call.hears).toEqual(['question']);
    expect(carol.call.hears).toEqual(['question']);
    await Promise.all([carol.call.press('1'), scene.run(1_000)]);
    expect(caller.hears).toEqual(['other']);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('is left when the caller hangs up', async () => {
    const { scene, caller, bob, dial } = await screened();
    caller.hangUp();
    await scene.run(100);
    expect(dial.result).toEqual({ type: 'cancelled' });
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('with a question that cannot be had: the dial rejects', async () => {
    const { scene, bob, dial } = await screened({
      screening: { ...screening, prompt: 'missing' },
    });
    await scene.run(100);
    expect(dial.error).toMatchObject({ code: 'CALLCHART_PROMPT_MISSING' });
    expect(bob.received.every(({ end }) => end !== undefined)).toBe(true);
  });
});
