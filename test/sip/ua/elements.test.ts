import { CallchartError } from '../../../runtime/core/errors';
import { createResponse } from '../../../runtime/sip/message/create';
import { parseUri } from '../../../runtime/sip/message/uri';
import type { RequestGate } from '../../../runtime/sip/ua/port';
import { peerAddress, ScriptedPeer } from '../../support/sip-pair';

class Gate implements RequestGate {
  readonly log: string[] = [];
  takes = false;
  failure: Error | undefined;

  onRequest(...[transaction, target, channel]: Parameters<RequestGate['onRequest']>): boolean {
    const { method } = transaction.request;
    this.log.push(`${method} ${target?.request.method ?? '-'} ${channel.remote.host}`);
    if (this.failure !== undefined) throw this.failure;
    if (!this.takes) return false;
    transaction.respond(createResponse(transaction.request, 404, { toTag: 'gate' }));
    return true;
  }

  onAck(...[ack, channel]: Parameters<RequestGate['onAck']>): boolean {
    this.log.push(`ACK ${ack.to.tag ?? '-'} ${channel.remote.port}`);
    return this.takes;
  }
}

function gated(): { peer: ScriptedPeer; gate: Gate } {
  const gate = new Gate();
  return { gate, peer: new ScriptedPeer({}, 'UDP', undefined, { gate }) };
}

describe('the gate before the user agent', () => {
  it('sees each request first; the agent goes on with what it does not take', async () => {
    const { gate, peer } = gated();
    const tag = peer.call();
    peer.send('INFO', { toTag: tag, cseq: 2 });
    peer.nextResponse(200);
    peer.send('BYE', { toTag: tag, cseq: 3 });
    peer.nextResponse(200);
    const { host, port } = peerAddress;
    expect(gate.log).toEqual([
      `INVITE - ${host}`,
      `ACK ${tag} ${port}`,
      `INFO - ${host}`,
      `BYE - ${host}`,
    ]);
    await peer.expectNothingLeft();
  });

  it('takes what it answers: neither requests nor ACKs come further', async () => {
    const { gate, peer } = gated();
    gate.takes = true;
    for (const method of ['INVITE', 'REGISTER', 'MESSAGE', 'WHATEVER']) {
      peer.send(method, { cseq: 1, callId: method });
      peer.nextResponse(404);
    }
    peer.send('ACK', { toTag: 'nobody' });
    expect(gate.log.at(-1)).toBe(`ACK nobody ${peerAddress.port}`);
    expect(peer.sessions).toEqual([]);
    expect(peer.inbox).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('gets CANCEL with the transaction that it names', async () => {
    const { gate, peer } = gated();
    const invite = peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    peer.send('CANCEL', { branch: invite.topVia.branch ?? '' });
    expect(gate.log.at(-1)).toBe(`CANCEL INVITE ${peerAddress.host}`);
    expect(peer.drain()).toEqual(['200 CANCEL', '487 INVITE']);
    await peer.expectNothingLeft();
  });

  it('refuses with the status of what it throws; a defect is 500', async () => {
    const { gate, peer } = gated();
    gate.failure = new CallchartError('CALLCHART_TEST', 'full', { status: 503 });
    peer.send('OPTIONS');
    peer.nextResponse(503);
    gate.failure = new Error('defect');
    peer.send('OPTIONS', { callId: 'two' });
    peer.nextResponse(500);
    await peer.expectNothingLeft();
  });
});

describe('what other elements get of the user agent', () => {
  it('knows the addresses and the domains that are ours', async () => {
    const peer = new ScriptedPeer({ domains: ['Example.com'] });
    const ours = (uri: string): boolean => peer.agent.elements.isOurs(parseUri(uri));
    expect(ours('sip:a@192.0.2.1')).toBe(true);
    expect(ours('sip:192.0.2.1:5060;lr')).toBe(true);
    expect(ours('sip:a@EXAMPLE.com')).toBe(true);
    expect(ours('sip:a@example.com:5060')).toBe(false);
    expect(ours('sip:a@192.0.2.1:5061')).toBe(false);
    expect(ours('sips:a@192.0.2.1')).toBe(false);
    expect(ours('sip:a@example.org')).toBe(false);
    expect(ours('sip:a@example.com;maddr=192.0.2.9')).toBe(false);
    expect(ours('tel:+49123')).toBe(false);
    peer.transport.answersTo = (host, port) => host === '203.0.113.7' && port === 5060;
    expect(ours('sip:203.0.113.7')).toBe(true);
    await peer.expectNothingLeft();
  });

  it('knows the dialogs of the user agent', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    const { elements } = peer.agent;
    expect(elements.hasDialog('call-1', tag)).toBe(true);
    expect(elements.hasDialog('call-2', tag)).toBe(false);
    expect(elements.hasDialog('call-1', 'other')).toBe(false);
    peer.send('BYE', { toTag: tag, cseq: 2 });
    await peer.expectNothingLeft();
    expect(elements.hasDialog('call-1', tag)).toBe(false);
  });

  it('shares clock, randomness, timers, name and transport, and draws branches', () => {
    const peer = new ScriptedPeer({ product: 'Test/1' });
    const { elements } = peer.agent;
    expect(elements.clock).toBe(peer.clock);
    expect(elements.transport).toBe(peer.transport);
    expect(elements.product).toBe('Test/1');
    expect(elements.timers.t1).toBe(500);
    expect(elements.random.uint32()).toEqual(expect.any(Number));
    expect(elements.newVia()).not.toBe(elements.newVia());
    expect(elements.newVia('z9hG4bKx')).toContain('branch=z9hG4bKx');
  });

  it('hears of flows that have closed', () => {
    const closed: string[] = [];
    const peer = new ScriptedPeer({}, 'UDP', undefined, {
      onFlowClosed: (flow) => closed.push(flow),
    });
    peer.agent.onFlowClosed('flow-1');
    expect(closed).toEqual(['flow-1']);
  });
});
