import { CallchartProcess } from './support/callchart-process';
import { expectSuccess, runSipp, type Sipp, startSipp } from './support/sipp';

jest.setTimeout(180_000);

const open: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

/** A server that proxies calls for `answer` to a sipp which plays the other end. */
async function proxyTo(
  scenario: string,
  options: Parameters<typeof startSipp>[1] = {},
): Promise<{ server: CallchartProcess; callee: Sipp }> {
  const callee = await startSipp(scenario, options);
  open.push(callee);
  const server = await CallchartProcess.start({
    config: {
      routes: [
        {
          when: { dialled: 'answer' },
          allow: 'anyone',
          proxy: `sip:answer@127.0.0.1:${callee.port}${options.transport === 't1' ? ';transport=tcp' : ''}`,
        },
      ],
      security: { maxRequestsPerSecond: 0 },
      log: { level: 'warn' },
    },
  });
  open.push(server);
  return { server, callee };
}

/** A call, or several, from one sipp to the other: each goes as both scenarios say. */
async function expectCalls(
  scenario: string,
  { server, callee }: { readonly server: CallchartProcess; readonly callee: Sipp },
  options: Omit<Parameters<typeof runSipp>[1], 'server' | 'service'> = {},
): Promise<void> {
  expectSuccess(await runSipp(scenario, { server: server.port, service: 'answer', ...options }));
  expectSuccess(await callee.result);
}

test('3,000 calls at 300 a second go through the proxy, and none fails', async () => {
  const calls = 3_000;
  const buffers = ['-buff_size', '4194304'];
  const both = await proxyTo('answer.xml', { calls, args: buffers });
  const started = Date.now();
  await expectCalls('through-proxy.xml', both, {
    calls,
    args: ['-r', '300', '-l', '3000', ...buffers],
  });
  // It held the rate, and did not trail behind.
  expect(Date.now() - started).toBeLessThan(20_000);
});

test('calls that come by TCP go on by UDP, and all of their requests find the way', async () => {
  const both = await proxyTo('answer.xml', { calls: 50 });
  await expectCalls('through-proxy.xml', both, { transport: 't1', calls: 50, args: ['-r', '25'] });
});

test.each(['u1', 't1'] as const)(
  'a caller on %s who gives up is told 487, and the callee stops ringing',
  async (transport) => {
    await expectCalls('cancel.xml', await proxyTo('ring-until-cancel.xml'), { transport });
  },
);

test.each(['u1', 't1'] as const)(
  'a caller on %s is told that the callee is busy, with what the callee wrote',
  async (transport) => {
    await expectCalls('refused.xml', await proxyTo('busy.xml'), { transport });
  },
);

test.each([
  ['u1', 'u1'],
  ['t1', 'u1'],
  ['u1', 't1'],
  ['t1', 't1'],
] as const)('a caller on %s is hung up on by a callee on %s', async (transport, to) => {
  const both = await proxyTo('hang-up.xml', { transport: to });
  await expectCalls('hung-up-on.xml', both, { transport });
});
