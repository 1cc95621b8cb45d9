import { setup } from 'xstate';
import { z } from 'zod';
import { callActors, webhookOf } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';
import type { SimulateOptions, WebQuestion } from '../../runtime/simulate/port';
import { simulate } from '../../runtime/simulate/simulate';

const flow = setup({
  actors: { ...callActors, lookUp: webhookOf(z.object({ name: z.string() })) },
}).createMachine({
  id: 'desk',
  initial: 'looking',
  states: {
    looking: {
      invoke: {
        src: 'lookUp',
        input: { url: 'https://app.example/caller?key=secret', body: { number: '42' } },
        onDone: choices({ ok: 'known', rejected: 'looking', invalid: 'odd', otherwise: 'alone' }),
        onError: 'broken',
      },
    },
    known: { type: 'final' },
    odd: { type: 'final' },
    alone: { type: 'final' },
    broken: { type: 'final' },
  },
});

const path = async (options: SimulateOptions): Promise<string> =>
  (await simulate(flow, options)).path.join(' > ');

describe('a web app in a simulation', () => {
  it('answers by order, the last for all further ones, and its answer is checked as in a call', async () => {
    const ann = { body: { name: 'Ann' } };
    expect(await path({ web: [ann] })).toBe('looking > known');
    expect(await path({ web: [{ status: 404 }, { status: 404 }, ann] })).toBe('looking > known');
    expect(await path({ web: [{ body: { name: 1 } }] })).toBe('looking > odd');
    expect(await path({ web: [{ body: '<html>' }] })).toBe('looking > odd');
  });

  it('is asked what a real one would be', async () => {
    const questions: WebQuestion[] = [];
    await simulate(flow, {
      web: async (question) => {
        questions.push(question);
        return Promise.resolve({ body: { name: 'Ann' } });
      },
    });
    expect(questions).toMatchObject([
      {
        ...{ url: 'https://app.example/caller?key=secret', method: 'POST' },
        headers: {
          'content-type': 'application/json',
          'idempotency-key': 'call-1.0.desk.looking.1',
        },
        json: { number: '42', call: { dialled: 'desk' } },
      },
    ]);
  });

  it('is not there when the test says nothing of it, and may be slow, in virtual time', async () => {
    const alone = await simulate(flow);
    expect(alone.path).toEqual(['looking', 'alone']);
    expect(alone.transcript).toContain('asks POST https://app.example/caller?…');
    expect(alone.transcript).toContain('https://app.example/caller?…: nobody listens there');
    const slow = await simulate(flow, { web: [{ after: 20_000, body: {} }] });
    expect(slow.path).toEqual(['looking', 'alone']);
    expect(slow.duration).toBe(15_000);
    expect(await path({ web: [{ fails: 'tls' }] })).toBe('looking > alone');
  });

  it('may be a function that takes real time, while virtual time stands', async () => {
    const call = await simulate(flow, {
      web: async () => {
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        return { body: { name: 'Ann' } };
      },
    });
    expect(call).toMatchObject({ path: ['looking', 'known'], duration: 100 });
    const stuck = simulate(flow, { web: () => new Promise(() => undefined), actorTimeout: 20 });
    await expect(stuck).rejects.toThrow(
      "the function 'web' of the test has not answered within 0.02 s of real time",
    );
  });

  it('is not waited for by a caller who hangs up', async () => {
    const call = await simulate(flow, {
      web: [{ after: 10_000, body: { name: 'Ann' } }],
      caller: [{ type: 'waits', duration: 1_000 }, { type: 'hangsUp' }],
    });
    expect(call).toMatchObject({ path: ['looking'], duration: 1_000, result: { settled: true } });
  });

  it('is stood in for by the actor, too', async () => {
    const given = { type: 'ok', status: 200, data: { name: 'Bob' } };
    expect(await path({ actors: { lookUp: () => given } })).toBe('looking > known');
  });
});
