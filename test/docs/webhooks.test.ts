import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMachine } from 'xstate';
import { RealClock } from '../../runtime/core/clock';
import { SeededRandom } from '../../runtime/core/random';
import { settle } from '../../runtime/core/virtual-clock';
import { callActors } from '../../runtime/flow/actors';
import { AddressGuard } from '../../runtime/web/address-guard';
import { createWebClient } from '../../runtime/web/client';
import { runFakeCall } from '../support/run-fake-call';
import { readPage, writeExamples } from './support/pages';

const page = 'docs/webhooks.md';
const examples = writeExamples('webhooks').filter((example) => example.page === page);

describe('the test that docs/webhooks.md shows', () => {
  const [shown] = examples.filter(({ kind }) => kind === 'test');
  if (shown === undefined) throw new Error('there is no test');
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
  require(shown.file);
});

describe('the app that docs/webhooks.md shows', () => {
  let app: Server;

  beforeAll(async () => {
    const module = examples.find(({ kind }) => kind === 'module');
    process.env['CALLCHART_WEBHOOK_KEYS'] = 'the key';
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
    ({ app } = require(module?.file ?? '') as { readonly app: Server });
    delete process.env['CALLCHART_WEBHOOK_KEYS'];
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    app.closeAllConnections();
    app.close();
  });

  /** What comes of a webhook to the app, with these keys. */
  async function outcome(...signingKeys: string[]): Promise<unknown> {
    const outcomes: unknown[] = [];
    const clock = new RealClock();
    const web = createWebClient({ clock, random: new SeededRandom(1), allow: ['127.0.0.1'] });
    const machine = createMachine({
      initial: 'asking',
      states: {
        asking: {
          invoke: {
            src: callActors.webhook,
            input: { url: `http://127.0.0.1:${(app.address() as AddressInfo).port}/` },
            onDone: { target: 'over', actions: ({ event }) => outcomes.push(event.output) },
          },
        },
        over: {},
      },
    });
    const run = runFakeCall(machine, { web, signingKeys, start: clock.now() });
    while (outcomes.length === 0) await settle();
    run.call.hangUp();
    await web.close();
    return outcomes[0];
  }

  it('answers Callchart, also during a change of keys, and nobody else', async () => {
    const ok = { type: 'ok', status: 200, data: { state: 'sent', days: 2 } };
    expect(await outcome('the key')).toEqual(ok);
    expect(await outcome('the next key', 'the key')).toEqual(ok);
    expect(await outcome('another key')).toMatchObject({ type: 'rejected', status: 401 });
    expect(await outcome()).toMatchObject({ type: 'rejected', status: 401 });
  });
});

describe('the message that docs/webhooks.md shows', () => {
  it('is what is said of localhost', async () => {
    const loopback = { address: '127.0.0.1', family: 4 };
    const guard = new AddressGuard([], () => Promise.resolve([loopback]));
    const message = await guard.refusal('http://localhost:3000/');
    expect(readPage(page)).toContain(`\n${message ?? 'none'}\n`);
  });
});
