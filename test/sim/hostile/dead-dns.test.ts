import { join } from 'node:path';
import { SeededRandom } from '../../../runtime/core/random';
import type { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { DnsClient } from '../../../runtime/sip/resolve/port';
import { createResolver } from '../../../runtime/sip/resolve/resolver';
import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { Peer } from './support/peer';

const open = hostileWorld();
const careless = join(__dirname, 'flows', 'careless.flow.ts');

/** Questions that were asked of a DNS which takes them and never answers. */
let questions = 0;

const neverAnswers = (): Promise<never> => {
  questions += 1;
  return new Promise(() => undefined);
};
const dns: DnsClient = {
  naptr: neverAnswers,
  srv: neverAnswers,
  a: neverAnswers,
  aaaa: neverAnswers,
};

const resolver = (clock: VirtualClock) =>
  createResolver({
    dns,
    clock,
    random: new SeededRandom(1),
    sendable: (protocol) => protocol === 'UDP',
  });

beforeEach(() => {
  questions = 0;
});

test('a flow that dials a name without an answer is told so in seconds', async () => {
  const config = { flows: { files: [careless] }, outbound: { hosts: ['*.example'] } };
  const { world } = await open(config, { resolver });
  const caller = await Peer.open(world);
  const since = world.clock.now();
  const headers = ['X-Dial: sip:bob@silent.example'];
  const response = await caller.ask('INVITE', `sip:careless@${server}`, { headers });
  expect(response?.status).toBe(503);
  expect(world.clock.now() - since).toBeLessThan(8_000);
  expect(questions).toBeGreaterThan(0);
  expect(world.server.open.outboundCalls).toBe(0);
});

test('a caller who hangs up meanwhile is let go at once', async () => {
  const config = { flows: { files: [careless] }, outbound: { hosts: ['*.example'] } };
  const { world } = await open(config, { resolver });
  const caller = await Peer.open(world);
  const uri = `sip:careless@${server}`;
  const parts = { branch: 'z9hG4bKleaves', callId: 'leaves', cseq: 1, from: '<sip:a@b>;tag=1' };
  const headers = ['X-Dial: sip:bob@silent.example'];
  caller.send(caller.write('INVITE', uri, { ...parts, headers }));
  await world.run(1_000);
  caller.send(caller.write('CANCEL', uri, parts));
  await world.run(100);
  const finals = caller.responses.filter(({ status }) => status >= 200);
  expect(finals.map(({ status, cseq }) => `${status} ${cseq.method}`).sort()).toEqual([
    '200 CANCEL',
    '487 INVITE',
  ]);
  caller.send(caller.write('ACK', uri, { ...parts, to: finals.at(-1)?.headers.get('To') ?? '' }));
});

test('a proxied request for such a name fails in seconds, and a hundred of them hold nothing up', async () => {
  const { world } = await open(
    {
      routes: [
        { when: { method: 'REGISTER' }, register: true },
        { when: { dialled: 'echo' }, flow: 'echo' },
        { when: { dialled: 'away*' }, allow: 'anyone', proxy: 'sip:someone@$1.example' },
        { allow: 'anyone', proxy: true },
      ],
    },
    { resolver },
  );
  await registered(world, bob);
  const caller = await Peer.open(world);
  for (let i = 0; i < 100; i += 1) {
    caller.send(caller.write('MESSAGE', `sip:away${i}@${server}`));
  }
  await world.run(100);
  expect(world.server.open.forwarded).toBe(100);
  const since = world.clock.now();
  expect((await caller.ask('MESSAGE', `sip:bob@${server}`))?.status).toBe(200);
  expect(world.clock.now() - since).toBeLessThan(200);
  expect((await caller.ask('INVITE', `sip:away@${server}`))?.status).toBeGreaterThanOrEqual(400);
  await world.run(8_000);
  expect(world.server.open.forwarded).toBe(0);
  const finals = caller.responses.filter(({ status }) => status >= 200);
  expect(finals.filter(({ cseq }) => cseq.method === 'MESSAGE')).toHaveLength(101);
});

test('a contact that names such a host does not keep the others from ringing', async () => {
  const { world } = await open({}, { resolver });
  const phone = await registered(world, bob, [
    'Contact: <sip:bob@silent.example>',
    'Contact: <sip:bob@also-silent.example>;q=0.9',
  ]);
  const other = await registered(world, bob);
  expect(world.server.location.bindings('sip:bob@callchart')).toHaveLength(3);
  const caller = await registered(world, alice);
  const from = `${Peer.user('alice')};tag=1`;
  const since = world.clock.now();
  const response = await caller.askAs(alice, 'MESSAGE', `sip:bob@${server}`, { from });
  expect(response?.status).toBe(200);
  expect(world.clock.now() - since).toBeLessThan(500);
  expect(other.requests).toHaveLength(1);
  expect(phone.requests).toEqual([]);
});

test('a response goes back where its request came from, whatever names its Via has', async () => {
  const { world } = await open({}, { resolver });
  const peer = await Peer.open(world);
  const via = 'SIP/2.0/UDP silent.example:5060';
  expect((await peer.ask('OPTIONS', `sip:${server}`, { via: `${via};rport` }))?.status).toBe(200);
  expect((await peer.ask('OPTIONS', `sip:${server}`, { via }))?.status).toBe(200);
  expect(questions).toBe(0);
});

test('a trunk whose server has such a name is down, and everything else is up', async () => {
  const trunks = {
    carrier: { servers: 'sip:silent.example', register: true, username: 'a', password: 'b' },
  };
  const { world } = await open({ trunks, flows: { files: [careless] } }, { resolver });
  await world.run(60_000);
  const [state] = world.server.trunks.states();
  expect(state).toMatchObject({ name: 'carrier' });
  const caller = await Peer.open(world);
  const headers = ['X-Trunk: carrier', 'X-Dial: 123'];
  const since = world.clock.now();
  expect((await caller.ask('INVITE', `sip:careless@${server}`, { headers }))?.status).toBe(503);
  expect(world.clock.now() - since).toBeLessThan(8_000);
});
