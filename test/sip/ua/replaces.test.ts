import { ScriptedPeer } from '../../support/sip-pair';

/** A call that stands, of which another may take the place. */
function standing(allowed = true) {
  const peer = new ScriptedPeer();
  const asked: string[] = [];
  peer.mayReplace = (request, session) => {
    asked.push(`${request.callId} for ${session.callId}`);
    return allowed;
  };
  return { peer, asked, toTag: peer.call() };
}

const invite = (value: string) => ({
  callId: 'call-2',
  fromTag: 'other-tag',
  body: 'v=offer',
  headers: { Replaces: value, Require: 'replaces' },
});

describe('an INVITE with Replaces (RFC 3891 §3)', () => {
  it('takes the place of a call, which gets a BYE when it is answered and not before', async () => {
    const { peer, asked, toTag } = standing();
    peer.send('INVITE', invite(`call-1;to-tag=${toTag};from-tag=peer-tag`));
    peer.nextResponse(100);
    const [first, second] = peer.sessions;
    expect(second?.replaces).toBe(first);
    expect(asked).toEqual(['call-2 for call-1']);
    second?.provisional(180);
    peer.nextResponse(180);
    expect(peer.inbox).toEqual([]);
    second?.accept('v=ours');
    peer.nextResponse(200);
    const bye = peer.nextRequest('BYE');
    expect(bye.callId).toBe('call-1');
    peer.respond(bye, 200);
    peer.send('ACK', { callId: 'call-2', fromTag: 'other-tag', toTag: second?.localTag });
    second?.end();
    peer.respond(peer.nextRequest('BYE'), 200);
    await peer.expectNothingLeft();
  });

  it('that is refused leaves the call as it is', async () => {
    const { peer, toTag } = standing();
    peer.send('INVITE', invite(`call-1;to-tag=${toTag};from-tag=peer-tag`));
    peer.nextResponse(100);
    peer.sessions[1]?.reject(488);
    peer.nextResponse(488);
    expect(peer.sessions[0]?.state).toBe('confirmed');
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it("of a call that is not the sender's gets 403, and the call goes on", async () => {
    const { peer, asked, toTag } = standing(false);
    peer.send('INVITE', invite(`call-1;to-tag=${toTag};from-tag=peer-tag`));
    peer.nextResponse(403);
    expect(asked).toHaveLength(1);
    expect(peer.sessions).toHaveLength(1);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it("is nobody's to send when the owner says nothing of it", async () => {
    const { peer, toTag } = standing();
    peer.mayReplace = undefined;
    peer.send('INVITE', invite(`call-1;to-tag=${toTag};from-tag=peer-tag`));
    peer.nextResponse(403);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it.each([
    ['gone@example.com;to-tag=a;from-tag=b', 481],
    ['call-1;to-tag=TAG;from-tag=another', 481],
    ['another;to-tag=TAG;from-tag=peer-tag', 481],
    ['call-1;to-tag=TAG;from-tag=peer-tag;early-only', 486],
    ['call-1;to-tag=TAG;from-tag=peer-tag\ncall-1;to-tag=TAG;from-tag=peer-tag', 400],
    ['call-1;to-tag=TAG', 400],
  ])('%j gets %i', async (value, status) => {
    const { peer, toTag } = standing();
    peer.send('INVITE', invite(value.replaceAll('TAG', toTag)));
    peer.nextResponse(status);
    expect(peer.sessions).toHaveLength(1);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('beside a Join gets 400', async () => {
    const { peer, toTag } = standing();
    const parts = invite(`call-1;to-tag=${toTag};from-tag=peer-tag`);
    peer.send('INVITE', {
      ...parts,
      headers: { ...parts.headers, Join: 'call-1;to-tag=a;from-tag=b' },
    });
    peer.nextResponse(400);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('of a call that is just over gets 603', async () => {
    const { peer, toTag } = standing();
    peer.session.end();
    const bye = peer.nextRequest('BYE');
    peer.send('INVITE', invite(`call-1;to-tag=${toTag};from-tag=peer-tag`));
    peer.nextResponse(603);
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('of a call that the peer began and that still rings gets 481', async () => {
    const peer = new ScriptedPeer();
    peer.mayReplace = () => true;
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    const { localTag } = peer.session;
    peer.send('INVITE', invite(`call-1;to-tag=${localTag};from-tag=peer-tag`));
    peer.nextResponse(481);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('cancels a call of ours that still rings', async () => {
    const peer = new ScriptedPeer();
    peer.mayReplace = () => true;
    const ours = peer.agent.invite({
      ...{ to: 'sip:peer@192.0.2.9:5062', from: 'sip:us@example.com', sdp: 'v=offer' },
      handler: peer.handler,
    });
    await peer.clock.run(0);
    const request = peer.nextRequest('INVITE');
    peer.respond(request, 180, { toTag: 'ringing' });
    const value = `${ours.callId};to-tag=${ours.localTag};from-tag=ringing;early-only`;
    peer.send('INVITE', invite(value));
    peer.nextResponse(100);
    expect(peer.session.replaces).toBe(ours);
    peer.onInvite = () => undefined;
    peer.session.accept('v=ours');
    peer.nextResponse(200);
    peer.nextRequest('CANCEL');
    peer.send('ACK', { callId: 'call-2', fromTag: 'other-tag', toTag: peer.session.localTag });
    peer.session.end();
    await peer.expectNothingLeft();
  });

  it('inside a dialog, or in another request, gets 400', async () => {
    const { peer, toTag } = standing();
    const headers = { Replaces: `call-1;to-tag=${toTag};from-tag=peer-tag` };
    peer.send('INVITE', { toTag, cseq: 2, body: 'v=offer', headers });
    peer.nextResponse(400);
    peer.send('OPTIONS', { callId: 'call-3', headers });
    peer.nextResponse(400);
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });
});
