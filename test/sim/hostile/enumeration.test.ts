import type { SipResponse } from '../../../runtime/sip/message/message';
import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { Peer } from './support/peer';

const open = hostileWorld();
const methods = [
  'REGISTER',
  'INVITE',
  'OPTIONS',
  'SUBSCRIBE',
  'MESSAGE',
  'PUBLISH',
  'REFER',
  'BYE',
];

/** What an answer copies from its request, or has of its time and its length. */
const own = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Date', 'Content-Length']);

/** All that an answer says but for what differs in every answer. */
function shape(response: SipResponse | undefined): string {
  if (response === undefined) return 'nothing';
  const fields = [...response.headers.entries()]
    .filter(([name]) => !own.has(name))
    .map(([name, value]) => `${name}: ${value.replace(/nonce="[^"]*"/, 'nonce=""')}`);
  return [`${response.status} ${response.reason}`, ...fields].join('\n');
}

const from = [
  ['a stranger from elsewhere', '<sip:someone@192.0.2.1>;tag=1'],
  ['who says he is that user', undefined],
  ['who says he is a user of ours', `${Peer.user('carol')};tag=1`],
] as const;

describe.each([
  ['the default routes', {}],
  ['a default flow', { flows: { default: 'wait' } }],
  [
    'routes for those who are registered',
    {
      routes: [
        { when: { method: 'REGISTER' }, register: true },
        { when: { dialled: 'echo' }, flow: 'echo' },
        { when: { registered: true }, proxy: true },
        { when: { local: true }, redirect: true },
      ],
    },
  ],
] as const)('with %s', (_routes, config) => {
  test.each(from)(
    '%s hears the same of users who are there and who are not',
    async (_who, from) => {
      const { world } = await open({ ...config, security: { maxFailures: 0 } });
      await registered(world, bob);
      for (const method of methods) {
        const answers = new Set<string>();
        const times = new Set<number>();
        // Registered, not registered, not there.
        for (const name of ['bob', 'alice', 'nobody']) {
          const peer = await Peer.open(world);
          const uri = method === 'REGISTER' ? `sip:${server}` : `sip:${name}@${server}`;
          const since = world.clock.now();
          const parts = { from: from ?? `${Peer.user(name)};tag=1`, to: Peer.user(name) };
          const response = await peer.ask(method, uri, parts);
          times.add(world.clock.now() - since);
          answers.add(shape(response));
          if (response?.status === 200 && method === 'INVITE') await hangUp(peer, response);
        }
        expect([method, ...answers]).toHaveLength(2);
        expect([method, ...times]).toHaveLength(2);
      }
    },
  );

  test('a wrong password of a user and any of nobody are the same, and wait as long', async () => {
    const { world } = await open({ ...config, security: { maxFailures: 0 } });
    await registered(world, bob);
    for (const method of ['REGISTER', 'INVITE', 'SUBSCRIBE']) {
      const answers = new Map<string, string[]>();
      for (const name of ['bob', 'alice', 'nobody']) {
        const peer = await Peer.open(world);
        const heard: string[] = [];
        for (let i = 0; i < 4; i += 1) {
          const since = world.clock.now();
          const claim = { username: name, password: 'guess' };
          const aor = Peer.user(name);
          const response =
            method === 'REGISTER'
              ? await peer.register(claim)
              : await peer.askAs(claim, method, `sip:bob@${server}`, { from: `${aor};tag=1` });
          heard.push(`${world.clock.now() - since} ms ${shape(response)}`);
        }
        answers.set(name, heard);
      }
      expect(answers.get('alice')).toEqual(answers.get('nobody'));
      expect(answers.get('bob')).toEqual(answers.get('nobody'));
    }
  });
});

test('who failed waits longer each time, and not the others', async () => {
  const { world } = await open();
  const guesser = await Peer.open(world);
  const waits: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const since = world.clock.now();
    await guesser.register({ username: 'alice', password: `guess ${i}` });
    waits.push(world.clock.now() - since);
  }
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(waits.at(-1)).toBeGreaterThan(1_000);
  const since = world.clock.now();
  await registered(world, alice);
  expect(world.clock.now() - since).toBeLessThan(200);
});

async function hangUp(peer: Peer, accepted: SipResponse): Promise<void> {
  const { headers, callId } = accepted;
  const parts = { from: headers.get('From') ?? '', to: headers.get('To') ?? '', callId };
  await peer.ask('BYE', accepted.contacts[0]?.uriText ?? '', { ...parts, cseq: 1_000 });
}
