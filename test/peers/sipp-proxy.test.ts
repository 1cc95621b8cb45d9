import { CallchartProcess } from './support/callchart-process';
import { runSipp, type Sipp, startSipp } from './support/sipp';

jest.setTimeout(180_000);

const open: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

/** A server that proxies calls for `answer` to a sipp which plays the other end. */
async function proxyTo(
  scenario: string,
  options: { readonly calls?: number; readonly args?: readonly string[] } = {},
): Promise<{ server: CallchartProcess; callee: Sipp }> {
  const callee = await startSipp(scenario, options);
  open.push(callee);
  const server = await CallchartProcess.start({
    config: {
      routes: [
        {
          when: { dialled: 'answer' },
          allow: 'anyone',
          proxy: `sip:answer@127.0.0.1:${callee.port}`,
        },
      ],
      security: { maxRequestsPerSecond: 0 },
      log: { level: 'warn' },
    },
  });
  open.push(server);
  return { server, callee };
}

async function expectDone(callee: Sipp): Promise<void> {
  expect(await callee.result).toMatchObject({ status: 0 });
}

test('3,000 calls at 300 a second go through the proxy, and none fails', async () => {
  const calls = 3_000;
  const buffers = ['-buff_size', '4194304'];
  const { server, callee } = await proxyTo('answer.xml', { calls, args: buffers });
  const started = Date.now();
  const { status, output } = await runSipp('through-proxy.xml', {
    server: server.port,
    service: 'answer',
    calls,
    args: ['-r', '300', '-l', '3000', ...buffers],
  });
  expect({ status, output }).toMatchObject({ status: 0 });
  await expectDone(callee);
  // It held the rate, and did not trail behind.
  expect(Date.now() - started).toBeLessThan(20_000);
});

test.each(['u1', 't1'] as const)(
  'a caller on %s who gives up is told 487, and the callee stops ringing',
  async (transport) => {
    const { server, callee } = await proxyTo('ring-until-cancel.xml');
    const { status, output } = await runSipp('cancel.xml', {
      server: server.port,
      service: 'answer',
      transport,
    });
    expect({ status, output }).toMatchObject({ status: 0 });
    await expectDone(callee);
  },
);

test.each(['u1', 't1'] as const)(
  'a caller on %s is told that the callee is busy, with what the callee wrote',
  async (transport) => {
    const { server, callee } = await proxyTo('busy.xml');
    const { status, output } = await runSipp('refused.xml', {
      server: server.port,
      service: 'answer',
      transport,
    });
    expect({ status, output }).toMatchObject({ status: 0 });
    await expectDone(callee);
  },
);

test('calls that come by TCP go on by UDP, and all of their requests find the way', async () => {
  const { server, callee } = await proxyTo('answer.xml', { calls: 50 });
  const { status, output } = await runSipp('through-proxy.xml', {
    server: server.port,
    service: 'answer',
    transport: 't1',
    calls: 50,
    args: ['-r', '25'],
  });
  expect({ status, output }).toMatchObject({ status: 0 });
  await expectDone(callee);
});
