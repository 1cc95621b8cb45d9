import { join } from 'node:path';
import type { Clock } from '../../../runtime/core/clock';
import { createPromptLibrary } from '../../../runtime/prompt/library';
import { ScriptedVoice, type VoiceStep } from '../../support/scripted-voice';
import { oneWorld } from '../support/one-world';
import { SimulatedPhone } from '../support/phone';
import type { World } from '../support/world';

const open = oneWorld();

/** The world's, which is there later than the voice that goes by it. */
function clockOf(world: () => World): Clock {
  return {
    now: () => world().clock.now(),
    setTimeout: (callback, delay) => world().clock.setTimeout(callback, delay),
    clearTimeout: (handle) => world().clock.clearTimeout(handle),
  };
}

interface Heard {
  readonly world: World;
  readonly phone: SimulatedPhone;
  readonly voice: ScriptedVoice;
  /** A flag for each frame of 20 ms since the beginning of the first sound. */
  readonly frames: boolean[];
}

/** A caller of the long text, by a voice of this script; hears from the answer on. */
async function call(script: readonly VoiceStep[]): Promise<Heard> {
  const clock = clockOf(() => world);
  const voice = new ScriptedVoice('scripted', clock, script, { timeout: 20_000 });
  const prompts = await createPromptLibrary({ directories: ['prompts'], voice, clock });
  const files = [join('test', 'sim', 'flows', 'long-text.flow.ts')];
  const world = await open({
    parts: { prompts },
    config: { flows: { directory: 'flows', files } },
  });
  const phone = await SimulatedPhone.open(world, { flow: 'long-text' });
  const frames: boolean[] = [];
  phone.media.listen((frame) => {
    const loud = frame.some((sample) => Math.abs(sample) > 1_000);
    if (loud || frames.length > 0) frames.push(loud);
  });
  phone.dial();
  await world.until(phone.answered());
  return { world, phone, voice, frames };
}

/** Frames without sound between the first and the last with. */
function gap(frames: readonly boolean[]): number {
  return frames.slice(0, frames.lastIndexOf(true)).filter((loud) => !loud).length;
}

test('a caller hears the parts of a long text without a gap when the voice is quick', async () => {
  const { world, phone, frames } = await call([
    { after: 200, sound: 1_003 },
    { after: 200, sound: 998 },
    { after: 700, sound: 1_501 },
  ]);
  await world.until(phone.over());
  expect(frames.filter((loud) => loud).length).toBeGreaterThanOrEqual(174);
  expect(gap(frames)).toBe(0);
  await world.run(1_000);
  expect(world.record(phone.callId).end).toMatchObject({ by: 'flow', cause: 'bye' });
});

test('a caller hears the first part while the second is still being made', async () => {
  const { world, phone, voice, frames } = await call([
    { after: 300, sound: 1_000 },
    { after: 3_000, sound: 1_000 },
  ]);
  await world.run(1_500);
  expect(voice.made).toBe(1);
  expect(frames.filter((loud) => loud).length).toBeGreaterThanOrEqual(49);
  await world.until(phone.over());
  expect(voice.made).toBe(2);
  expect(frames.filter((loud) => loud).length).toBeGreaterThanOrEqual(98);
  // What it waited for, and no more: 2 000 ms.
  expect(Math.abs(gap(frames) - 100)).toBeLessThanOrEqual(5);
});

test('a voice that fails in the middle is heard to the end of what it said, and then the flow is told', async () => {
  const { world, phone, frames } = await call([
    { after: 100, sound: 2_000 },
    { after: 100, error: new Error('no network') },
  ]);
  await world.run(4_000);
  expect(frames.filter((loud) => loud).length).toBeGreaterThanOrEqual(99);
  expect(phone.end).toBeUndefined();
  phone.hangUp();
  await world.until(phone.over());
  await world.run(1_000);
  const states = world.record(phone.callId).path.map(({ state }) => state);
  expect(states.slice(0, 2)).toEqual(['say', 'failed']);
});

test('a caller who hangs up in the middle leaves nothing behind', async () => {
  const { world, phone, voice } = await call([
    { after: 100, sound: 500 },
    { after: 5_000, sound: 500 },
  ]);
  await world.run(1_000);
  phone.hangUp();
  await world.until(phone.over());
  // It goes on being made, for the next call.
  await world.run(6_000);
  expect(voice.made).toBe(2);
});
