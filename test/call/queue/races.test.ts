import fc from 'fast-check';
import type { QueueFact } from '../../../runtime/call/queue/port';
import { Scene, oneScene } from '../scene';
import { serves, waits } from './parties';

const open = oneScene();

describe('the whisper', () => {
  it('is heard by the one who waited alone, before both talk', async () => {
    const scene = await open();
    const caller = await waits(scene, { music: 'music' });
    const agent = await serves(scene, { whisper: { prompt: 'question' } });
    expect(caller.phone.hears).toEqual(['question']);
    expect(agent.phone.hears).toEqual([]);
    expect(caller.told).toEqual(['queue.position', 'queue.taken']);
    await scene.run(1_000);
    expect([caller.phone.hears, agent.phone.hears]).toEqual([['callee'], ['caller']]);
  });

  it('that cannot be had costs nobody the talk', async () => {
    const scene = await open();
    const caller = await waits(scene);
    await serves(scene, { whisper: { prompt: 'missing' } });
    await scene.run(500);
    expect(caller.phone.hears).toEqual(['callee']);
    caller.phone.hangUp();
    await scene.run(11_000);
    expect(scene.record.errors).toContainEqual(
      expect.objectContaining({ code: 'CALLCHART_PROMPT_MISSING' }),
    );
  });

  it('does not outlive the agent: the caller waits on where he stood, with his music', async () => {
    const scene = await open();
    const first = await waits(scene, { music: 'music' });
    const second = await waits(scene);
    const agent = await serves(scene, { whisper: { prompt: 'question' } });
    agent.phone.hangUp();
    await scene.run(300);
    expect(agent.result).toEqual({ type: 'hangup' });
    expect(first.phone.hears).toEqual(['music']);
    expect(first.told.slice(-2)).toEqual(['queue.returned', 'queue.position']);
    expect(first.positions).toEqual([1, 1]);
    expect(second.positions).toEqual([2, 1, 2]);
    const next = await serves(scene);
    expect(next.served).toBe(first.call.info.id);
  });

  it('does not outlive the caller: the agent gets the next, or waits for one', async () => {
    const scene = await open();
    const first = await waits(scene);
    const agent = await serves(scene, { whisper: { prompt: 'question' } });
    first.phone.hangUp();
    await scene.run(300);
    expect(first.result).toMatchObject({ type: 'hangup' });
    expect(agent.result).toBeUndefined();
    const second = await waits(scene);
    await scene.run(1_000);
    expect(agent.served).toBe(second.call.info.id);
    expect([second.phone.hears, agent.phone.hears]).toEqual([['callee'], ['caller']]);
  });

  it('of a caller who has waited too long meanwhile still ends in a talk', async () => {
    const scene = await open();
    const caller = await waits(scene, { timeout: 400 });
    await serves(scene, { whisper: { prompt: 'question' } });
    await scene.run(1_000);
    expect(caller.result).toBeUndefined();
    expect(caller.phone.hears).toEqual(['callee']);
  });

  it('is another work with the call where the flow says so, told when the caller goes', async () => {
    const scene = await open();
    const caller = await waits(scene);
    let aborted = false;
    await serves(scene, {
      whisper: {
        run: (call, signal) => {
          expect(call.info.id).toBe(caller.call.info.id);
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          return new Promise(() => undefined);
        },
      },
    });
    caller.leave();
    await scene.run(100);
    expect(aborted).toBe(true);
  });
});

describe('at the same moment', () => {
  it('two agents get one caller once', async () => {
    const scene = await open();
    const agents = [await serves(scene), await serves(scene)];
    const caller = await waits(scene);
    expect(agents.map(({ served }) => served)).toEqual([caller.call.info.id, undefined]);
  });

  it('an agent takes a caller who hangs up: nobody is lost', async () => {
    const scene = await open();
    const caller = await waits(scene);
    const agentPhone = await scene.calling(await scene.phone('callee'));
    caller.phone.hangUp();
    const dequeued = agentPhone.call.dequeue({ queue: 'help', timeout: 5_000 });
    await scene.run(500);
    const next = await waits(scene);
    await scene.run(500);
    next.phone.hangUp();
    await scene.run(500);
    await expect(dequeued).resolves.toMatchObject({ type: 'answered' });
    expect(['hangup', 'bridged']).toContain(caller.result?.type);
  });

  it('a caller leaves whom somebody serves: he does not', async () => {
    const scene = await open();
    const caller = await waits(scene);
    await serves(scene, { whisper: { prompt: 'question' } });
    caller.place?.leave();
    await scene.run(1_000);
    expect(caller.phone.hears).toEqual(['callee']);
    caller.place?.leave();
    await scene.run(300);
    expect(caller.result).toBeUndefined();
  });

  it('a flow goes on when it hears that it is served: the agent gets the next', async () => {
    const scene = await open();
    const shy = await waits(scene);
    shy.call.onEvent(({ type }) => {
      if (type === 'queue.bridged') shy.leave();
      return true;
    });
    const next = await waits(scene);
    const agent = await serves(scene);
    expect(shy.result).toMatchObject({ type: 'cancelled' });
    expect(agent.served).toBe(next.call.info.id);
  });

  it('a call that dials, or is in a queue, is in no other', async () => {
    const scene = await open();
    const caller = await waits(scene);
    await expect(caller.call.dequeue({ queue: 'other', timeout: 0 })).rejects.toMatchObject({
      code: 'CALLCHART_CALL_BUSY',
    });
    const agent = await serves(scene);
    expect(agent.served).toBe(caller.call.info.id);
  });
});

type Step = 'waits' | 'serves' | 'callerHangsUp' | 'agentHangsUp' | 'leaves' | 'goesOn' | 'passes';

/** The parties by what they are at, picked by a number. */
function pick<T>(list: readonly T[], which: number): T | undefined {
  return list.length === 0 ? undefined : list[which % list.length];
}

test('no call is lost, each is bridged at most once, and positions are right, whatever happens', async () => {
  const steps = fc.array(
    fc.record({
      does: fc.constantFrom<Step>(
        ...(['waits', 'waits', 'serves', 'callerHangsUp', 'agentHangsUp'] as const),
        ...(['leaves', 'goesOn', 'passes'] as const),
      ),
      which: fc.nat({ max: 20 }),
      priority: fc.nat({ max: 1 }),
      whispers: fc.boolean(),
      wait: fc.constantFrom(0, 30, 400),
    }),
    { maxLength: 14 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const facts: QueueFact[] = [];
      const scene = await Scene.open({
        more: { onQueueFact: (_, fact) => facts.push(fact) },
      });
      const callers: Awaited<ReturnType<typeof waits>>[] = [];
      const agents: Awaited<ReturnType<typeof serves>>[] = [];
      for (const { does, which, priority, whispers, wait } of plan) {
        const waiting = callers.filter(({ result }) => result === undefined);
        const serving = agents.filter(({ result }) => result === undefined);
        if (does === 'waits') callers.push(await waits(scene, { priority }));
        else if (does === 'serves') {
          agents.push(await serves(scene, whispers ? { whisper: { prompt: 'question' } } : {}));
        } else if (does === 'callerHangsUp') pick(waiting, which)?.phone.hangUp();
        else if (does === 'agentHangsUp') pick(serving, which)?.phone.hangUp();
        else if (does === 'leaves') pick(waiting, which)?.place?.leave();
        else if (does === 'goesOn') pick([...waiting, ...serving], which)?.leave();
        await scene.run(wait);
      }
      await scene.run(2_000);
      const [queue] = scene.calls.queues;
      const members = queue?.members ?? [];
      const still = callers.filter(({ result }) => result === undefined);
      const talking = still.filter(({ served }) => served !== undefined);
      // Whoever has no outcome waits, or talks.
      expect(members.length + talking.length).toBe(still.length);
      expect(queue?.talking ?? 0).toBe(talking.length);
      // Nobody waits while an agent does.
      expect(Math.min(members.length, queue?.agents ?? 0)).toBe(0);
      for (const { call, position } of members) {
        const party = callers.find((each) => each.call.info.id === call);
        expect(party?.positions.at(-1)).toBe(position);
      }
      const ids = agents.flatMap(({ served }) => served ?? []);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { told } of callers) {
        expect(told.filter((type) => type === 'queue.bridged').length).toBeLessThanOrEqual(1);
      }
      expect([...callers, ...agents].map(({ error }) => error)).toEqual(
        [...callers, ...agents].map(() => undefined),
      );
      const count = (type: QueueFact['type']): number =>
        facts.filter((fact) => fact.type === type).length;
      expect(count('entered')).toBe(
        count('bridged') + count('left') + count('hungUp') + count('timedOut') + members.length,
      );
      await scene.finish();
    }),
    { numRuns: 30, seed: 5 },
  );
});
