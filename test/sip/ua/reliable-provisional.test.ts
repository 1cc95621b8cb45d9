import { ScriptedPeer } from '../../support/sip-pair';
import type { SipResponse } from '../../../runtime/sip/message/message';

const supports = { Supported: '100rel' };

function prack(
  peer: ScriptedPeer,
  response: SipResponse,
  cseq: number,
  parts: { readonly body?: string; readonly rack?: string } = {},
): void {
  peer.send('PRACK', {
    toTag: peer.session.localTag,
    cseq,
    headers: { RAck: parts.rack ?? `${response.rseq ?? 0} 1 INVITE` },
    ...(parts.body === undefined ? {} : { body: parts.body }),
  });
}

async function hangUp(peer: ScriptedPeer, cseq: number): Promise<void> {
  peer.send('ACK', { toTag: peer.session.localTag });
  peer.send('BYE', { toTag: peer.session.localTag, cseq });
  await peer.expectNothingLeft();
}

describe('a reliable provisional response (RFC 3262 §3)', () => {
  it('with SDP goes to a peer that has 100rel, and its PRACK gets 200', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(180);
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    expect(peer.nextResponse(180).rseq).toBeUndefined();
    const early = peer.nextResponse(183);
    expect(early.require).toEqual(['100rel']);
    expect(early.rseq).toBeGreaterThanOrEqual(1);
    expect(early.rseq).toBeLessThan(2 ** 31);
    prack(peer, early, 2);
    expect(peer.nextResponse(200).cseq.method).toBe('PRACK');
    // The answer was given: the 2xx has none (RFC 3261 §13.2.1).
    peer.session.accept('v=early');
    expect(peer.nextResponse(200).body).toHaveLength(0);
    await hangUp(peer, 3);
  });

  it('is used for every one when the peer requires 100rel', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { Require: '100rel' } });
    peer.nextResponse(100);
    peer.session.provisional(180, { reliable: 'never' });
    const ringing = peer.nextResponse(180);
    expect(ringing.require).toEqual(['100rel']);
    prack(peer, ringing, 2);
    peer.nextResponse(200);
    peer.session.reject(486);
    peer.nextResponse(486);
    await peer.expectNothingLeft();
  });

  it('is not used when the owner says never', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.nextResponse(100);
    peer.session.provisional(183, { sdp: 'v=early', reliable: 'never' });
    expect(peer.nextResponse(183).rseq).toBeUndefined();
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('is sent again at doubling intervals that are not capped at T2', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    const early = peer.nextResponse(183);
    for (const wait of [500, 1_000, 2_000, 4_000, 8_000]) {
      await peer.clock.run(wait - 1);
      expect(peer.drain()).toEqual([]);
      await peer.clock.run(1);
      expect(peer.nextResponse(183).rseq).toBe(early.rseq);
    }
    prack(peer, early, 2);
    peer.nextResponse(200);
    await peer.clock.run(20_000);
    expect(peer.drain()).toEqual([]);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('without a PRACK for 64*T1 has the INVITE refused with a 5xx', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    await peer.clock.run(31_999);
    peer.drain();
    await peer.clock.run(1);
    peer.nextResponse(504);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'no-ack', status: 504 });
    await peer.expectNothingLeft();
  });

  it('waits until the one before it is confirmed, and its RSeq is one more', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { Require: '100rel' } });
    peer.nextResponse(100);
    peer.session.provisional(180);
    peer.session.provisional(181);
    const first = peer.nextResponse(180);
    expect(peer.drain()).toEqual([]);
    prack(peer, first, 2);
    peer.nextResponse(200);
    const second = peer.nextResponse(181);
    expect(second.rseq).toBe((first.rseq ?? 0) + 1);
    prack(peer, second, 3);
    peer.nextResponse(200);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it.each([
    ['another RSeq', (rseq: number) => `${rseq + 1} 1 INVITE`],
    ['another CSeq', (rseq: number) => `${rseq} 9 INVITE`],
    ['another method', (rseq: number) => `${rseq} 1 UPDATE`],
  ])('is not confirmed by a PRACK with %s: 481', async (_case, rack) => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    const early = peer.nextResponse(183);
    prack(peer, early, 2, { rack: rack(early.rseq ?? 0) });
    peer.nextResponse(481);
    await peer.clock.run(500);
    expect(peer.drain()).toEqual(['183 INVITE']);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('is confirmed once: a second PRACK gets 481', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    const early = peer.nextResponse(183);
    prack(peer, early, 2);
    prack(peer, early, 3);
    expect(peer.drain()).toEqual(['200 PRACK', '481 PRACK']);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('with SDP holds the 2xx back until its PRACK', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    const early = peer.nextResponse(183);
    peer.session.accept('v=early');
    expect(peer.drain()).toEqual([]);
    expect(peer.session.state).toBe('proceeding');
    prack(peer, early, 2);
    expect(peer.drain()).toEqual(['200 PRACK', '200 INVITE']);
    await hangUp(peer, 3);
  });

  it('whose 2xx is held back can still be cancelled', async () => {
    const peer = new ScriptedPeer();
    const invite = peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.session.accept('v=early');
    peer.drain();
    peer.send('CANCEL', { branch: invite.topVia.branch ?? '', contact: null });
    expect(peer.drain()).toEqual(['200 CANCEL', '487 INVITE']);
    expect(peer.handler.end).toMatchObject({ cause: 'cancel' });
    await peer.expectNothingLeft();
  });

  it('without SDP does not hold the 2xx back', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { Require: '100rel' } });
    peer.session.provisional(180);
    peer.drain();
    peer.session.accept('v=ours');
    expect(Buffer.from(peer.nextResponse(200).body).toString()).toBe('v=ours');
    await hangUp(peer, 3);
  });

  it('that was overtaken by a refusal is not sent again, and its late PRACK gets 200', async () => {
    const peer = new ScriptedPeer();
    const invite = peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    const early = peer.nextResponse(183);
    peer.session.reject(486);
    peer.nextResponse(486);
    prack(peer, early, 2);
    peer.nextResponse(200);
    peer.send('ACK', { toTag: peer.session.localTag, branch: invite.topVia.branch ?? '' });
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
    expect(peer.drain()).toEqual([]);
  });
});

describe('offer and answer with PRACK (RFC 3262 §5)', () => {
  it('our offer in the 183 to an INVITE without one is answered in the PRACK', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { headers: supports });
    peer.session.provisional(183, { sdp: 'v=our-offer' });
    peer.nextResponse(100);
    const early = peer.nextResponse(183);
    expect(early.rseq).toBeDefined();
    prack(peer, early, 2, { body: 'v=their-answer' });
    peer.nextResponse(200);
    expect(peer.handler.answers).toEqual(['v=their-answer']);
    peer.session.accept('v=our-offer');
    expect(peer.nextResponse(200).body).toHaveLength(0);
    await hangUp(peer, 3);
    expect(peer.handler.log).toEqual(['answer', 'established', 'ended remote bye 200']);
  });

  it('an answer in the PRACK that is missing, or cannot be used, refuses the INVITE with 488', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { headers: supports });
    peer.session.provisional(183, { sdp: 'v=our-offer' });
    peer.nextResponse(100);
    prack(peer, peer.nextResponse(183), 2);
    expect(peer.drain()).toEqual(['200 PRACK', '488 INVITE']);
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 488 });
    await peer.expectNothingLeft();
  });

  it('no offer goes out in a response that may be lost', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE');
    peer.session.provisional(183, { sdp: 'v=our-offer' });
    peer.nextResponse(100);
    expect(peer.nextResponse(183).body).toHaveLength(0);
    peer.session.accept('v=our-offer');
    expect(peer.nextResponse(200).body).not.toHaveLength(0);
    peer.send('ACK', { toTag: peer.session.localTag, body: 'v=their-answer' });
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('a 180 that would have to be reliable, and has no offer to carry, is left out', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { headers: { Require: '100rel' } });
    peer.session.provisional(180);
    expect(peer.drain()).toEqual(['100 INVITE']);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('an offer in the PRACK is answered in its 200, and holds the 2xx back', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    let answer: (sdp: string) => void = () => undefined;
    peer.handler.answer = new Promise((resolve) => {
      answer = (sdp) => resolve({ type: 'answer', sdp });
    });
    prack(peer, peer.nextResponse(183), 2, { body: 'v=second-offer' });
    peer.session.accept('v=early');
    expect(peer.drain()).toEqual([]);
    answer('v=second-answer');
    await peer.clock.run(0);
    const ok = peer.nextResponse(200);
    expect(ok.cseq.method).toBe('PRACK');
    expect(Buffer.from(ok.body).toString()).toBe('v=second-answer');
    expect(peer.drain()).toEqual(['200 INVITE']);
    expect(peer.handler.offers).toEqual(['v=second-offer']);
    await hangUp(peer, 3);
  });

  it('an offer in the PRACK that is refused gets 488 with a Warning', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    peer.handler.answer = { type: 'reject', status: 488, warning: { code: 305, text: 'no codec' } };
    prack(peer, peer.nextResponse(183), 2, { body: 'v=second-offer' });
    expect(peer.nextResponse(488).headers.get('Warning')).toBe('305 callchart "no codec"');
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('a BYE while the answer to a PRACK is awaited answers that with 487', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: supports });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    peer.handler.answer = new Promise(() => undefined);
    prack(peer, peer.nextResponse(183), 2, { body: 'v=second-offer' });
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 3 });
    expect(peer.drain()).toEqual(['200 BYE', '487 PRACK', '487 INVITE']);
    await peer.expectNothingLeft();
  });
});
