import { ScriptedPeer } from '../../support/sip-pair';

describe('an INVITE from the peer', () => {
  it('gets 100 at once, then 200 with our SDP, and is established by its ACK', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    expect(peer.nextResponse(100).to.tag).toBeUndefined();
    expect(peer.session.offer).toBe('v=offer');
    expect(peer.session.state).toBe('proceeding');

    peer.session.accept('v=ours', { headers: [['X-Call', '1']] });
    const ok = peer.nextResponse(200);
    expect(ok.to.tag).toBe(peer.session.localTag);
    expect(ok.contentType?.value).toBe('application/sdp');
    expect(Buffer.from(ok.body).toString()).toBe('v=ours');
    expect(ok.contacts[0]?.uriText).toBe('sip:reception@192.0.2.1:5060');
    expect(ok.allow).toContain('UPDATE');
    expect(ok.supported).toEqual(['100rel', 'timer']);
    expect(ok.headers.get('X-Call')).toBe('1');
    expect(ok.headers.get('Server')).toBe('Callchart/0.1.0');
    expect(peer.session.state).toBe('accepted');
    expect(peer.handler.log).toEqual([]);

    peer.send('ACK', { toTag: peer.session.localTag });
    expect(peer.session.state).toBe('confirmed');
    expect(peer.handler.log).toEqual(['established']);

    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    peer.nextResponse(200);
    expect(peer.handler.end).toEqual({ by: 'remote', cause: 'bye', status: 200, reason: 'OK' });
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });
});
