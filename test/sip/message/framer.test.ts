import fc from 'fast-check';

import { StreamFramer, type FramerEvent } from '../../../runtime/sip/message/framer';
import { defaultMessageLimits } from '../../../runtime/sip/message/parse';

function message(sequence: number, body = '', extra = ''): string {
  return (
    `OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK${sequence}\r\n` +
    `From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: ä\r\n`.replace('ä', 'c') +
    `CSeq: ${sequence} OPTIONS\r\n${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** One word for an event: the sequence number and body of a message, the status of an error. */
function word(event: FramerEvent): string {
  if (event.type === 'message') {
    const body = Buffer.from(event.message.body).toString();
    return `${event.message.cseq.sequence}:${body}`;
  }
  if (event.type === 'error') return `${event.error.status}${event.close ? ' close' : ''}`;
  return event.type;
}

function words(framer: StreamFramer, text: string): string[] {
  return framer.push(Buffer.from(text)).map(word);
}

test('messages come out whole and in order, however the stream is cut', () => {
  const text = `${message(1, 'one')}${message(2)}\r\n\r\n${message(3, 'thrée\r\n\r\n')}`;
  const octets = Buffer.from(text);
  fc.assert(
    fc.property(fc.array(fc.nat(octets.length), { maxLength: 30 }), (cuts) => {
      const framer = new StreamFramer();
      const events: string[] = [];
      let from = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), octets.length]) {
        events.push(...framer.push(octets.subarray(from, cut)).map(word));
        from = cut;
      }
      // A ping that is cut in two looks like a pong at first.
      expect(events.filter((event) => event !== 'pong')).toEqual([
        '1:one',
        '2:',
        'ping',
        '3:thrée\r\n\r\n',
      ]);
      expect(framer.pending).toBe(0);
    }),
  );
});

test('a body that came in parts is not written over by the next message', () => {
  const framer = new StreamFramer();
  const octets = Buffer.from(message(1, 'first'));
  expect(framer.push(octets.subarray(0, -2))).toEqual([]);
  const [first] = framer.push(octets.subarray(-2));
  const next = Buffer.from(message(2, 'other'));
  framer.push(next.subarray(0, -2));
  framer.push(next.subarray(-2));
  expect(word(first!)).toBe('1:first');
});

test('a pong that comes together with the next message is not lost', () => {
  const framer = new StreamFramer();
  expect(words(framer, `\r\n${message(1)}\r\n${message(2)}`)).toEqual(['pong', '1:', 'pong', '2:']);
  expect(words(framer, '\r\n')).toEqual(['pong']);
  expect(words(framer, message(3))).toEqual(['3:']);
});

test('a double CRLF between messages is a ping, a single one a pong (RFC 5626 §3.5.1)', () => {
  const framer = new StreamFramer();
  expect(words(framer, '\r\n\r\n')).toEqual(['ping']);
  expect(words(framer, '\r\n')).toEqual(['pong']);
  expect(words(framer, `\r\n${message(1)}`)).toEqual(['ping', '1:']);
  expect(words(framer, '\r')).toEqual([]);
  expect(words(framer, '\n\r\n')).toEqual(['ping']);
});

test('many pings at once want one answer', () => {
  expect(words(new StreamFramer(), '\r\n\r\n'.repeat(1_000))).toEqual(['ping']);
});

test('a malformed message whose length is known is answered, and the stream goes on', () => {
  const framer = new StreamFramer();
  const bad = message(1, 'body', 'Max-Forwards: x\r\n');
  const events = framer.push(Buffer.from(bad + message(2)));
  expect(events.map(word)).toEqual(['400', '2:']);
  const [error] = events;
  expect(error?.type === 'error' && error.error.partial?.cseq.sequence).toBe(1);
});

test('the body of a malformed message is skipped when it comes later', () => {
  const framer = new StreamFramer();
  const bad = message(1, 'x'.repeat(500), 'Max-Forwards: x\r\n');
  expect(words(framer, bad.slice(0, -400))).toEqual(['400']);
  expect(framer.pending).toBe(400);
  expect(words(framer, bad.slice(-400) + message(2))).toEqual(['2:']);
  expect(framer.pending).toBe(0);
});

test.each([
  ['no Content-Length', message(1).replace('Content-Length', 'X-Length'), '400 close'],
  ['a negative Content-Length', message(1).replace('Length: 0', 'Length: -1'), '400 close'],
  ['two Content-Lengths', message(1, '', 'l: 0\r\n'), '400 close'],
  ['a body beyond the limit', message(1).replace('Length: 0', 'Length: 1048577'), '413 close'],
  [
    'a length of any number of digits',
    message(1).replace('h: 0', `h: ${'9'.repeat(400)}`),
    '413 close',
  ],
  ['a field that may have been the length', message(1, '', 'Content-Length 5\r\n'), '400 close'],
  ['a CR alone', message(1, '', 'X: a\rl: 5\r\n'), '400 close'],
  ['no SIP at all', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', '400 close'],
])('%s closes the stream, and nothing more is read', (_what, text, expected) => {
  const framer = new StreamFramer();
  expect(words(framer, text + message(2))).toEqual([expected]);
  expect(words(framer, message(3))).toEqual([]);
  expect(framer.pending).toBe(0);
});

test('a head beyond the limit is 513 before its end has come, and can be answered', () => {
  const framer = new StreamFramer({ ...defaultMessageLimits, maxHead: 400 });
  const head = message(1).slice(0, -2);
  const events: FramerEvent[] = [];
  for (const octet of Buffer.from(`${head}${'X: aaaaaaaaaaaaaaaa\r\n'.repeat(50)}`)) {
    events.push(...framer.push(Uint8Array.of(octet)));
  }
  expect(events.map(word)).toEqual(['513 close']);
  expect(events[0]?.type === 'error' && events[0].error.partial?.callId).toBe('c');
});

test('a message that is not complete is pending, and wants no more than its octets', () => {
  const framer = new StreamFramer();
  const octets = Buffer.from(message(1, 'abc'));
  for (let i = 0; i < octets.length - 1; i += 1) {
    expect(framer.push(octets.subarray(i, i + 1))).toEqual([]);
    expect(framer.pending).toBeGreaterThan(0);
  }
  expect(framer.push(octets.subarray(-1)).map(word)).toEqual(['1:abc']);
  expect(framer.pending).toBe(0);
});

test('a large message that comes octet by octet costs no more than its octets', () => {
  const body = 'x'.repeat(200_000);
  const octets = Buffer.from(message(1, body));
  const framer = new StreamFramer();
  const events: FramerEvent[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < octets.length; i += 1) events.push(...framer.push(octets.subarray(i, i + 1)));
  const { user, system } = process.cpuUsage(before);
  expect(events.map(word)).toEqual([`1:${body}`]);
  // 200,000 copies of what came before would be 20 GB: many seconds.
  expect(user + system).toBeLessThan(3_000_000);
});
