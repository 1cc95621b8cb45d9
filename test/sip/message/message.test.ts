import fc from 'fast-check';

import { createRequest, createResponse, reasonPhrase } from '../../../runtime/sip/message/create';
import type { SipRequest } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { serialize } from '../../../runtime/sip/message/serialize';
import { headersOf, requests, responses } from './arbitraries';

function parseRequest(bytes: Uint8Array): SipRequest {
  const message = parseMessage(bytes);
  if (message.kind !== 'request') throw new Error('a response');
  return message;
}

function invite(...extra: (readonly [string, string])[]): SipRequest {
  return createRequest({
    method: 'INVITE',
    requestUri: 'sip:b@h',
    headers: [
      ['Via', 'SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2'],
      ['Via', 'SIP/2.0/UDP c;branch=z9hG4bK3'],
      ['Record-Route', '<sip:p1;lr>, <sip:p2;lr>'],
      ['Max-Forwards', '70'],
      ['From', '<sip:a@h>;tag=1'],
      ['To', 'B <sip:b@h>'],
      ['Call-ID', 'c@h'],
      ['CSeq', '7 INVITE'],
      ...extra,
    ],
  });
}

test('a request that is written and read is the same', () => {
  fc.assert(
    fc.property(requests, ({ method, requestUri, common }) => {
      const request = createRequest({
        method,
        requestUri,
        headers: headersOf({ ...common, method }),
        body: common.body,
      });
      const again = parseRequest(serialize(request));
      expect(again.method).toBe(method);
      expect(again.requestUri).toBe(requestUri);
      expect(again.headers.get('Content-Length')).toBe(String(common.body.length));
      again.headers.remove('Content-Length');
      expect([...again.headers.entries()]).toEqual([...request.headers.entries()]);
      expect(new Uint8Array(again.body)).toEqual(common.body);
      for (const member of ['uri', 'via', 'from', 'to', 'cseq', 'contacts', 'routes'] as const) {
        expect(again[member]).toEqual(request[member]);
      }
    }),
  );
});

test('a response that is written and read is the same', () => {
  fc.assert(
    fc.property(responses, requests, ({ status, reason, method, common }, { requestUri }) => {
      const headers = headersOf({ ...common, method });
      const request = createRequest({ method, requestUri, headers });
      const response = createResponse(request, status, {
        reason,
        toTag: 'tt',
        headers: common.extra,
        body: common.body,
      });
      const again = parseMessage(serialize(response));
      if (again.kind !== 'response') throw new Error('a request');
      expect(again.status).toBe(status);
      expect(again.reason).toBe(reason);
      again.headers.remove('Content-Length');
      expect([...again.headers.entries()]).toEqual([...response.headers.entries()]);
      expect(new Uint8Array(again.body)).toEqual(common.body);
      expect(again.to.tag).toBe(status === 100 ? request.to.tag : (request.to.tag ?? 'tt'));
    }),
  );
});

describe('RFC 3261 §8.2.6: a response', () => {
  test('has the Via fields, From, Call-ID and CSeq of the request, and no other of its headers', () => {
    const response = createResponse(invite(['Contact', '<sip:a@h>'], ['Timestamp', '5']), 486, {
      toTag: 'x',
    });
    expect([...response.headers.entries()]).toEqual([
      ['Via', 'SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2'],
      ['Via', 'SIP/2.0/UDP c;branch=z9hG4bK3'],
      ['From', '<sip:a@h>;tag=1'],
      ['To', 'B <sip:b@h>;tag=x'],
      ['Call-ID', 'c@h'],
      ['CSeq', '7 INVITE'],
    ]);
    expect(response.reason).toBe('Busy Here');
    expect(response.via.map(({ host }) => host)).toEqual(['a', 'b', 'c']);
  });

  test('100 has no To tag of ours, but the Timestamp', () => {
    const response = createResponse(invite(['Timestamp', '5']), 100, { toTag: 'x' });
    expect(response.to.tag).toBeUndefined();
    expect(response.headers.get('Timestamp')).toBe('5');
    expect(response.recordRoutes).toEqual([]);
  });

  test('a To tag of the request stays', () => {
    const request = invite();
    request.headers.set('To', '<sip:b@h>;tag=theirs');
    expect(createResponse(request, 200, { toTag: 'x' }).to.tag).toBe('theirs');
  });

  test.each([
    [180, 2],
    [200, 2],
    [302, 0],
    [486, 0],
  ])('%i to an INVITE has %i of its Record-Routes (§12.1.1)', (status, count) => {
    expect(createResponse(invite(), status).recordRoutes).toHaveLength(count);
  });

  test('its headers follow, its body has a Content-Length in octets', () => {
    const response = createResponse(invite(), 200, { headers: [['Subject', 'ü']], body: 'äöü' });
    const octets = serialize(response);
    expect(octets.toString()).toContain('\r\nSubject: ü\r\nContent-Length: 6\r\n\r\näöü');
  });
});

test('setting a header drops what was read from it, and only that', () => {
  const request = invite(['Contact', '<sip:a@h>'], ['Supported', 'timer'], ['Expires', '5']);
  const { from } = request;
  expect(request.topVia.host).toBe('a');
  expect(request.via).toHaveLength(3);
  expect(request.supported).toEqual(['timer']);
  expect(request.expires).toBe(5);
  request.headers.removeFirst('Via');
  request.headers.set('k', 'a, b');
  request.headers.set('Expires', '6');
  request.headers.append('Contact', '<sip:c@h>');
  expect(request.topVia.host).toBe('b');
  expect(request.via).toHaveLength(2);
  expect(request.supported).toEqual(['a', 'b']);
  expect(request.expires).toBe(6);
  expect(request.contacts).toHaveLength(2);
  expect(request.from).toBe(from);
});

test('every member reads its header', () => {
  const request = invite(
    ['Contact', '*'],
    ['Route', '<sip:r1;lr>,<sip:r2>'],
    ['Require', '100rel'],
    ['Proxy-Require', 'a,b'],
    ['Allow', 'INVITE, ACK'],
    ['Content-Type', 'application/SDP'],
    ['Session-Expires', '90;refresher=uas'],
    ['Min-SE', '90'],
    ['RAck', '1 2 INVITE'],
    ['Refer-To', '<sip:c@h?Replaces=x>'],
    ['b', '<sip:d@h>'],
    ['o', 'refer;id=5'],
    ['Subscription-State', 'active;expires=60'],
    ['Reason', 'SIP;cause=200;text="elsewhere, really", Q.850;cause=16'],
    ['RSeq', '9'],
    ['Min-Expires', '60'],
  );
  expect(request.contactIsStar).toBe(true);
  expect(request.contacts).toEqual([]);
  expect(request.routes.map(({ uriText }) => uriText)).toEqual(['sip:r1;lr', 'sip:r2']);
  expect(request.require).toEqual(['100rel']);
  expect(request.proxyRequire).toEqual(['a', 'b']);
  expect(request.allow).toEqual(['INVITE', 'ACK']);
  expect(request.contentType?.value).toBe('application/sdp');
  expect(request.sessionExpires).toEqual({ interval: 90, refresher: 'uas' });
  expect(request.minSe).toBe(90);
  expect(request.maxForwards).toBe(70);
  expect(request.rack).toEqual({ rseq: 1, sequence: 2, method: 'INVITE' });
  expect(request.referTo?.uriText).toBe('sip:c@h?Replaces=x');
  expect(request.referredBy?.uriText).toBe('sip:d@h');
  expect(request.event).toEqual({ value: 'refer', params: new Map([['id', '5']]) });
  expect(request.subscriptionState?.params.get('expires')).toBe('60');
  expect(request.reasons.map(({ cause }) => cause)).toEqual([200, 16]);
  expect(request.rseq).toBe(9);
  expect(request.minExpires).toBe(60);
  request.requestUri = 'tel:+1';
  expect(request.uri.scheme).toBe('tel');

  const response = createResponse(request, 503, {
    headers: [
      ['Unsupported', 'a, b'],
      ['Retry-After', '120 (busy)'],
      ['Warning', '399 h "x, y", 304 h "z"'],
    ],
  });
  expect(response.unsupported).toEqual(['a', 'b']);
  expect(response.retryAfter).toBe(120);
  expect(response.warnings.map(({ text }) => text)).toEqual(['x, y', 'z']);
});

test('what would break out of its line is refused', () => {
  const refusal = expect.objectContaining({ code: 'CALLCHART_SIP_START_LINE' }) as Error;
  expect(() => createRequest({ method: 'A B', requestUri: 'sip:h' })).toThrow(refusal);
  expect(() => createRequest({ method: 'A', requestUri: 'sip:h SIP/2.0\r\nX: y' })).toThrow(
    refusal,
  );
  expect(() => createResponse(invite(), 200, { reason: 'OK\r\nX: y' })).toThrow(refusal);
  expect(() => createResponse(invite(), 99)).toThrow(refusal);
});

test('a head that is no UTF-8 is written with the octets that it came with', () => {
  const head = serialize(invite(['Subject', '?']));
  const octets = Buffer.from(
    head.toString('latin1').replace('Subject: ?', 'Subject: \xe9\xff'),
    'latin1',
  );
  const request = parseRequest(octets);
  expect(request.headers.get('Subject')).toBe('\xe9\xff');
  expect(serialize(request)).toEqual(octets);
  request.headers.set('Organization', 'Łódź');
  const written = serialize(request);
  expect(written.includes(Buffer.from('Subject: \xe9\xff', 'latin1'))).toBe(true);
  expect(written.includes(Buffer.from('Organization: Łódź', 'utf8'))).toBe(true);
});

test('a UTF-8 head is written with the octets that it came with', () => {
  const octets = serialize(invite(['Subject', 'Größe 大']));
  expect(parseRequest(octets).headers.get('Subject')).toBe('Größe 大');
  expect(serialize(parseRequest(octets))).toEqual(octets);
});

test('a status without a phrase of its own has that of its class', () => {
  expect(reasonPhrase(487)).toBe('Request Terminated');
  expect(reasonPhrase(499)).toBe('Bad Request');
});
