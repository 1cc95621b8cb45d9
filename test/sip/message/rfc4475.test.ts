import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAuth } from '../../../runtime/sip/message/auth-params';
import { createResponse } from '../../../runtime/sip/message/create';
import { parseDate } from '../../../runtime/sip/message/date-header';
import { StreamFramer, type FramerEvent } from '../../../runtime/sip/message/framer';
import { acceptOf, elementsOf, isAccepted } from '../../../runtime/sip/message/header-lists';
import type { SipMessage } from '../../../runtime/sip/message/message';
import { MessageError } from '../../../runtime/sip/message/message-error';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { serialize } from '../../../runtime/sip/message/serialize';

interface Vector {
  readonly name: string;
  readonly file: string;
  readonly section: string;
  readonly verdict: 'accept' | 'parse-reject' | 'semantic-reject';
  readonly status: readonly number[];
  readonly stream: 'message' | 'error' | 'error-close' | 'incomplete';
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly throws?: Readonly<Record<string, number>>;
  readonly kind?: 'request' | 'response';
  readonly answerable?: boolean;
  readonly reason?: string;
}

const folder = join(__dirname, '../../vectors/rfc4475');
const vectors = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Vector[];
const octetsOf = (vector: Vector): Buffer => readFileSync(join(folder, vector.file));

/** The value at a path of the index, as its README says. */
function look(message: SipMessage, path: string): unknown {
  const { headers } = message;
  if (path.startsWith('headers.')) return headers.get(path.slice('headers.'.length));
  if (path === 'date') return parseDate(headers.get('Date') ?? '');
  const call = /^(elements|auth|accepts)\(([^)]+)\)\.?(.*)$/.exec(path);
  if (call !== null) {
    const [, name, argument = '', rest = ''] = call;
    if (name === 'elements') return walk(elementsOf(headers, argument), rest);
    if (name === 'auth') return walk(parseAuth(headers.get(argument) ?? ''), rest);
    return isAccepted(acceptOf(headers) ?? [], argument);
  }
  return walk(message, path);
}

function walk(from: unknown, path: string): unknown {
  // What follows `params.` is one name, whatever characters it has.
  const [, before = '', param] = /^(.*?)(?:\bparams\.(?!size$)(.+))?$/.exec(path) ?? [];
  let value = from;
  for (const key of before.split(/[.[\]]+/).filter((part) => part !== '')) {
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  if (param === undefined) return value;
  return (value as { readonly params: ReadonlyMap<string, string> }).params.get(param);
}

function thrownBy(act: () => unknown): MessageError {
  try {
    act();
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** What a stream made of the octets first. */
function streamVerdict(events: readonly FramerEvent[]): Vector['stream'] {
  const first = events.find((event) => event.type === 'message' || event.type === 'error');
  if (first === undefined) return 'incomplete';
  if (first.type === 'error') return first.close ? 'error-close' : 'error';
  return 'message';
}

test('the index has every message of the RFC once', () => {
  const expectations = JSON.parse(
    readFileSync(join(folder, 'expectations.json'), 'utf8'),
  ) as Vector[];
  expect(vectors).toHaveLength(49);
  expect(vectors.map(({ name }) => name)).toEqual(expectations.map(({ name }) => name));
});

describe.each(vectors.filter(({ verdict }) => verdict !== 'parse-reject'))(
  'RFC 4475 §$section $name is parsed',
  (vector) => {
    const message = parseMessage(octetsOf(vector));

    for (const [path, expected] of Object.entries(vector.fields ?? {})) {
      test(`${path} is ${JSON.stringify(expected)}`, () => {
        expect(look(message, path)).toEqual(expected ?? undefined);
      });
    }

    for (const [path, status] of Object.entries(vector.throws ?? {})) {
      test(`${path} throws ${status}`, () => {
        expect(thrownBy(() => look(message, path)).status).toBe(status);
      });
    }

    test('what is written from it reads the same', () => {
      const again = parseMessage(serialize(message));
      expect([...again.headers.entries()].filter(([name]) => name !== 'Content-Length')).toEqual(
        [...message.headers.entries()].filter(([name]) => name !== 'Content-Length'),
      );
      expect(Buffer.from(again.body)).toEqual(Buffer.from(message.body));
      for (const [path, expected] of Object.entries(vector.fields ?? {})) {
        expect(look(again, path)).toEqual(expected ?? undefined);
      }
    });
  },
);

describe.each(vectors.filter(({ verdict }) => verdict === 'parse-reject'))(
  'RFC 4475 §$section $name is refused',
  (vector) => {
    const error = thrownBy(() => parseMessage(octetsOf(vector)));

    test('with the reason and the status of the RFC', () => {
      expect(error.message).toBe(vector.reason);
      expect(error.kind).toBe(vector.kind);
      // A response is discarded: its status answers nothing.
      if (error.kind === 'request') expect(vector.status).toContain(error.status);
    });

    test(vector.answerable === true ? 'and can be answered' : 'and is not answered', () => {
      const { partial } = error;
      expect(partial !== undefined).toBe(vector.answerable);
      if (partial === undefined) return;
      const written = serialize(createResponse(partial, error.status, { toTag: 'x' })).toString();
      expect(written).toMatch(new RegExp(`^SIP/2\\.0 ${error.status} `));
      for (const name of ['Via', 'Call-ID', 'CSeq', 'From']) {
        const sent = partial.headers.get(name);
        if (sent !== undefined) expect(written).toContain(`\r\n${name}: ${sent}\r\n`);
      }
      expect(partial.topVia.host).not.toBe('');
    });
  },
);

describe('over a stream', () => {
  test.each(vectors)('RFC 4475 §$section $name: $stream', (vector) => {
    expect(streamVerdict(new StreamFramer().push(octetsOf(vector)))).toBe(vector.stream);
  });

  test('octet by octet nothing is different', () => {
    for (const vector of vectors) {
      const framer = new StreamFramer();
      const events: FramerEvent[] = [];
      for (const octet of octetsOf(vector)) events.push(...framer.push(Uint8Array.of(octet)));
      expect(`${vector.name} ${streamVerdict(events)}`).toBe(`${vector.name} ${vector.stream}`);
    }
  });

  test('dblreq is two requests', () => {
    const vector = vectors.find(({ name }) => name === 'dblreq')!;
    const events = new StreamFramer().push(octetsOf(vector));
    // The second is followed by more than its Content-Length says.
    const requests = events.flatMap((event) =>
      event.type === 'message' && event.message.kind === 'request' ? [event.message.method] : [],
    );
    expect(requests).toEqual(['REGISTER', 'INVITE']);
  });
});

test('the body of mpart01 is the octets that were sent', () => {
  const vector = vectors.find(({ name }) => name === 'mpart01')!;
  const octets = octetsOf(vector);
  const start = octets.indexOf('\r\n\r\n') + 4;
  expect(Buffer.from(parseMessage(octets).body)).toEqual(octets.subarray(start, start + 553));
});

test('test.dat, which lacks the version, is no request', () => {
  const error = thrownBy(() => parseMessage(readFileSync(join(folder, 'test.dat'))));
  expect(error.status).toBe(400);
  expect(error.partial).toBeUndefined();
});
