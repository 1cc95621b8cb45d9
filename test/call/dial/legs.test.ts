import type { CallHappening, LegNames } from '../../../runtime/call/happenings';
import { oneScene } from '../scene';

const open = oneScene();

function isOfLeg(happening: CallHappening): happening is CallHappening & LegNames {
  return happening.type.startsWith('leg.');
}

async function dialling(strategy: 'parallel' | 'sequential' = 'parallel') {
  const scene = await open();
  const happenings: CallHappening[] = [];
  scene.calls.onHappening((happening) => happenings.push(happening));
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  const bob = await scene.phone('callee');
  const carol = await scene.phone('other');
  const targets = [{ to: bob.uri, id: 'desk' }, carol.uri];
  const dial = scene.dial(call, { targets, strategy });
  await scene.run(200);
  return {
    ...{ scene, call, caller, bob, carol, dial },
    /** What was told of legs: `ringing sip:…`. */
    told: () =>
      happenings.flatMap((each) =>
        isOfLeg(each) ? [`${each.type.replace('leg.', '')} ${each.target}`] : [],
      ),
    legs: () => happenings.filter(isOfLeg),
    legOf: (uri: string) => call.status.legs.find(({ party }) => party === uri)?.id ?? '',
  };
}

describe('what those outside are told of the legs that a call dials', () => {
  it('is their start, their ringing, their answer and their end, each with its own id', async () => {
    const { scene, bob, carol, told, legs } = await dialling();
    bob.call.answer();
    await scene.run(1_000);
    bob.call.hangUp();
    await scene.run(500);
    expect(told()).toEqual([
      `started ${bob.uri}`,
      `started ${carol.uri}`,
      `ringing ${bob.uri}`,
      `ringing ${carol.uri}`,
      `answered ${bob.uri}`,
      `ended ${carol.uri}`,
      `ended ${bob.uri}`,
    ]);
    const ids = new Map(legs().map(({ leg, target }) => [target, leg]));
    expect(new Set(legs().map(({ leg }) => leg))).toEqual(new Set(ids.values()));
    expect(ids.get(bob.uri)).not.toBe(ids.get(carol.uri));
    expect(legs().find(({ target }) => target === bob.uri)).toMatchObject({ id: 'desk' });
    expect(legs().at(-1)).toMatchObject({ answered: true, talked: 1_000, status: 200 });
  });

  it('names the leg as the flow, the status and the record do', async () => {
    const { scene, call, caller, bob, legOf, legs } = await dialling();
    bob.call.answer();
    await scene.run(500);
    const leg = legOf(bob.uri);
    expect(scene.events).toContainEqual({
      ...{ type: 'dial.answered', target: bob.uri, leg, id: 'desk' },
    });
    expect(call.status.legs[0]).toMatchObject({ of: 'call', id: call.info.id });
    caller.hangUp();
    await scene.run(500);
    expect(scene.record.legs.find(({ answered }) => answered)).toMatchObject({ id: leg });
    expect(legs().some((each) => each.leg === leg)).toBe(true);
  });
});

describe('a leg that is hung up from outside', () => {
  it('is cancelled while it rings, and the next has its turn', async () => {
    const { scene, call, bob, carol, legOf } = await dialling('sequential');
    expect(call.endLeg(legOf(bob.uri))).toBe(true);
    await scene.run(500);
    expect(bob.call.end).toMatchObject({ cause: 'cancel' });
    expect(carol.received).toHaveLength(1);
  });

  it('ends the talk, and not the call', async () => {
    const { scene, call, bob, dial, legOf } = await dialling();
    bob.call.answer();
    await scene.run(500);
    expect(call.endLeg(legOf(bob.uri))).toBe(true);
    await scene.run(200);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'system' });
    expect(call.state).toBe('answered');
    expect(call.endLeg('no such leg')).toBe(false);
  });
});
