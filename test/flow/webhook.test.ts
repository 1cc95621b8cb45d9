import { createMachine, setup } from 'xstate';
import { z } from 'zod';
import { settle } from '../../runtime/core/virtual-clock';
import { callActors, webhookOf } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';
import type { WebhookInput } from '../../runtime/flow/outcomes';
import type { WebClient, WebFailure, WebRequest, WebResult } from '../../runtime/web/port';
import { verifySignature } from '../../runtime/web/signature';
import { expectOver, runFakeCall } from '../support/run-fake-call';

const url = 'https://app.example/orders';

/** A web client that answers when the test says so. */
class FakeWeb implements WebClient {
  readonly requests: WebRequest[] = [];
  private readonly answers: ((result: WebResult) => void)[] = [];
  readonly counts = { requests: 0, failures: 0, open: 0, openCircuits: 0 };
  request(request: WebRequest): Promise<WebResult> {
    this.requests.push(request);
    return new Promise((resolve) => this.answers.push(resolve));
  }
  gives(status: number, body: string, type = 'application/json'): Promise<void> {
    const headers = { 'content-type': type };
    const answer = { ...{ status, headers, cookies: [], url: `${url}?key=secret`, attempts: 1 } };
    return this.settles({ type: 'answer', ...answer, body: Buffer.from(body) });
  }
  fails(reason: WebFailure): Promise<void> {
    const detail = 'nobody listens there';
    return this.settles({
      ...{ type: 'failed', reason, message: `${url}: ${detail}`, detail, attempts: 3 },
    });
  }
  private async settles(result: WebResult): Promise<void> {
    this.answers.shift()?.(result);
    await settle();
  }
  refusal(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  lookup(): never {
    throw new Error('not asked');
  }
  prepare = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
}

async function asking(input: WebhookInput, signingKeys: readonly string[] = []) {
  const outcomes: unknown[] = [];
  const errors: unknown[] = [];
  const machine = createMachine({
    id: 'shop',
    initial: 'asking',
    states: {
      asking: {
        invoke: {
          src: callActors.webhook,
          input,
          onDone: { target: 'over', actions: ({ event }) => outcomes.push(event.output) },
          onError: { target: 'over', actions: ({ event }) => errors.push(event.error) },
        },
        on: { leave: 'over', dtmf: { target: 'asking', reenter: true } },
      },
      over: {},
    },
  });
  const web = new FakeWeb();
  const run = runFakeCall(machine, { web, signingKeys });
  await settle();
  return { run, web, outcomes, errors };
}

const bodyOf = ({ body = '' }: WebRequest): unknown => JSON.parse(String(body));

describe('what a webhook sends', () => {
  it('is JSON with the facts of the call beside what the flow gives', async () => {
    const { web, run } = await asking({ url, body: { order: 42 } });
    expect(web.requests).toMatchObject([
      {
        ...{ url, method: 'POST', timeout: 15_000, retries: 2 },
        headers: { 'content-type': 'application/json', accept: 'application/json' },
      },
    ]);
    const { info } = run.call;
    expect(bodyOf(web.requests[0]!)).toEqual({
      order: 42,
      call: {
        ...{ id: info.id, direction: 'inbound', state: 'ringing', from: info.from, to: info.to },
        ...{ dialled: info.dialled, started: new Date(info.started).toISOString() },
      },
    });
  });

  it('is what the flow gives alone, where it is no object, says so, or has a member call itself', async () => {
    const sent = async (input: Partial<WebhookInput>): Promise<unknown> =>
      bodyOf((await asking({ url, ...input })).web.requests[0]!);
    expect(await sent({ body: [1, 2] })).toEqual([1, 2]);
    expect(await sent({ body: null })).toBeNull();
    expect(await sent({ body: { a: 1 }, call: false })).toEqual({ a: 1 });
    expect(await sent({ body: { call: 'mine' } })).toEqual({ call: 'mine' });
    expect(Object.keys((await sent({})) as object)).toEqual(['call']);
  });

  it('is nothing with GET', async () => {
    const { web } = await asking({ url, method: 'GET', headers: { Accept: 'text/csv' } });
    expect(web.requests[0]).not.toHaveProperty('body');
    expect(web.requests[0]?.headers).not.toHaveProperty('content-type');
  });

  it('has a key of its own each time that the state is entered, or that of the flow', async () => {
    const { web, run } = await asking({ url });
    run.call.press('1');
    await settle();
    const keys = web.requests.map(({ headers = {} }) => headers['idempotency-key']);
    const { id } = run.call.info;
    expect(keys).toEqual([`${id}.0.shop.asking.1`, `${id}.0.shop.asking.2`]);
    const own = await asking({ url, idempotencyKey: 'order-42' });
    expect(own.web.requests[0]?.headers?.['idempotency-key']).toBe('order-42');
  });

  it('is signed when it goes out, with each key, and not without keys', async () => {
    const { web, run } = await asking({ url }, ['new', 'old']);
    const { sign, body, method } = web.requests[0]!;
    run.clock.advance(10_000);
    const header = sign?.({ url, method, body })['callchart-signature'];
    const now = run.clock.now();
    for (const key of ['new', 'old']) {
      expect(verifySignature(header, String(body), key, { now, tolerance: 999 })).toBe(true);
    }
    expect((await asking({ url })).web.requests[0]).not.toHaveProperty('sign');
  });
});

describe('what comes of a webhook', () => {
  it.each([
    [200, '{"name":"Ann"}', { type: 'ok', status: 200, data: { name: 'Ann' } }],
    [204, '', { type: 'ok', status: 204, data: undefined }],
    [404, '{"error":"none"}', { type: 'rejected', status: 404, body: { error: 'none' } }],
    [503, 'Sorry', { type: 'rejected', status: 503, body: 'Sorry' }],
    [304, '', { type: 'rejected', status: 304, body: undefined }],
    [
      200,
      '<html>',
      {
        ...{ type: 'invalid', status: 200 },
        issues: [{ message: 'the answer is not JSON (application/json)', path: '' }],
      },
    ],
  ])('%i with %j is %j', async (status, body, outcome) => {
    const { web, run, outcomes } = await asking({ url });
    await web.gives(status, body);
    expect(outcomes).toEqual([outcome]);
    const noted = run.call.notes.filter(({ type }) => type === 'error');
    expect(noted).toHaveLength(outcome.type === 'ok' ? 0 : 1);
    // The record holds nothing that may be secret.
    expect(JSON.stringify(noted)).not.toContain('secret');
  });

  it.each([
    ['timeout', { type: 'timeout' }],
    ['tls', { type: 'unreachable', reason: 'tls', message: `${url}: nobody listens there` }],
  ] as const)('%s is an outcome, and stands in the record', async (reason, outcome) => {
    const { web, run, outcomes } = await asking({ url });
    await web.fails(reason);
    expect(outcomes).toEqual([outcome]);
    expect(run.call.notes).toContainEqual({
      ...{ type: 'error', message: `webhook: ${url}: nobody listens there` },
    });
  });

  it('is what the schema makes of the answer, or what the schema has against it', async () => {
    const schema = z.object({ orders: z.array(z.object({ price: z.coerce.number() })) });
    const good = await asking({ url, schema });
    await good.web.gives(200, '{"orders":[{"price":"12.5"}],"more":1}');
    expect(good.outcomes).toEqual([
      { type: 'ok', status: 200, data: { orders: [{ price: 12.5 }] } },
    ]);
    const bad = await asking({ url, schema });
    await bad.web.gives(200, '{"orders":[{"price":"x"}]}');
    expect(bad.outcomes).toEqual([
      {
        ...{ type: 'invalid', status: 200 },
        issues: [{ message: expect.any(String) as string, path: 'orders.0.price' }],
      },
    ]);
    const empty = await asking({ url, schema });
    await empty.web.gives(204, '');
    expect(empty.outcomes).toMatchObject([{ type: 'invalid' }]);
  });

  it('may be waited for by a schema that asks somebody else', async () => {
    const schema = z.string().refine((text) => Promise.resolve(text === 'right'));
    const { web, outcomes } = await asking({ url, schema });
    await web.gives(200, '"right"');
    expect(outcomes).toEqual([{ type: 'ok', status: 200, data: 'right' }]);
  });

  it('is nothing when its state is left: the request is given up', async () => {
    const { web, run, outcomes } = await asking({ url });
    const { signal } = web.requests[0]!;
    expect(signal?.aborted).toBe(false);
    run.call.emit({ type: 'leave' } as never);
    expect(signal?.aborted).toBe(true);
    await web.gives(200, '{}');
    expect(outcomes).toEqual([]);
  });

  it('is hangup when the caller goes', async () => {
    const { web, run, outcomes } = await asking({ url });
    run.call.hangUp();
    await settle();
    expect(outcomes).toEqual([{ type: 'hangup' }]);
    expect(web.requests[0]?.signal?.aborted).toBe(true);
    await run.clock.run(10_000);
    expectOver(run);
  });
});

describe('an input that is wrong', () => {
  it.each([
    [{}, "the input needs 'url'"],
    [{ url: '/orders' }, 'url must be absolute'],
    [{ url: 'ftp://app.example/' }, 'url must be absolute'],
    [{ url, method: 'HEAD' }, 'method is "HEAD" and must be one of'],
    [{ url, method: 'GET', body: {} }, 'GET has no body'],
    [{ url, headers: { 'a b': 'c' } }, "'a b' is no name of a header"],
    [{ url, headers: { a: 'b\r\nc: d' } }, 'has a line end'],
    [{ url, idempotencyKey: 'a b' }, 'idempotencyKey must be'],
    [{ url, retries: 11 }, 'retries is 11'],
    [{ url, timeout: -1 }, 'timeout is -1'],
    [{ url, schema: { type: 'object' } }, 'schema must be one of zod'],
    [{ url, body: { a: 1n } }, 'cannot be written as JSON'],
  ])('%j is an error that says so', async (input, problem) => {
    const { errors, web } = await asking(input as unknown as WebhookInput);
    expect(errors).toMatchObject([
      {
        code: 'CALLCHART_FLOW_INPUT',
        message: expect.stringMatching(/^webhook: /) as string,
      },
    ]);
    expect(String(errors[0])).toContain(problem);
    expect(web.requests).toEqual([]);
  });
});

describe('webhookOf', () => {
  it('gives the flow what the schema gives, with its type', async () => {
    const lookUp = webhookOf(z.object({ name: z.string(), age: z.coerce.number() }));
    const told: string[] = [];
    const machine = setup({ actors: { ...callActors, lookUp } }).createMachine({
      initial: 'asking',
      states: {
        asking: {
          invoke: {
            src: 'lookUp',
            input: { url },
            onDone: choices({
              ok: {
                target: 'over',
                // A name or a number that the schema has not would not compile.
                actions: ({ event: { output } }) =>
                  told.push(`${output.data.name.trim()} ${output.data.age.toFixed(1)}`),
              },
              otherwise: 'over',
            }),
          },
        },
        over: {},
      },
    });
    const web = new FakeWeb();
    const run = runFakeCall(machine, { web });
    await settle();
    await web.gives(200, '{"name":" Ann ","age":"33"}');
    expect(told).toEqual(['Ann 33.0']);
    expect(run.path).toEqual(['asking', 'over']);
  });
});
