import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrunkState } from '../../runtime/trunk/port';
import { Baresip, delay } from './support/baresip';
import { CallchartProcess } from './support/callchart-process';
import { until } from './support/command';
import { Kamailio } from './support/kamailio';
import { heardBy, leastSnr, snrOfHalfSeconds } from './support/listening';
import { runSipp } from './support/sipp';
import { writeSpeech } from './support/speech';

jest.setTimeout(180_000);

const open: { stop(): Promise<unknown> }[] = [];

function opened<T extends { stop(): Promise<unknown> }>(thing: T): T {
  open.push(thing);
  return thing;
}

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

async function trunkOf(server: CallchartProcess): Promise<TrunkState | undefined> {
  const { output } = await server.command('trunks', '--json');
  const line = output.split('\n').find((each) => each.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as TrunkState);
}

async function untilTrunkIs(server: CallchartProcess, state: 'up' | 'down', registration: string) {
  await until(
    `the trunk is ${state} and ${registration}`,
    async () => {
      const trunk = await trunkOf(server);
      return trunk?.state === state && trunk.servers[0]?.registration === registration;
    },
    60_000,
  );
}

test('a trunk registers with Kamailio by digest, and comes back after it was restarted', async () => {
  const registrar = opened(await Kamailio.start({ password: 'carrier-secret' }));
  const server = opened(
    await CallchartProcess.start({
      config: {
        trunks: {
          carrier: {
            servers: `sip:127.0.0.1:${registrar.port}`,
            register: { expires: 60_000 },
            username: 'office',
            password: 'carrier-secret',
            qualify: 1_000,
          },
        },
      },
    }),
  );
  await untilTrunkIs(server, 'up', 'registered');
  await registrar.stop();
  await until(
    'the outage is noticed',
    async () => (await trunkOf(server))?.state === 'down',
    60_000,
  );
  const again = opened(await Kamailio.start({ password: 'carrier-secret', port: registrar.port }));
  await untilTrunkIs(server, 'up', 'registered');
  expect(again.log).not.toMatch(/ERROR|CRITICAL/);
});

test('a call to the number that the trunk registered reaches its flow through Kamailio', async () => {
  const registrar = opened(await Kamailio.start());
  const server = opened(
    await CallchartProcess.start({
      config: {
        trunks: {
          carrier: {
            servers: `sip:127.0.0.1:${registrar.port}`,
            register: { user: 'office' },
            username: 'office',
            password: 'x',
            inbound: { addresses: ['127.0.0.1'] },
          },
        },
        routes: [{ when: { trunk: 'carrier', dialled: 'office' }, flow: 'echo' }],
      },
    }),
  );
  await untilTrunkIs(server, 'up', 'registered');
  const { status, output } = await runSipp('through-proxy.xml', {
    server: registrar.port,
    service: 'office',
    calls: 5,
  });
  expect({ status, output }).toMatchObject({ status: 0 });
  const records = await server.records(5);
  expect(records).toHaveLength(5);
  expect(records[0]).toMatchObject({ trunk: 'carrier' });
});

test('a number of the trunk rings a registered phone, and both ends hear each other', async () => {
  const carrier = opened(await Kamailio.start({ password: 'carrier-secret' }));
  const server = opened(
    await CallchartProcess.start({
      users: { bob: 'builder' },
      config: {
        trunks: {
          carrier: {
            servers: `sip:127.0.0.1:${carrier.port}`,
            register: { user: '+498912345' },
            username: 'office',
            password: 'carrier-secret',
            inbound: { addresses: ['127.0.0.1'] },
          },
        },
        routes: [
          { when: { method: 'REGISTER' }, register: true },
          { when: { trunk: 'carrier', dialled: '+498912345' }, flow: 'dial' },
        ],
      },
    }),
  );
  await untilTrunkIs(server, 'up', 'registered');
  const directory = mkdtempSync(join(tmpdir(), 'callchart-trunk-'));
  opened({
    stop: () => Promise.resolve(rmSync(directory, { recursive: true, force: true })),
  });
  const callerSpeech = writeSpeech(join(directory, 'caller.wav'));
  const bobSpeech = writeSpeech(join(directory, 'bob.wav'), 'backwards');
  const registered = async (user: string, port: number, password: string): Promise<Baresip> => {
    const speaks = join(directory, user === 'bob' ? 'bob.wav' : 'caller.wav');
    const phone = opened(await Baresip.start({ user, speaks, registrar: { port, password } }));
    await until(`${user} is registered`, () => phone.output.includes('200 OK'));
    return phone;
  };
  const bob = await registered('bob', server.port, 'builder');
  const caller = await registered('+4930123456', carrier.port, 'carrier-secret');
  await caller.dial(`sip:+498912345@127.0.0.1:${carrier.port}`);
  await caller.waitFor('CALL_ESTABLISHED');
  await bob.waitFor('CALL_ESTABLISHED');
  await delay(3_000);
  await caller.command('hangup');
  expect(snrOfHalfSeconds(await heardBy(caller), bobSpeech)).toBeGreaterThanOrEqual(leastSnr);
  expect(snrOfHalfSeconds(await heardBy(bob), callerSpeech)).toBeGreaterThanOrEqual(leastSnr);
  expect(await server.records(1)).toMatchObject([
    {
      trunk: 'carrier',
      from: { user: '+4930123456' },
      legs: [{ target: 'bob', answered: true, end: { by: 'caller', cause: 'bye' } }],
    },
  ]);
});

test('Kamailio spreads calls over two servers, and each is answered where it began', async () => {
  const first = opened(await CallchartProcess.start());
  const second = opened(await CallchartProcess.start());
  const balancer = opened(
    await Kamailio.start({
      dispatch: [`sip:127.0.0.1:${first.port}`, `sip:127.0.0.1:${second.port}`],
    }),
  );
  const { status, output } = await runSipp('through-proxy.xml', {
    server: balancer.port,
    service: 'echo',
    calls: 20,
  });
  expect({ status, output }).toMatchObject({ status: 0 });
  expect(await first.records(10)).toHaveLength(10);
  expect(await second.records(10)).toHaveLength(10);
});
