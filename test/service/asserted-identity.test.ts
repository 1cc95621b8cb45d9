import type { Caller } from '../../runtime/routing/port';
import { assertIdentity, mayUseFrom } from '../../runtime/service/asserted-identity';
import type { Uri } from '../../runtime/sip/message/uri';
import { requestOf } from './support/requests';

const alice = { type: 'user', username: 'alice', aor: 'sip:alice@example.com' } as const;
const carrier: Caller = { type: 'trunk', name: 'carrier' };
const unknown: Caller = { type: 'unknown' };

/** The aliases of alice. */
const directory = {
  userOf: (uri: Uri) =>
    ['alice', '100'].includes((uri.scheme === 'tel' ? uri.number : uri.user) ?? '')
      ? alice.aor
      : undefined,
};

describe('From of a user', () => {
  test.each([
    '<sip:alice@example.com>',
    '"Al" <sip:alice@192.0.2.1>',
    '<sip:100@example.com>',
    '<tel:100>',
  ])('may be %s, which is his', (from) => {
    expect(mayUseFrom(requestOf({ from: `${from};tag=a` }), alice, directory)).toBe(true);
  });

  test.each(['"Anonymous" <sip:anonymous@anonymous.invalid>', '<sip:x@Anonymous.Invalid>'])(
    'may be %s, which is nobody (RFC 3323 §4.1.1.3)',
    (from) => {
      expect(mayUseFrom(requestOf({ from: `${from};tag=a` }), alice, directory)).toBe(true);
    },
  );

  test.each([
    ...['<sip:bob@example.com>', '<sip:example.com>', '<tel:+4930123>'],
    ...['"sip:alice@example.com" <sip:bob@example.com>', '<sip:x@anonymous.invalid.example>'],
    '<tel:anonymous.invalid>',
  ])('may not be %s', (from) => {
    let allowed = false;
    try {
      allowed = mayUseFrom(requestOf({ from: `${from};tag=a` }), alice, directory);
    } catch {
      // Malformed: it is answered 400.
    }
    expect(allowed).toBe(false);
  });
});

describe('what we assert (RFC 3325 §5)', () => {
  function asserted(
    caller: Caller,
    headers: readonly (readonly [string, string])[],
    from?: string,
  ) {
    const request = requestOf({ headers, ...(from === undefined ? {} : { from }) });
    assertIdentity(request, caller);
    expect(request.headers.has('P-Preferred-Identity')).toBe(
      caller.type === 'trunk' && headers.some(([name]) => name === 'P-Preferred-Identity'),
    );
    return request.headers.getAll('P-Asserted-Identity');
  }
  const claim = ['P-Asserted-Identity', '"The President" <sip:president@example.org>'] as const;

  test('of a user is his address, and nothing that he wrote', () => {
    const from = '"The President" <sip:alice@example.com>;tag=a';
    const preferred = ['P-Preferred-Identity', '<sip:president@example.org>'] as const;
    expect(asserted(alice, [], from)).toEqual(['<sip:alice@example.com>']);
    expect(asserted(alice, [claim, claim, preferred], from)).toEqual(['<sip:alice@example.com>']);
  });

  test('of a stranger is nothing', () => {
    expect(asserted(unknown, [claim])).toEqual([]);
  });

  test('of a trunk is what it says', () => {
    const number = ['P-Asserted-Identity', '<tel:+4930123>'] as const;
    expect(asserted(carrier, [claim, number])).toEqual([claim[1], number[1]]);
  });

  test.each(['id', 'header;id', 'ID', 'user; id ;critical'])(
    'of whoever asks for privacy (%s) is nothing (RFC 3325 §9.3)',
    (privacy) => {
      expect(asserted(alice, [['Privacy', privacy]])).toEqual([]);
      expect(asserted(carrier, [claim, ['Privacy', privacy]])).toEqual([]);
    },
  );

  test('stays where privacy is asked for something else', () => {
    expect(asserted(alice, [['Privacy', 'none']])).toHaveLength(1);
    expect(asserted(carrier, [claim, ['Privacy', 'session']])).toHaveLength(1);
  });
});
