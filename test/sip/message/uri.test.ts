import fc from 'fast-check';

import { MessageError } from '../../../runtime/sip/message/message-error';
import {
  formatUri,
  parseUri,
  sameUri,
  sipUri,
  type SipUri,
} from '../../../runtime/sip/message/uri';
import { uris } from './arbitraries';

function sip(text: string): SipUri {
  const uri = parseUri(text);
  if (uri.scheme === 'tel') throw new Error('a telephone number');
  return uri;
}

function statusOf(text: string): number | undefined {
  try {
    parseUri(text);
    return undefined;
  } catch (error) {
    if (error instanceof MessageError) return error.status;
    throw error;
  }
}

test('every part of a sip URI is found', () => {
  const uri = sip('SIPS:al%69ce:se%3Acret@[2001:DB8::1]:5061;Transport=TLS;lr?Subject=a%20b&To=x');
  expect(uri).toEqual({
    scheme: 'sips',
    user: 'alice',
    password: 'se:cret',
    host: '2001:db8::1',
    port: 5061,
    params: new Map([
      ['transport', 'TLS'],
      ['lr', ''],
    ]),
    headers: [
      ['Subject', 'a b'],
      ['To', 'x'],
    ],
  });
});

test('escapes are resolved once, NUL and @ among them', () => {
  expect(sip('sip:%00%2540%40@h').user).toBe('\0%40@');
  expect(sip('sip:h;%6Cr;n=%2541').params).toEqual(
    new Map([
      ['lr', ''],
      ['n', '%41'],
    ]),
  );
});

test('escaped octets that are no UTF-8 come back as they were', () => {
  expect(formatUri(parseUri('sip:a%FF%C3%BC%80@h'))).toBe('sip:a%FF%C3%BC%80@h');
});

test('a user may hold what would end it elsewhere', () => {
  const uri = sip("sip:1_u;p=1?/,$&'()*~!@h;x");
  expect(uri.user).toBe("1_u;p=1?/,$&'()*~!");
  expect([...uri.params.keys()]).toEqual(['x']);
});

test('of two parameters with one name the first counts', () => {
  expect(sip('sip:h;a=1;A=2').params).toEqual(new Map([['a', '1']]));
});

test('a telephone number keeps its separators', () => {
  expect(parseUri('tel:+1-201-555-0123;ext=12;phone-context=Example.com')).toEqual({
    scheme: 'tel',
    number: '+1-201-555-0123',
    params: new Map([
      ['ext', '12'],
      ['phone-context', 'Example.com'],
    ]),
  });
});

test.each([
  'sip:',
  'sip:@host',
  'sip:user@',
  'sip:host:',
  'sip:host:65536',
  'sip:host:5060x',
  'sip:ho st',
  'sip:host;',
  'sip:host;a=',
  'sip:host;=b',
  'sip:host?',
  'sip:host?a',
  'sip:%4@host',
  'sip:%zz@host',
  'sip:[::1@host',
  'sip:[::1',
  'sip:[g::1]',
  'sip:h\u00fcst',
  'sip:host>',
  '<sip:host>',
  ':host',
  'host',
  '',
  '1sip:host',
  'tel:',
  'tel:+',
  'tel:12x',
  'http:',
  'http://a b',
])('%j is malformed', (text) => {
  expect(statusOf(text)).toBe(400);
});

test('another scheme is 416, not 400', () => {
  expect(statusOf('soap.beep://192.0.2.103:3002')).toBe(416);
  expect(statusOf('isbn:2983792873')).toBe(416);
});

test('what a part cannot hold is escaped when it is written', () => {
  const uri = sipUri({
    user: 'a@b:c%ü',
    password: 'p/w',
    host: '::1',
    port: 5070,
    params: new Map([
      ['x', '; y'],
      ['lr', ''],
    ]),
    headers: [['Route', '<sip:a;lr>']],
  });
  const text = formatUri(uri);
  expect(text).toBe('sip:a%40b%3Ac%25%C3%BC:p%2Fw@[::1]:5070;x=%3B%20y;lr?Route=%3Csip:a%3Blr%3E');
  expect(parseUri(text)).toEqual(uri);
});

test('any URI that is written is read the same', () => {
  fc.assert(
    fc.property(uris, (uri) => {
      expect(parseUri(formatUri(uri))).toEqual(uri);
    }),
  );
});

test('any text is a URI or a MessageError', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('sip:', 'tel:', ''),
      (text, scheme) => {
        expect([undefined, 400, 416]).toContain(statusOf(scheme + text));
      },
    ),
  );
});

describe('RFC 3261 §19.1.4', () => {
  test.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1-201-555-0123', 'tel:+1(201)5550123'],
    ['tel:863;phone-context=+1-914', 'tel:863;phone-context=+1914'],
  ])('%s is %s', (a, b) => {
    expect(sameUri(parseUri(a), parseUri(b))).toBe(true);
    expect(sameUri(parseUri(b), parseUri(a))).toBe(true);
  });

  test.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:bob@biloxi.com', 'sip:biloxi.com'],
    ['sip:bob:a@biloxi.com', 'sip:bob@biloxi.com'],
    ['sip:bob@biloxi.com;maddr=192.0.2.1', 'sip:bob@biloxi.com'],
    ['sip:bob@biloxi.com;user=phone', 'sip:bob@biloxi.com'],
    ['sip:bob@biloxi.com?a=1', 'sip:bob@biloxi.com?a=2'],
    ['tel:+12015550123', 'tel:12015550123'],
    ['tel:863;phone-context=a.example', 'tel:863;phone-context=b.example'],
    ['tel:863;ext=1', 'tel:863'],
    ['tel:+12015550123', 'sip:+12015550123@h'],
  ])('%s is not %s', (a, b) => {
    expect(sameUri(parseUri(a), parseUri(b))).toBe(false);
    expect(sameUri(parseUri(b), parseUri(a))).toBe(false);
  });
});
