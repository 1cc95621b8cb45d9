import { ScriptedPeer } from '../../support/sip-pair';

it('an INVITE that was cancelled is still sent again as it was, offer included (RFC 3261 §9.1)', async () => {
  const peer = new ScriptedPeer({ sessionExpires: 0 });
  const session = peer.agent.invite({
    to: 'sip:bob@192.0.2.9:5062',
    from: 'sip:alice@example.com',
    sdp: 'v=offer',
    handler: peer.handler,
  });
  const first = peer.nextRequest('INVITE');
  session.end();
  await peer.clock.run(500);
  const again = peer.nextRequest('INVITE');
  expect(Buffer.from(again.body).toString()).toBe('v=offer');
  expect(again.topVia.branch).toBe(first.topVia.branch);
  await peer.expectNothingLeft();
});
