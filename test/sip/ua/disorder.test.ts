import fc from 'fast-check';
import { ScriptedPeer, type RequestParts } from '../../support/sip-pair';
import type { IncomingSession } from '../../../runtime/sip/ua/port';

const noop = (): void => undefined;

/** What a confused or hostile peer, its network and an owner may do, in any order. */
const step = fc.oneof(
  fc.record({
    type: fc.constant('request' as const),
    method: fc.constantFrom(
      'ACK',
      'BYE',
      'CANCEL',
      'INFO',
      'INVITE',
      'NOTIFY',
      'OPTIONS',
      'PRACK',
      'REFER',
      'UPDATE',
    ),
    cseq: fc.integer({ min: 1, max: 6 }),
    tagged: fc.boolean(),
    body: fc.constantFrom('', 'v=offer'),
    sameBranch: fc.boolean(),
    headers: fc.constantFrom<Readonly<Record<string, string>>>(
      {},
      { Supported: '100rel, timer', 'Session-Expires': '90', Allow: 'UPDATE' },
      { Require: '100rel', RAck: '1 1 INVITE' },
      { Event: 'refer', 'Subscription-State': 'terminated', 'Refer-To': '<sip:a@b>' },
      { Reason: ';;;', RAck: 'x', Event: ';', 'Session-Expires': 'x', Expires: '-' },
    ),
  }),
  fc.record({
    type: fc.constant('owner' as const),
    act: fc.constantFrom('ring', 'early', 'accept', 'reject', 'end', 'reoffer', 'refer', 'info'),
  }),
  fc.record({
    type: fc.constant('answer' as const),
    status: fc.constantFrom(100, 200, 202, 408, 422, 481, 486, 491, 500),
    body: fc.constantFrom('', 'v=answer'),
  }),
  fc.record({ type: fc.constant('wait' as const), time: fc.constantFrom(0, 500, 4_000, 33_000) }),
);

function own(session: IncomingSession, act: string): void {
  try {
    if (act === 'ring') session.provisional(180);
    if (act === 'early') session.provisional(183, { sdp: 'v=early' });
    if (act === 'accept') session.accept('v=ours');
    if (act === 'reject') session.reject(486);
    if (act === 'end') session.end();
    if (act === 'reoffer') session.reoffer('v=again').then(noop, noop);
    if (act === 'refer') session.refer({ to: 'sip:a@b', timeout: 5_000 }).then(noop, noop);
    if (act === 'info') session.info('text/plain', 'x').then(noop, noop);
  } catch (error) {
    // The owner's own mistakes are told to it.
    expect(error).toMatchObject({ code: 'CALLCHART_DEFECT' });
  }
}

describe('any order of events', () => {
  it('throws nothing at the network, ends every session once, and leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const peer = new ScriptedPeer();
        peer.handler.onRefer = (refer) => refer.accept();
        const ended: IncomingSession[] = [];
        let live = 0;
        peer.onInvite = (session) => {
          live += 1;
          session.handler = {
            onOffer: (sdp) => Promise.resolve({ type: 'answer', sdp }),
            onOfferWanted: () => Promise.resolve('v=wanted'),
            onAnswer: () => true,
            onEstablished: noop,
            onInfo: () => 200,
            onEnded: () => ended.push(session),
          };
        };
        const invite = peer.send('INVITE', {
          body: 'v=offer',
          headers: { Supported: '100rel, timer' },
        });
        for (const each of steps) {
          const session = peer.sessions.at(-1);
          if (each.type === 'wait') {
            await peer.clock.run(each.time);
          } else if (each.type === 'owner') {
            if (session !== undefined) own(session, each.act);
          } else if (each.type === 'request') {
            const { method, cseq, body, headers, tagged, sameBranch } = each;
            const branch = invite.topVia.branch;
            const parts: RequestParts = {
              cseq,
              body,
              headers,
              ...(tagged && session !== undefined ? { toTag: session.localTag } : {}),
              ...(sameBranch && branch !== undefined ? { branch } : {}),
            };
            peer.send(method, parts);
          } else {
            const request = peer.inbox.find((message) => message.kind === 'request');
            if (request?.kind !== 'request' || request.method === 'ACK') continue;
            peer.inbox.splice(peer.inbox.indexOf(request), 1);
            peer.respond(request, each.status, { body: each.body });
          }
        }
        const closing = peer.agent.close();
        await peer.clock.run(200_000);
        await closing;
        await peer.expectNothingLeft();
        expect(ended).toHaveLength(live);
        expect(new Set(ended).size).toBe(live);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
