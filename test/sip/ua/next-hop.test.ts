import { trace, type DropTrace } from '../../../runtime/core/trace';
import { peerAddress, ScriptedPeer } from '../../support/sip-pair';

describe('where a request of ours inside a dialog goes', () => {
  async function endOf(
    peer: ScriptedPeer,
    headers: Readonly<Record<string, string>>,
    contact: string,
  ): Promise<readonly [host: string | undefined, port: number | undefined, uri: string]> {
    peer.call({ headers, contact });
    peer.session.end();
    await peer.clock.run(0);
    const bye = peer.nextRequest('BYE');
    const target = peer.transport.opened.at(-1);
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
    return [target?.host, target?.port, bye.requestUri];
  }

  it('is the Contact of the peer', async () => {
    const way = await endOf(new ScriptedPeer(), {}, '<sip:peer@192.0.2.44:5090>');
    expect(way).toEqual(['192.0.2.44', 5090, 'sip:peer@192.0.2.44:5090']);
  });

  it('is the first of the route set', async () => {
    const headers = { 'Record-Route': '<sip:192.0.2.50:5091;lr>, <sip:192.0.2.51;lr>' };
    const way = await endOf(new ScriptedPeer(), headers, '<sip:peer@192.0.2.44>');
    expect(way).toEqual(['192.0.2.50', 5091, 'sip:peer@192.0.2.44']);
  });

  it('is the way its INVITE came when a translator stands before the peer', async () => {
    const headers = {
      Via: 'SIP/2.0/UDP 10.0.0.5:5060;rport=5062;received=192.0.2.9;branch=z9hG4bKx',
    };
    const way = await endOf(new ScriptedPeer(), headers, '<sip:peer@10.0.0.5:5060>');
    expect(way).toEqual([peerAddress.host, peerAddress.port, 'sip:peer@10.0.0.5:5060']);
  });

  it('is the Contact all the same when a proxy stands between', async () => {
    const headers = {
      Via: 'SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKp, SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKx',
    };
    const way = await endOf(new ScriptedPeer(), headers, '<sip:peer@10.0.0.5:5060>');
    expect(way).toEqual(['10.0.0.5', 5060, 'sip:peer@10.0.0.5:5060']);
  });

  it('is looked up, and is the way the INVITE came when nobody knows the name', async () => {
    const known = new ScriptedPeer({}, 'UDP', () => Promise.resolve(['192.0.2.60']));
    expect(await endOf(known, {}, '<sip:peer@phone.example.com:5070>')).toEqual([
      '192.0.2.60',
      5070,
      'sip:peer@phone.example.com:5070',
    ]);
    const unknown = new ScriptedPeer({}, 'UDP', () => Promise.reject(new Error('ENOTFOUND')));
    expect(await endOf(unknown, {}, '<sip:peer@phone.invalid>')).toEqual([
      peerAddress.host,
      peerAddress.port,
      'sip:peer@phone.invalid',
    ]);
  });

  describe('of a peer that came by a connection of its own', () => {
    const contact = '<sip:abc@r4nd0m.invalid;transport=ws>';

    /** BYE of ours in a call that came by a flow; says which flows and targets were tried. */
    async function waysOf(
      headers: Readonly<Record<string, string>>,
      open: boolean,
    ): Promise<readonly string[]> {
      const peer = new ScriptedPeer({}, 'WS');
      const ways: string[] = [];
      peer.transport.openFlow = (flow, request) => {
        ways.push(flow);
        return open ? peer.transport.open({ protocol: 'WS', ...peerAddress }, request) : undefined;
      };
      const channel = { ...peer.transport.channel(peerAddress), flow: 'flow-1' };
      peer.agent.onRequest(peer.request('INVITE', { body: 'v=offer', contact, headers }), channel);
      peer.nextResponse(100);
      peer.session.accept('v=ours');
      peer.nextResponse(200);
      peer.send('ACK', { toTag: peer.session.localTag });
      peer.session.end();
      await peer.clock.run(0);
      ways.push(...peer.transport.opened.map((each) => `${each.protocol} ${each.host}`));
      peer.respond(peer.nextRequest('BYE'), 200);
      await peer.expectNothingLeft();
      return ways;
    }

    it('is that connection (RFC 7118 §5)', async () => {
      expect(await waysOf({}, true)).toEqual(['flow-1', 'WS 192.0.2.9']);
    });

    it('is where it came from when that is closed and its Contact has no address', async () => {
      expect(await waysOf({}, false)).toEqual(['flow-1', 'WS 192.0.2.9']);
    });

    it('is tried once when a translator stands before the peer and it is silent', async () => {
      const peer = new ScriptedPeer();
      let tried = 0;
      peer.transport.openFlow = (_flow, request) => {
        tried += 1;
        return peer.transport.open({ protocol: 'UDP', ...peerAddress }, request);
      };
      const channel = { ...peer.transport.channel(peerAddress), flow: 'flow-1' };
      const inner = '<sip:peer@10.0.0.5:5060>';
      const headers = {
        Via: 'SIP/2.0/UDP 10.0.0.5:5060;rport=5062;received=192.0.2.9;branch=z9hG4bKx',
      };
      const parts = { body: 'v=offer', contact: inner, headers };
      peer.agent.onRequest(peer.request('INVITE', parts), channel);
      peer.session.accept('v=ours');
      peer.send('ACK', { toTag: peer.session.localTag });
      peer.session.end();
      await peer.clock.run(32_000);
      expect(peer.agent.openSessions).toBe(0);
      expect(tried).toBe(1);
      await peer.expectNothingLeft();
    });

    it('is the route set where a proxy owns the connection', async () => {
      const headers = { 'Record-Route': '<sip:192.0.2.8;transport=ws;lr>' };
      expect(await waysOf(headers, true)).toEqual(['WS 192.0.2.8']);
    });
  });

  it('is nowhere when a re-INVITE has changed the Contact to no SIP address: a counted drop', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.send('UPDATE', { toTag, cseq: 2, contact: '<mailto:peer@example.com>' });
    peer.nextResponse(200);
    const drops: DropTrace[] = [];
    const stop = trace.drop.subscribe((event) => drops.push(event));
    peer.session.end();
    stop();
    expect(drops).toMatchObject([{ layer: 'dialog', reason: 'unsendable-request' }]);
    expect(peer.handler.end).toMatchObject({ cause: 'bye' });
    await peer.expectNothingLeft();
  });

  it('our Contact names the transport that is not UDP', async () => {
    const peer = new ScriptedPeer({}, 'TCP');
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    peer.session.accept('v=ours');
    expect(peer.nextResponse(200).contacts[0]?.uriText).toBe(
      'sip:reception@192.0.2.1:5060;transport=tcp',
    );
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('an ACK and a 2xx that belong to nothing are counted drops', async () => {
    const peer = new ScriptedPeer();
    const drops: string[] = [];
    const stop = trace.drop.subscribe((event) => drops.push(event.reason));
    peer.send('ACK', { toTag: 'nobody' });
    const invite = peer.request('INVITE', { body: 'v=offer' });
    peer.respond(invite, 200, { body: 'v=answer' });
    stop();
    expect(drops).toEqual(['stray-ack', 'stray-response']);
    expect(peer.drain()).toEqual([]);
    await peer.expectNothingLeft();
  });
});
