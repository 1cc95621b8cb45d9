import { setup } from 'xstate';
import { z } from 'zod';
import { callActors, webhookOf } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';
import { type FlowLog, writeFlowLog } from '../../runtime/flow/flow-log';
import { replay } from '../../runtime/replay/replay';
import { writeTest } from '../../runtime/replay/to-test';
import { simulate } from '../../runtime/simulate/simulate';

const machine = setup({
  actors: { ...callActors, order: webhookOf(z.object({ days: z.number() })) },
}).createMachine({
  id: 'shop',
  initial: 'asking',
  states: {
    asking: {
      invoke: {
        src: 'order',
        input: { url: 'https://shop.example/' },
        onDone: choices({ ok: 'telling', otherwise: 'done' }),
        onError: 'done',
      },
    },
    telling: {
      invoke: { src: 'pause', input: { duration: 1_000 }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});

describe('a call that asked a web app', () => {
  it('is replayed, and written as a test, with what the app answered then', async () => {
    const call = await simulate(machine, { web: [{ body: { days: 2 } }] });
    const log = JSON.parse(writeFlowLog(call.log)) as FlowLog;
    const again = replay(machine, log);
    expect(again.parting).toBeUndefined();
    const flow = { name: 'shop', file: '/flows/shop.flow.ts', version: '1', sources: [], machine };
    const { text, differs } = await writeTest(flow, log, again, '/test/shop.test.ts');
    expect(differs).toBeUndefined();
    expect(text).toContain("{ type: 'ok', status: 200, data: { days: 2 } }");
  });
});
