import { join } from 'node:path';
import type { CallchartConfig } from '../../runtime/core/config';
import { below } from '../../runtime/core/random';
import { trace } from '../../runtime/core/trace';
import type { SipRequest } from '../../runtime/sip/message/message';
import { MemoryData } from '../support/memory-data';
import { serverAddress, World } from '../sim/support/world';
import { GoodCall } from './support/good-call';
import { Member } from './support/member';
import { expectPeace, memory } from './support/peace';
import { understood, watchServer, type Watch } from './support/watch';

const messages = 5_000;
const seed = 20_260_107;

let world: World;
let watch: Watch;
let stopTrace: () => void;
/**
 * Branches, Call-IDs and From tags of the final responses that went out: whoever is called may spoil one of them on
 * its way back, which no proxy looks at.
 */
let answered: Set<string>;

const files = [
  join(__dirname, '..', '..', 'flows', 'echo.flow.ts'),
  join(__dirname, '..', 'peers', 'flows', 'wait.flow.ts'),
];

async function open(config: CallchartConfig): Promise<void> {
  watch = watchServer([serverAddress.host]);
  answered = new Set();
  stopTrace = trace.sipMessage.subscribe(({ direction, local, bytes }) => {
    if (direction !== 'out' || local.host !== serverAddress.host) return;
    const text = Buffer.from(bytes).toString('latin1');
    if (!/^SIP\/2\.0 [2-6]/.test(text)) return;
    for (const [, branch = ''] of text.matchAll(/branch=([^;,\s]+)/g)) answered.add(branch);
    answered.add(/^Call-ID: *(\S+)/im.exec(text)?.[1] ?? '');
    answered.add(/^From:.*;tag=(\w+)/im.exec(text)?.[1] ?? '');
  });
  world = await World.open({
    seed,
    data: new MemoryData({ alice: 'a', bob: 'b' }),
    config: {
      ...config,
      flows: { files },
      sip: { maxCalls: 500, maxCallDuration: 300_000 },
      // What is to be seen is what the elements bear, not how soon a source is shut out.
      security: { maxRequestsPerSecond: 0, maxFailures: 0 },
    },
  });
}

afterEach(async () => {
  stopTrace();
  watch.stop();
  await world.close();
  expect(world.clock.pending).toBe(0);
  expect(world.network.open).toBe(0);
});

async function storm(): Promise<void> {
  const random = world.random(80);
  const good = await GoodCall.begin(world);
  const members = [
    await Member.open(world, random),
    await Member.open(world, random),
    await Member.open(world, random),
  ];
  const before = await memory(world);
  const invited: SipRequest[] = [];
  for (let i = 0; i < messages; i += 1) {
    const member = members[below(random, members.length)] as Member;
    const bytes = member.anything();
    const message = understood(bytes);
    // RFC 4320 §4.2: what is not an INVITE, and was sent on, may be without an answer when the next has none.
    if (message?.kind === 'request' && message.method === 'INVITE') invited.push(message);
    member.send(bytes);
    await world.run(3);
    if (i % 1_000 === 999) good.expectHeard();
  }
  await good.expectNormalEnd();
  await expectPeace(world);
  // Timer C (RFC 3261 §16.6) of what rang and was not answered.
  await world.run(400_000);
  await expectPeace(world);
  const unanswered = invited.filter(
    ({ callId, from, topVia }) =>
      ![topVia.branch, callId, from.tag].some((each) => answered.has(each ?? '')),
  );
  expect(unanswered.map(({ requestUri }) => requestUri)).toEqual([]);
  invited.length = 0;
  answered.clear();
  watch.stop();
  expect((await memory(world)) - before).toBeLessThan(16);
  expect(world.server.location.size).toBeLessThan(100);
}

test(`${messages} requests, most of them spoilt, to a registrar and proxy that anyone may use (seed ${seed})`, async () => {
  await open({
    registrar: { authentication: 'none', minExpires: 1_000 },
    routes: [
      { when: { method: 'REGISTER' }, register: true },
      { when: { dialled: 'echo' }, flow: 'echo' },
      { when: { dialled: 'wait' }, flow: 'wait' },
      { when: { method: 'SUBSCRIBE' }, allow: 'anyone', redirect: true },
      { allow: 'anyone', proxy: { timeout: 30_000 } },
    ],
  });
  await storm();
  for (const status of [100, 200, 302, 400, 403, 404, 480, 481, 483, 486]) {
    expect([status, watch.answered.get(status) ?? 0]).not.toEqual([status, 0]);
  }
}, 180_000);

test(`the same to one that lets in nobody without a password (seed ${seed})`, async () => {
  await open({});
  await storm();
  expect(world.server.location.size).toBe(0);
  for (const status of [400, 401, 404, 407]) {
    expect([status, watch.answered.get(status) ?? 0]).not.toEqual([status, 0]);
  }
}, 180_000);
