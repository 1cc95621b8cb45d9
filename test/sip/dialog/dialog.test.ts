import { incomingDialog, outgoingDialog } from '../../../runtime/sip/dialog/dialog';
import type { SipRequest, SipResponse } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';

const via = 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnew';

function invite(headers: readonly string[] = []): SipRequest {
  const message = parseMessage(
    Buffer.from(
      [
        'INVITE sip:menu@192.0.2.1 SIP/2.0',
        'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKold',
        'Max-Forwards: 70',
        'From: "Bob" <sip:bob@example.com>;tag=bob',
        'To: Menu <sip:menu@example.com>',
        'Call-ID: abc',
        'CSeq: 41 INVITE',
        'Contact: <sip:bob@192.0.2.9:5070>',
        ...headers,
        '',
        '',
      ].join('\r\n'),
    ),
  );
  if (message.kind !== 'request') throw new Error('no request');
  return message;
}

function response(headers: readonly string[] = []): SipResponse {
  const message = parseMessage(
    Buffer.from(
      [
        'SIP/2.0 200 OK',
        'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKold',
        'From: "Bob" <sip:bob@example.com>;tag=bob',
        'To: Menu <sip:menu@example.com>;tag=menu',
        'Call-ID: abc',
        'CSeq: 41 INVITE',
        ...headers,
        '',
        '',
      ].join('\r\n'),
    ),
  );
  if (message.kind !== 'response') throw new Error('no response');
  return message;
}

const contact = 'Contact: <sip:menu@192.0.2.1:5080>';

describe('the dialog of an INVITE from the peer (RFC 3261 §12.1.1)', () => {
  it('sends its requests to the Contact, from the To with our tag, to the From', () => {
    const dialog = incomingDialog(invite(), 'ours');
    const bye = dialog.createRequest('BYE', via, { headers: [['Reason', 'SIP;cause=200']] });
    expect(bye.requestUri).toBe('sip:bob@192.0.2.9:5070');
    expect([...bye.headers.entries()]).toEqual([
      ['Via', via],
      ['Max-Forwards', '70'],
      ['From', 'Menu <sip:menu@example.com>;tag=ours'],
      ['To', '"Bob" <sip:bob@example.com>;tag=bob'],
      ['Call-ID', 'abc'],
      ['CSeq', '1 BYE'],
      ['Reason', 'SIP;cause=200'],
    ]);
    expect(dialog.way.nextHop).toMatchObject({ host: '192.0.2.9', port: 5070 });
  });

  it('counts its own sequence numbers up by one', () => {
    const dialog = incomingDialog(invite(), 'ours');
    const sequences = ['INFO', 'INFO', 'BYE'].map(
      (method) => dialog.createRequest(method, via).cseq.sequence,
    );
    expect(sequences).toEqual([1, 2, 3]);
    expect(dialog.lastSequence).toBe(3);
    expect(dialog.createAck(via, 2).cseq).toEqual({ sequence: 2, method: 'ACK' });
    expect(dialog.lastSequence).toBe(3);
  });

  it('takes sequence numbers of the peer in rising order, with gaps (§12.2.2)', () => {
    const dialog = incomingDialog(invite(), 'ours');
    expect(dialog.acceptSequence(40)).toBe(false);
    expect(dialog.acceptSequence(42)).toBe(true);
    expect(dialog.acceptSequence(900)).toBe(true);
    expect(dialog.acceptSequence(43)).toBe(false);
  });

  it('is told by Call-ID and both tags; a peer without a tag is one with none', () => {
    const dialog = incomingDialog(invite(), 'ours');
    expect(dialog.matches('abc', 'ours', 'bob')).toBe(true);
    expect(dialog.matches('abd', 'ours', 'bob')).toBe(false);
    expect(dialog.matches('abc', 'our', 'bob')).toBe(false);
    expect(dialog.matches('abc', 'ours', undefined)).toBe(false);
    const old = invite();
    old.headers.set('From', '<sip:bob@example.com>');
    expect(incomingDialog(old, 'ours').matches('abc', 'ours', undefined)).toBe(true);
  });

  it('of an INVITE without a Contact, as RFC 2543 allows, leads to the From', () => {
    const request = invite();
    request.headers.remove('Contact');
    const dialog = incomingDialog(request, 'ours');
    expect(dialog.createRequest('BYE', via).requestUri).toBe('sip:bob@example.com');
  });

  it('goes by the Record-Route in its order, loosely', () => {
    const request = invite([
      'Record-Route: <sip:192.0.2.30;lr>',
      'Record-Route: <sip:192.0.2.31;lr;x=1>;y=2, <sip:192.0.2.32;lr>',
    ]);
    const dialog = incomingDialog(request, 'ours');
    const bye = dialog.createRequest('BYE', via);
    expect(bye.requestUri).toBe('sip:bob@192.0.2.9:5070');
    expect(bye.headers.getAll('Route')).toEqual([
      '<sip:192.0.2.30;lr>',
      '<sip:192.0.2.31;lr;x=1>;y=2',
      '<sip:192.0.2.32;lr>',
    ]);
    expect(dialog.way.nextHop).toMatchObject({ host: '192.0.2.30' });
  });

  it('goes by a strict router with the target as the last route (§12.2.1.1)', () => {
    const request = invite([
      'Record-Route: <sip:192.0.2.30;method=INVITE;x=1>, <sip:192.0.2.31;lr>',
    ]);
    const dialog = incomingDialog(request, 'ours');
    const bye = dialog.createRequest('BYE', via);
    // RFC 3261 §19.1.1: what may not stand in a request URI is left out.
    expect(bye.requestUri).toBe('sip:192.0.2.30;x=1');
    expect(bye.headers.getAll('Route')).toEqual([
      '<sip:192.0.2.31;lr>',
      '<sip:bob@192.0.2.9:5070>',
    ]);
    expect(dialog.way.nextHop).toMatchObject({ host: '192.0.2.30' });
  });

  it('follows the Contact of a target refresh, and keeps its route set', () => {
    const dialog = incomingDialog(invite(['Record-Route: <sip:192.0.2.30;lr>']), 'ours');
    expect(dialog.createRequest('INFO', via).requestUri).toBe('sip:bob@192.0.2.9:5070');
    const update = invite(['Record-Route: <sip:192.0.2.99;lr>']);
    update.headers.set('Contact', '<sip:bob@192.0.2.10>');
    dialog.refreshTarget(update);
    const info = dialog.createRequest('INFO', via);
    expect(info.requestUri).toBe('sip:bob@192.0.2.10');
    expect(info.headers.getAll('Route')).toEqual(['<sip:192.0.2.30;lr>']);
    update.headers.remove('Contact');
    dialog.refreshTarget(update);
    expect(dialog.remoteTarget).toBe('sip:bob@192.0.2.10');
  });
});

describe('the dialog of an INVITE of ours (RFC 3261 §12.1.2)', () => {
  it('goes by the Record-Route of the response, turned round', () => {
    const records = 'Record-Route: <sip:192.0.2.30;lr>, <sip:192.0.2.31;lr>';
    const dialog = outgoingDialog(invite(), response([contact, records]));
    const bye = dialog.createRequest('BYE', via);
    expect(bye.requestUri).toBe('sip:menu@192.0.2.1:5080');
    expect(bye.headers.getAll('Route')).toEqual(['<sip:192.0.2.31;lr>', '<sip:192.0.2.30;lr>']);
    expect(bye.headers.get('From')).toBe('"Bob" <sip:bob@example.com>;tag=bob');
    expect(bye.headers.get('To')).toBe('Menu <sip:menu@example.com>;tag=menu');
    expect(bye.cseq.sequence).toBe(42);
    expect(dialog.matches('abc', 'bob', 'menu')).toBe(true);
  });

  it('takes any first sequence number of the peer', () => {
    const dialog = outgoingDialog(invite(), response([contact]));
    expect(dialog.acceptSequence(0)).toBe(true);
    expect(dialog.acceptSequence(0)).toBe(true);
    expect(dialog.acceptSequence(5)).toBe(true);
    expect(dialog.acceptSequence(4)).toBe(false);
  });

  it('takes its route set anew from the 2xx (§13.2.2.4)', () => {
    const early = response([contact, 'Record-Route: <sip:192.0.2.30;lr>']);
    const dialog = outgoingDialog(invite(), early);
    expect(dialog.createRequest('PRACK', via).headers.has('Route')).toBe(true);
    dialog.confirm(response(['Contact: <sip:menu@192.0.2.2>']));
    const bye = dialog.createRequest('BYE', via);
    expect(bye.headers.has('Route')).toBe(false);
    expect(bye.requestUri).toBe('sip:menu@192.0.2.2');
  });

  it('with a response that has no Contact is reached as the INVITE was', () => {
    const dialog = outgoingDialog(invite(), response());
    expect(dialog.createAck(via, 41).requestUri).toBe('sip:menu@192.0.2.1');
  });

  it('whose next hop has a scheme that leads nowhere sends nothing', () => {
    const dialog = outgoingDialog(invite(), response(['Contact: <mailto:bob@example.com>']));
    expect(() => dialog.createRequest('BYE', via)).toThrow();
  });
});
