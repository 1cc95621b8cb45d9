import { below, SeededRandom } from '../../runtime/core/random';
import { createResponse } from '../../runtime/sip/message/create';
import { StreamFramer } from '../../runtime/sip/message/framer';
import type { SipMessage } from '../../runtime/sip/message/message';
import { MessageError } from '../../runtime/sip/message/message-error';
import { parseMessage } from '../../runtime/sip/message/parse';
import { serialize } from '../../runtime/sip/message/serialize';
import { mutate, tortureMessages } from './support/mutate';

const MUTATIONS = 10_000;
const SEED = 4475;

const originals = tortureMessages();

/** Changes of one of the originals. */
function next(random: SeededRandom): Buffer {
  return mutate(originals[below(random, originals.length)] as Buffer, random);
}

/** Members that the parser has checked: they never throw. */
function readChecked(message: SipMessage): void {
  const { topVia, from, to, cseq, callId, contacts, routes, recordRoutes } = message;
  expect(topVia.host).not.toBe('');
  expect(callId).not.toBe('');
  expect(cseq.sequence).toBeGreaterThanOrEqual(0);
  expect(from.uriText + to.uriText).not.toBe('');
  expect(Array.isArray(contacts) && Array.isArray(routes) && Array.isArray(recordRoutes)).toBe(
    true,
  );
}

/** Those that may: with a MessageError, and nothing else. */
const unchecked = [
  'via',
  'require',
  'supported',
  'allow',
  'contentType',
  'expires',
  'minExpires',
  'sessionExpires',
  'minSe',
  'rseq',
  'reasons',
  'uri',
  'rack',
  'referTo',
  'referredBy',
  'event',
  'subscriptionState',
  'retryAfter',
  'warnings',
] as const;

function readUnchecked(message: SipMessage): void {
  for (const name of unchecked) {
    try {
      Reflect.get(message, name);
    } catch (error) {
      expect(error).toBeInstanceOf(MessageError);
    }
  }
}

test(`${MUTATIONS} mutations are read or refused with a MessageError (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  let accepted = 0;
  let answered = 0;
  const before = process.cpuUsage();
  for (let i = 0; i < MUTATIONS; i += 1) {
    const octets = next(random);
    let message: SipMessage;
    try {
      message = parseMessage(octets);
    } catch (error) {
      if (!(error instanceof MessageError)) {
        throw new Error(`mutation ${i}: ${octets.toString('base64')}`, { cause: error });
      }
      const { partial } = error;
      if (partial !== undefined) {
        answered += 1;
        readUnchecked(partial);
        serialize(createResponse(partial, error.status, { toTag: 'x' }));
      }
      continue;
    }
    accepted += 1;
    readChecked(message);
    readUnchecked(message);
    // What was accepted is passed on so that it is accepted again, and says the same.
    const again = parseMessage(serialize(message));
    expect(again.headers.get('Call-ID')).toBe(message.callId);
    expect(again.cseq).toEqual(message.cseq);
    expect(Buffer.from(again.body).equals(Buffer.from(message.body))).toBe(true);
  }
  const { user, system } = process.cpuUsage(before);
  // Both ways must be taken often, or the mutations are no good.
  expect(accepted).toBeGreaterThan(MUTATIONS / 20);
  expect(answered).toBeGreaterThan(MUTATIONS / 10);
  // Backtracking would show in seconds for a single one.
  expect(user + system).toBeLessThan(20_000_000);
});

test('a stream of mutations ends in messages, in errors, or in waiting', () => {
  const random = new SeededRandom(SEED + 1);
  for (let i = 0; i < 2_000; i += 1) {
    const framer = new StreamFramer();
    const octets = Buffer.concat([next(random), next(random)]);
    let closed = false;
    for (let at = 0; at < octets.length;) {
      const size = 1 + below(random, 700);
      for (const event of framer.push(octets.subarray(at, at + size))) {
        expect(closed).toBe(false);
        if (event.type === 'message') readChecked(event.message);
        if (event.type === 'error') closed = event.close;
      }
      at += size;
    }
  }
});

test.each([
  ['quotes', (n: number) => `"${'\\"'.repeat(n)}`],
  ['brackets', (n: number) => '<'.repeat(n)],
  ['commas', (n: number) => '<sip:a>,'.repeat(n / 8)],
  ['commas alone', (n: number) => ','.repeat(n)],
  ['blanks', (n: number) => `a${' '.repeat(n)}b`],
  ['semicolons', (n: number) => `<sip:a>${';a'.repeat(n / 2)}`],
  ['folds', (n: number) => '\r\n a'.repeat(n / 4)],
  ['escapes', (n: number) => `<sip:${'%41'.repeat(n / 3)}@h>`],
  ['at signs', (n: number) => `<sip:${'a@'.repeat(n / 2)}h>`],
  ['comments', (n: number) => '('.repeat(n)],
])('60 KB of %s in any header cost no more than their octets', (_what, make) => {
  const limits = {
    maxHead: 70_000,
    maxHeaderLine: 65_000,
    maxHeaders: 100_000,
    maxVias: 100_000,
    maxParams: 100_000,
    maxUri: 65_000,
    maxBody: 0,
  };
  for (const name of [
    'Via',
    'From',
    'Contact',
    'Route',
    'CSeq',
    'Reason',
    'Retry-After',
    'Warning',
  ]) {
    const lines = [
      'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
      'From: <sip:a@h>;tag=1',
      'To: <sip:b@h>',
      'Call-ID: c@h',
      'CSeq: 1 OPTIONS',
    ].filter((line) => !line.startsWith(name));
    const octets = Buffer.from(
      ['OPTIONS sip:h SIP/2.0', ...lines, `${name}: ${make(60_000)}`, '', ''].join('\r\n'),
    );
    const before = process.cpuUsage();
    try {
      readUnchecked(parseMessage(octets, limits));
    } catch (error) {
      expect(error).toBeInstanceOf(MessageError);
    }
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(500_000);
  }
});

test('thousands of lines without a colon cost no more than their octets', () => {
  const octets = Buffer.from(`OPTIONS sip:h SIP/2.0\r\n${'a\r\n'.repeat(20_000)}\r\n`);
  const before = process.cpuUsage();
  expect(() => parseMessage(octets)).toThrow(MessageError);
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(500_000);
});
