import { join } from 'node:path';
import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { Peer } from './support/peer';

const open = hostileWorld();

/** A caller who is connected to the flow that waits, with all that tells his call from others. */
async function talking(victim: Peer) {
  const parts = { from: `<sip:victim@${victim.host}>;tag=v1`, callId: `of-${victim.host}` };
  const response = await victim.ask('INVITE', `sip:wait@${server}`, parts);
  if (response?.status !== 200) throw new Error('no call');
  return {
    ...parts,
    to: response.headers.get('To') ?? '',
    toTag: response.to.tag ?? '',
    contact: response.contacts[0]?.uriText ?? '',
  };
}

async function expectStillTalking(
  victim: Peer,
  call: Awaited<ReturnType<typeof talking>>,
): Promise<void> {
  expect(victim.requests.filter(({ method }) => method !== 'ACK')).toEqual([]);
  const { from, callId, to, contact } = call;
  const bye = await victim.ask('BYE', contact, { from, callId, to, cseq: 500 });
  expect(bye?.status).toBe(200);
}

test('an INVITE with Replaces of a call of somebody else gets 403, and his call goes on', async () => {
  const { world } = await open();
  const victim = await Peer.open(world);
  const call = await talking(victim);
  const right = `Replaces: ${call.callId};to-tag=${call.toTag};from-tag=v1`;
  const stranger = await Peer.open(world);
  const user = await registered(world, alice);
  for (const uri of [`sip:wait@${server}`, call.contact, `sip:echo@${server}`]) {
    for (const headers of [[right], [right, 'Require: replaces'], [`${right};early-only`]]) {
      const asStranger = await stranger.ask('INVITE', uri, { headers });
      // He may still say who he is; nobody has asked yet which call it was.
      expect([403, 407]).toContain(asStranger?.status);
      const from = `${Peer.user('alice')};tag=1`;
      const asUser = await user.askAs(alice, 'INVITE', uri, { headers, from });
      expect([403, 486]).toContain(asUser?.status);
    }
  }
  await expectStillTalking(victim, call);
});

test('tags and Call-IDs that are guessed tell nothing of the calls that there are', async () => {
  const { world } = await open();
  const victim = await Peer.open(world);
  const call = await talking(victim);
  const stranger = await Peer.open(world);
  const user = await registered(world, alice);
  const guesses = [
    `${call.callId};to-tag=guess;from-tag=v1`,
    `${call.callId};to-tag=${call.toTag};from-tag=guess`,
    `nobody;to-tag=${call.toTag};from-tag=v1`,
  ];
  for (const value of guesses) {
    const headers = [`Replaces: ${value}`];
    // 407 where one tag is right: who he is comes before what else he knows.
    const response = await stranger.ask('INVITE', `sip:wait@${server}`, { headers });
    expect([407, 481]).toContain(response?.status);
  }
  const from = `${Peer.user('alice')};tag=1`;
  for (const value of guesses) {
    const parts = { from, headers: [`Replaces: ${value}`] };
    const response = await user.askAs(alice, 'INVITE', `sip:wait@${server}`, parts);
    expect(response?.status).toBe(481);
  }
  for (const headers of [
    ['Replaces: '],
    ['Replaces: ;to-tag=1'],
    [`Replaces: ${'x'.repeat(5_000)}`],
    [`Replaces: a;to-tag=1;from-tag=2`, `Replaces: b;to-tag=1;from-tag=2`],
  ]) {
    const response = await user.askAs(alice, 'INVITE', `sip:wait@${server}`, { from, headers });
    expect(response?.status).toBe(400);
  }
  await expectStillTalking(victim, call);
});

test('whoever knows but one tag of a dialog can neither end nor change it', async () => {
  const { world } = await open();
  const victim = await Peer.open(world);
  const call = await talking(victim);
  const stranger = await Peer.open(world);
  for (const method of ['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'NOTIFY']) {
    const guess = { ...call, from: '<sip:victim@x>;tag=guess', cseq: 600 };
    const { from, callId, to } = guess;
    const headers = method === 'REFER' ? ['Refer-To: <sip:eve@10.3.0.1>'] : [];
    const response = await stranger.ask(method, call.contact, {
      from,
      callId,
      to,
      headers,
      cseq: 600,
    });
    expect([method, response?.status]).toEqual([method, 481]);
  }
  await expectStillTalking(victim, call);
});

test('a caller who transfers himself gets no further than he could have dialled', async () => {
  const { world } = await open();
  const elsewhere = await Peer.open(world, '10.3.0.1');
  await registered(world, bob);
  const caller = await Peer.open(world);
  const call = await talking(caller);
  const { from, callId, to, contact } = call;
  let cseq = 10;
  for (const target of [
    'sip:eve@10.3.0.1',
    'tel:+4930123456',
    `sip:bob@${server}`,
    'http://x',
    '',
  ]) {
    cseq += 1;
    const headers = [`Refer-To: <${target}>`];
    const response = await caller.ask('REFER', contact, { from, callId, to, cseq, headers });
    expect(response?.status).toBeGreaterThanOrEqual(200);
  }
  await world.run(2_000);
  expect(elsewhere.requests).toEqual([]);
  caller.requests.length = 0;
  expect((await caller.ask('BYE', contact, { from, callId, to, cseq: 500 }))?.status).toBe(200);
});

test('who was put through to somebody cannot pass him on to where no call may go', async () => {
  const careless = join(__dirname, 'flows', 'careless.flow.ts');
  const trunks = { carrier: { servers: 'sip:10.8.0.1', qualify: false } } as const;
  const outbound = { deny: ['0900*'] };
  const { world } = await open({ flows: { files: [careless] }, trunks, outbound });
  const elsewhere = [await Peer.open(world, '10.3.0.1'), await Peer.open(world, '10.8.0.1')];
  const callee = await registered(world, bob);
  const caller = await Peer.open(world);
  const parts = { from: `<sip:caller@${caller.host}>;tag=c1`, callId: 'put-through' };
  const uri = `sip:careless@${server}`;
  const put = await caller.ask('INVITE', uri, { ...parts, headers: ['X-Dial: bob'] });
  expect(put?.status).toBe(200);
  const inDialog = { ...parts, to: put?.headers.get('To') ?? '' };
  const contact = put?.contacts[0]?.uriText ?? '';
  let cseq = 100;
  const targets = [
    ...['sip:eve@10.3.0.1', `sip:bob@${server};maddr=10.3.0.1`, 'tel:0900123', '0900123'],
    `sip:0900123@${server}`,
    `sip:eve@10.3.0.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc`,
  ];
  for (const target of targets) {
    cseq += 1;
    const headers = [`Refer-To: <${target}>`];
    const response = await caller.ask('REFER', contact, { ...inDialog, cseq, headers });
    expect(response?.status).toBeGreaterThanOrEqual(200);
    await world.run(1_000);
  }
  for (const peer of elsewhere) expect(peer.requests).toEqual([]);
  expect(callee.requests.filter(({ method }) => method === 'INVITE')).not.toHaveLength(0);
  await caller.ask('BYE', contact, { ...inDialog, cseq: 500 });
  await world.run(1_000);
});
