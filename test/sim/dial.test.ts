import { ScenePhone } from '../call/scene-phone';
import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';
import type { World } from './support/world';

const open = oneWorld();

async function connecting(): Promise<{ world: World; alice: SimulatedPhone; bob: ScenePhone }> {
  const world = await open({
    config: {
      flows: { files: ['test/sim/flows/connect.flow.ts'] },
      outbound: { hosts: ['10.1.9.9'] },
    },
  });
  const { clock, network, phoneMedia: engine } = world;
  const bob = await ScenePhone.open({ clock, network, engine, host: '10.1.9.9', voice: 'callee' });
  world.onClose(() => bob.close());
  const alice = await SimulatedPhone.open(world, { flow: 'connect' });
  alice.hear();
  alice.dial();
  await world.run(500);
  return { world, alice, bob };
}

const path = (world: World, alice: SimulatedPhone): string[] =>
  world.record(alice.callId).path.map(({ state }) => state);

describe('a flow that dials, in a whole server', () => {
  it('connects both, goes on when the callee has gone, and hangs up', async () => {
    const { world, alice, bob } = await connecting();
    expect(alice.progress).toEqual([180]);
    bob.call.answer();
    await world.run(3_000);
    expect(alice.establishedAt).toBeDefined();
    expect(alice.loudFrames).toBeGreaterThan(100);
    bob.call.hangUp();
    await world.run(20_000);
    expect(alice.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(path(world, alice)).toEqual(['colleague', 'thanks', 'done']);
    expect(world.record(alice.callId)).toMatchObject({
      legs: [{ target: 'sip:bob@10.1.9.9', answered: true, end: { by: 'callee', cause: 'bye' } }],
      recordings: [{ path: expect.stringMatching(/-both\.wav$/) as unknown }],
    });
  });

  it('says so when the callee is busy', async () => {
    const { world, alice, bob } = await connecting();
    bob.call.reject(486);
    await world.run(20_000);
    expect(path(world, alice)).toEqual(['colleague', 'sorry', 'done']);
  });

  it('leaves the conversation at a key of the caller', async () => {
    const { world, alice, bob } = await connecting();
    bob.call.answer();
    await world.run(1_000);
    await Promise.all([alice.press('0'), world.run(1_000)]);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(bob.call.digits).toEqual(['0']);
    await world.run(20_000);
    expect(path(world, alice)).toEqual(['colleague', 'thanks', 'done']);
  });

  it('hears of the caller who hangs up in the conversation', async () => {
    const { world, alice, bob } = await connecting();
    bob.call.answer();
    await world.run(1_000);
    alice.hangUp();
    await world.run(1_000);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(world.record(alice.callId)).toMatchObject({ end: { by: 'caller', cause: 'bye' } });
    expect(world.server.open).toMatchObject({ calls: 0, flows: 0, mediaSessions: 0 });
  });
});
