import fc from 'fast-check';
import { createRequest } from '../../../runtime/sip/message/create';
import {
  forwardCopy,
  insertField,
  takeLast,
  type ForwardEdits,
} from '../../../runtime/sip/message/forward-copy';
import type { SipRequest } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { serialize } from '../../../runtime/sip/message/serialize';

const edits: ForwardEdits = {
  requestUri: 'sip:bob@192.0.2.20',
  via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnew',
  maxForwards: 69,
  maxBreadth: 60,
};

function received(lines: readonly string[], body = ''): SipRequest {
  const text = ['INVITE sip:bob@example.com SIP/2.0', ...lines, '', body].join('\r\n');
  const message = parseMessage(Buffer.from(text));
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

const usual = [
  'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKtwo, SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKone',
  'Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKzero',
  'Max-Forwards: 70',
  'From: <sip:alice@example.com>;tag=a',
  'To: <sip:bob@example.com>',
  'Call-ID: call-1',
  'CSeq: 1 INVITE',
];

function lines(request: SipRequest): readonly string[] {
  return serialize(request).toString().split('\r\n');
}

describe('the copy that a proxy forwards', () => {
  it('differs in request URI, top Via and Max-Forwards, and has a Max-Breadth', () => {
    const request = received(usual);
    const before = serialize(request).toString();
    expect(lines(forwardCopy(request, edits))).toEqual([
      'INVITE sip:bob@192.0.2.20 SIP/2.0',
      `Via: ${edits.via}`,
      ...usual.slice(0, 2),
      'Max-Forwards: 69',
      ...usual.slice(3),
      'Max-Breadth: 60',
      'Content-Length: 0',
      '',
      '',
    ]);
    expect(serialize(request).toString()).toBe(before);
  });

  it('adds Max-Forwards where there is none, and has either header once', () => {
    const none = forwardCopy(received(usual.filter((line) => !line.startsWith('Max'))), edits);
    expect(none.headers.getAll('Max-Forwards')).toEqual(['69']);
    const twice = forwardCopy(received([...usual, 'max-breadth: 7', 'Max-Breadth: 8']), edits);
    expect(twice.headers.getAll('Max-Breadth')).toEqual(['60']);
  });

  it('has other Routes where it is told to, in the place behind the Vias', () => {
    const request = received([...usual, 'Route: <sip:a;lr>', 'Route: <sip:b;lr>, <sip:c;lr>']);
    expect(forwardCopy(request, edits).routes.map(({ uriText }) => uriText)).toEqual([
      'sip:a;lr',
      'sip:b;lr',
      'sip:c;lr',
    ]);
    const routed = forwardCopy(request, { ...edits, routes: ['<sip:x;lr>', '<sip:y;lr>'] });
    expect(lines(routed).slice(3, 6)).toEqual([usual[1], 'Route: <sip:x;lr>', 'Route: <sip:y;lr>']);
    expect(forwardCopy(request, { ...edits, routes: [] }).headers.has('Route')).toBe(false);
  });

  it('can be made of headers that were never parsed', () => {
    const request = createRequest({
      method: 'MESSAGE',
      requestUri: 'sip:bob@example.com',
      headers: [
        ['Via', 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKone'],
        ['Call-ID', 'call-1'],
      ],
      body: 'hello',
    });
    const copy = forwardCopy(request, edits);
    expect(copy.headers.getAll('Via')).toHaveLength(2);
    expect(copy.body).toBe(request.body);
  });

  it('keeps every other field as it is, whatever it is', () => {
    const name = fc.stringMatching(/^X-[a-z]{1,8}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (fields) => {
        const extra = fields.map(([key, text]) => `${key}: ${text}`);
        const copy = forwardCopy(received([...usual, ...extra]), edits);
        const kept = [...copy.headers.entries()].filter(([key]) => key.startsWith('X-'));
        expect(kept).toEqual(fields);
      }),
    );
  });
});

describe('inserting a field', () => {
  it('puts it before those of its name, or behind the Vias', () => {
    const request = received(usual);
    insertField(request, 'Record-Route', '<sip:one;lr>');
    expect(lines(request)[3]).toBe('Record-Route: <sip:one;lr>');
    expect(request.recordRoutes).toHaveLength(1);
    insertField(request, 'Record-Route', '<sip:two;lr>');
    expect(request.recordRoutes.map(({ uriText }) => uriText)).toEqual([
      'sip:two;lr',
      'sip:one;lr',
    ]);
    insertField(request, 'X-Unknown', 'yes');
    expect(lines(request)[3]).toBe('X-Unknown: yes');
  });
});

describe('taking the last value of a list', () => {
  it('leaves the others in the place of the first', () => {
    const request = received(['Route: <sip:a;lr>', ...usual, 'Route: <sip:b;lr>, "c, d" <sip:c>']);
    expect(takeLast(request.headers, 'Route')).toBe('"c, d" <sip:c>');
    expect(lines(request)[1]).toBe('Route: <sip:a;lr>, <sip:b;lr>');
    expect(takeLast(request.headers, 'Route')).toBe('<sip:b;lr>');
    expect(takeLast(request.headers, 'Route')).toBe('<sip:a;lr>');
    expect(request.headers.has('Route')).toBe(false);
    expect(takeLast(request.headers, 'Route')).toBeUndefined();
  });
});
