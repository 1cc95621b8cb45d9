import { MessageError } from '../../../runtime/sip/message/message-error';
import { defaultMessageLimits, parseMessage } from '../../../runtime/sip/message/parse';

const mandatory = [
  'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
  'From: <sip:a@h>;tag=1',
  'To: <sip:b@h>',
  'Call-ID: c@h',
  'CSeq: 1 INVITE',
];

function octets(lines: readonly string[], body = '', start = 'INVITE sip:b@h SIP/2.0'): Buffer {
  return Buffer.from(`${[start, ...mandatory, ...lines].join('\r\n')}\r\n\r\n${body}`);
}

function refusal(bytes: Uint8Array, limits = defaultMessageLimits): MessageError {
  try {
    parseMessage(bytes, limits);
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

test('a fold is one space, also where a line of it is empty', () => {
  const { headers } = parseMessage(
    octets(['Subject:', '\t first  ', '   ', ' second\tline', 'X-Next:  y  ']),
  );
  expect(headers.get('Subject')).toBe('first second\tline');
  expect(headers.get('X-Next')).toBe('y');
});

test('values are kept as they came, names that nobody knows too', () => {
  const { headers } = parseMessage(octets(['x-ODD  : a , "b" ;;\u00a0']));
  expect([...headers.entries()].at(-1)).toEqual(['x-ODD', 'a , "b" ;;\u00a0']);
});

test('empty lines before the start line are ignored', () => {
  const message = parseMessage(Buffer.concat([Buffer.from('\r\n\r\n'), octets(['Subject: é'])]));
  expect(message.headers.get('Subject')).toBe('é');
});

test('octets after the announced body are ignored; without Content-Length all are the body', () => {
  expect(Buffer.from(parseMessage(octets(['l: 2'], 'abcd')).body).toString()).toBe('ab');
  expect(Buffer.from(parseMessage(octets([], 'abcd')).body).toString()).toBe('abcd');
  expect(parseMessage(octets(['Content-Length: 0'], 'abcd')).body).toHaveLength(0);
});

test('a body with octets of every value stays as it is', () => {
  const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const message = parseMessage(Buffer.concat([octets(['Subject: ü']), body]));
  expect(Buffer.from(message.body)).toEqual(body);
});

test('a plain Uint8Array does as well as a Buffer', () => {
  expect(parseMessage(new Uint8Array(octets([]))).callId).toBe('c@h');
});

test.each([
  ['a CR alone', 'Subject: a\rb'],
  ['a LF alone', 'Subject: a\nX: b'],
  ['a LF alone in a fold', 'Subject: a\r\n b\nX: c'],
  ['a CR alone in a fold', 'Subject: a\r\n b\rX: c'],
  ['a line without a colon', 'Subject a'],
  ['a line without a name', ': a'],
  ['a name with a space', 'Sub ject: a'],
  ['a fold after the start line', ' Subject: a'],
  ['a second From', 'f: <sip:c@h>'],
  ['a second Max-Forwards', 'Max-Forwards: 1\r\nMax-Forwards: 1'],
  ['Max-Forwards of 256', 'Max-Forwards: 256'],
  ['Max-Forwards that is no number', 'Max-Forwards: many'],
  ['an empty Content-Length', 'Content-Length:'],
  ['a Content-Length of hexadecimal', 'Content-Length: 0x10'],
  ['a Contact that cannot be parsed', 'Contact: <sip:a'],
  ['a star beside a Contact', 'Contact: *, <sip:a>'],
  ['a star after a Contact', 'Contact: <sip:a>\r\nContact: *'],
  ['a star before a Contact', 'Contact: *\r\nContact: <sip:a>'],
  ['two stars', 'Contact: *\r\nContact: *'],
  ['a Route that cannot be parsed', 'Route: <sip:a;lr'],
  ['a Record-Route that cannot be parsed', 'Record-Route: x'],
])('%s is 400, and can be answered', (_what, line) => {
  const error = refusal(build(line));
  expect(error.status).toBe(400);
  expect(error.code).toBe('CALLCHART_SIP_MALFORMED');
  expect(error.partial?.topVia.host).toBe('a');
  expect(error.partial?.headers.get('Call-ID')).toBe('c@h');
});

/** A line that begins with white space comes right after the start line. */
function build(line: string): Buffer {
  if (!line.startsWith(' ')) return octets([line]);
  return Buffer.from(['INVITE sip:b@h SIP/2.0', line, ...mandatory, '', ''].join('\r\n'));
}

test.each(['Via', 'From', 'To', 'Call-ID', 'CSeq'])('a message without %s is 400', (name) => {
  const lines = mandatory.filter((line) => !line.startsWith(name));
  const error = refusal(Buffer.from(`OPTIONS sip:h SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`));
  expect(error.message).toBe(`no ${name}`);
  // Without a Via nobody knows where an answer would go.
  expect(error.partial === undefined).toBe(name === 'Via');
});

test.each(['', '\r\n', '\r\n\r\n', '\0\0\0\0', 'hello'])('%j is no message at all', (text) => {
  const error = refusal(Buffer.from(text));
  expect(error.status).toBe(400);
  expect(error.kind).toBeUndefined();
  expect(error.partial).toBeUndefined();
});

test('an ACK is not answered, whatever is wrong with it', () => {
  const error = refusal(octets(['Max-Forwards: x'], '', 'ACK sip:b@h SIP/2.0'));
  expect(error.kind).toBe('request');
  expect(error.partial).toBeUndefined();
});

test.each([
  ['SIP/2.0 200 OK', undefined],
  ['sip/2.0 200 OK', undefined],
  ['SIP/2.0 200', undefined],
  ['SIP/2.0 099 No', 400],
  ['SIP/2.0 700 No', 400],
  ['SIP/2.0 20 No', 400],
  ['SIP/2.0 2000 No', 400],
  ['SIP/2.0  200 OK', 400],
  ['SIP/3.0 200 OK', 505],
  ['INVITE sip:b@h sip/2.0', undefined],
  ['INVITE sip:b@h SIP/2.0 ', 400],
  ['INVITE sip:b@h', 400],
  ['INVITE', 400],
  ['', 400],
  ['INV(TE sip:b@h SIP/2.0', 400],
  ['INVITE sip:b@h SIP/2.00', 505],
  ['INVITE sip:b@h HTTP/1.1', 400],
  ['INVITE sip:b@h?Subject=x SIP/2.0', 400],
  ['INVITE tel:+1 SIP/2.0', undefined],
  ['INVITE isbn:1 SIP/2.0', undefined],
])('start line %j gives %p', (start, status) => {
  const bytes = octets([], '', start);
  if (status === undefined) expect(() => parseMessage(bytes)).not.toThrow();
  else expect(refusal(bytes).status).toBe(status);
});

describe('limits', () => {
  const limits = {
    maxHead: 600,
    maxHeaderLine: 100,
    maxHeaders: 10,
    maxVias: 3,
    maxParams: 3,
    maxUri: 40,
    maxBody: 20,
  };

  test.each([
    ['head', 513, octets(Array.from({ length: 5 }, (_, i) => `X: ${String(i).repeat(90)}`))],
    ['header line', 513, octets([`X: ${'a'.repeat(98)}`])],
    ['folded header line', 513, octets([`X: a${'\r\n b'.repeat(30)}`])],
    ['number of headers', 513, octets(Array.from({ length: 6 }, () => 'X: a'))],
    ['number of Via', 513, octets(Array.from({ length: 3 }, () => mandatory[0] ?? ''))],
    ['number of parameters', 400, octets(['Contact: <sip:h>;a;b;c;d'])],
    ['number of URI parameters', 400, octets(['Contact: <sip:h;a;b;c;d>'])],
    ['request URI', 414, octets([], '', `INVITE sip:${'a'.repeat(40)} SIP/2.0`)],
    ['body', 413, octets([], 'a'.repeat(21))],
  ])('too much of %s is %i, and can be answered', (_what, status, bytes) => {
    expect(() => parseMessage(bytes)).not.toThrow();
    const error = refusal(bytes, limits);
    expect(error.status).toBe(status);
    expect(error.partial?.callId).toBe('c@h');
    if (status !== 400) expect(error.code).toBe('CALLCHART_SIP_TOO_LARGE');
  });

  test('what just fits is accepted', () => {
    const bytes = octets(['X: a', 'X: a', 'X: a', 'X: a', 'm: <sip:h;a;b;c>'], 'a'.repeat(20));
    expect(() => parseMessage(bytes, limits)).not.toThrow();
  });
});
