import fc from 'fast-check';
import type { TrunkConfig } from '../../runtime/core/network-config';
import { createRequest } from '../../runtime/sip/message/create';
import type { SipRequest } from '../../runtime/sip/message/message';
import type { Channel } from '../../runtime/sip/transport/port';
import { readIdentity } from '../../runtime/trunk/read-identity';
import type { CallerIdentity, TrunkAttempt } from '../../runtime/trunk/port';
import { Carrier, first, healthy } from './carrier';

const account = { username: 'me', password: 'secret' };

function carrierOf(trunk: Partial<TrunkConfig>): Carrier {
  return new Carrier({ pstn: { qualify: false, ...trunk } });
}

/** The only attempt of a call. */
function attemptOf(
  trunk: Partial<TrunkConfig>,
  caller: CallerIdentity = {},
  number = '0301234',
): TrunkAttempt {
  const placed = carrierOf(trunk).trunks.place('pstn', number, caller);
  if (placed.type === 'refused') throw new Error(placed.reason);
  const [attempt] = placed.attempts;
  if (attempt === undefined) throw new Error('no attempt');
  return attempt;
}

describe('a call through a trunk', () => {
  it('goes to its server, with the number as the trunk writes it', () => {
    const numbers = { outbound: { format: 'e164', country: '49' } } as const;
    const attempt = attemptOf({ servers: 'sip:carrier.example:5070;transport=tcp', numbers });
    expect(attempt.requestUri).toBe('sip:+49301234@carrier.example:5070;transport=tcp');
  });

  it('has the account, the codecs, and the headers of the trunk', () => {
    const attempt = attemptOf({
      ...account,
      realm: 'r',
      codecs: ['PCMA'],
      headers: { 'X-A': 'b' },
    });
    expect(attempt.credentials).toEqual([{ ...account, realm: 'r' }]);
    expect(attempt.codecs).toEqual(['PCMA']);
    expect(attempt.headers).toContainEqual(['X-A', 'b']);
  });

  it('goes by the routes that the registrar wants (RFC 3608)', async () => {
    const carrier = new Carrier({ pstn: { register: true, qualify: false, ...account } });
    carrier.scripts.set(first, (request) => {
      const answer = healthy(request);
      return {
        status: 200,
        headers: { ...answer?.headers, 'Service-Route': '<sip:edge.example;lr>' },
      };
    });
    carrier.trunks.start();
    await carrier.run(100);
    const placed = carrier.trunks.place('pstn', '030', {});
    expect(placed).toMatchObject({ attempts: [{ routes: ['<sip:edge.example;lr>'] }] });
    await carrier.close();
  });

  it('is refused where the registrar refuses the trunk', async () => {
    const carrier = new Carrier({ pstn: { register: true, qualify: false, ...account } });
    carrier.scripts.set(first, () => ({ status: 403 }));
    carrier.trunks.start();
    await carrier.run(100);
    expect(carrier.trunks.place('pstn', '030', {}).type).toBe('refused');
    await carrier.close();
  });
});

describe('limits', () => {
  it('hold for calls at once, inward and outward together', () => {
    const { trunks } = carrierOf({ maxCalls: 2 });
    const inward = trunks.admit('pstn');
    const outward = trunks.place('pstn', '1', {});
    expect(trunks.admit('pstn')).toBeUndefined();
    expect(trunks.place('pstn', '2', {})).toMatchObject({
      type: 'refused',
      status: 503,
      reason: 'the trunk pstn has its 2 calls (maxCalls)',
    });
    expect(trunks.states()[0]).toMatchObject({ calls: 2, maxCalls: 2 });
    inward?.();
    inward?.();
    expect(trunks.states()[0]?.calls).toBe(1);
    if (outward.type === 'attempts') outward.release();
    expect(trunks.states()[0]?.calls).toBe(0);
  });

  it('hold for calls a second', () => {
    const carrier = carrierOf({ maxCallRate: 2 });
    const call = (): string => {
      const placed = carrier.trunks.place('pstn', '1', {});
      if (placed.type === 'attempts') placed.release();
      return placed.type;
    };
    expect([call(), call(), call()]).toEqual(['attempts', 'attempts', 'refused']);
    carrier.peer.clock.advance(500);
    expect([call(), call()]).toEqual(['attempts', 'refused']);
    carrier.peer.clock.advance(60_000);
    expect([call(), call(), call()]).toEqual(['attempts', 'attempts', 'refused']);
    expect(carrier.trunk.calls).toBe(0);
  });

  it('may be less than a call a second', () => {
    const carrier = carrierOf({ maxCallRate: 0.1 });
    const type = (): string => carrier.trunks.place('pstn', '1', {}).type;
    expect([type(), type()]).toEqual(['attempts', 'refused']);
    carrier.peer.clock.advance(10_000);
    expect([type(), type()]).toEqual(['attempts', 'refused']);
  });

  it('know nothing of a trunk that does not exist', () => {
    const { trunks } = carrierOf({});
    expect(trunks.place('other', '1', {})).toMatchObject({ type: 'refused' });
    expect(trunks.admit('other')).toBeUndefined();
  });
});

describe('the caller’s identity', () => {
  it('is the account where no other is named', () => {
    expect(attemptOf(account)).toMatchObject({
      from: `sip:me@${first}`,
      displayName: undefined,
      headers: [['P-Asserted-Identity', `<sip:me@${first}>`]],
    });
  });

  it('stands in From and in P-Asserted-Identity (RFC 3325)', () => {
    const numbers = { outbound: { format: 'e164', country: '49' } } as const;
    const caller = { number: '030555', displayName: 'Alice' };
    expect(attemptOf({ numbers, callerId: { domain: 'us.example' } }, caller)).toMatchObject({
      from: 'sip:+4930555@us.example',
      displayName: 'Alice',
      headers: [['P-Asserted-Identity', '"Alice" <sip:+4930555@us.example>']],
    });
  });

  it('stands in one of them alone, if the trunk wants that', () => {
    const caller = { number: '030555' };
    expect(attemptOf({ ...account, callerId: { in: 'from' } }, caller)).toMatchObject({
      from: `sip:030555@${first}`,
      headers: [],
    });
    expect(
      attemptOf({ ...account, callerId: { in: 'p-asserted-identity' } }, caller),
    ).toMatchObject({
      from: `sip:me@${first}`,
      headers: [['P-Asserted-Identity', `<sip:030555@${first}>`]],
    });
  });

  it('is what the configuration says instead', () => {
    const callerId = { number: '+4930999', displayName: 'Company' };
    expect(attemptOf({ callerId }, { number: '1', displayName: 'Alice' })).toMatchObject({
      from: `sip:+4930999@${first}`,
      displayName: 'Company',
    });
  });

  it('may be a whole URI', () => {
    expect(attemptOf({}, { number: 'sip:alice@us.example' }).from).toBe('sip:alice@us.example');
    expect(attemptOf({}, { number: 'tel:+49-30-1' }).from).toBe('tel:+49-30-1');
  });

  it('is hidden from the callee and told to the trunk alone (RFC 3323 §4.1.1.3, RFC 3325 §9.3)', () => {
    const attempt = attemptOf(
      { callerId: { in: 'from' } },
      { number: '030555', displayName: 'Alice', anonymous: true },
    );
    expect(attempt).toMatchObject({
      from: 'sip:anonymous@anonymous.invalid',
      displayName: 'Anonymous',
      headers: [
        ['P-Asserted-Identity', `"Alice" <sip:030555@${first}>`],
        ['Privacy', 'id'],
      ],
    });
  });

  it('says whom the call was for first, as Diversion (RFC 5806)', () => {
    const { headers } = attemptOf({}, { divertedFrom: '030777' });
    expect(headers).toEqual([['Diversion', `<sip:030777@${first}>;reason=unknown;counter=1`]]);
    const hidden = attemptOf({}, { divertedFrom: '030777', anonymous: true });
    expect(hidden.headers.at(-1)?.[1]).toContain(';privacy=full');
  });

  it('or as History-Info (RFC 7044), or not at all', () => {
    const caller = { divertedFrom: 'sip:bob@us.example' };
    expect(attemptOf({ callerId: { diversion: 'history-info' } }, caller).headers).toEqual([
      ['History-Info', `<sip:bob@us.example>;index=1, <sip:0301234@${first}>;index=1.1;mp=1`],
    ]);
    expect(attemptOf({ callerId: { diversion: 'none' } }, caller).headers).toEqual([]);
  });

  it('lets nobody write a header of his own', () => {
    const evil = '1\r\nX-Evil: 1';
    const attempt = attemptOf(
      {},
      { number: evil, displayName: evil, divertedFrom: `sip:${evil}@x` },
      evil,
    );
    const texts = [
      attempt.requestUri,
      attempt.from,
      attempt.displayName ?? '',
      ...attempt.headers.flat(),
    ];
    expect(texts.filter((text) => /[\r\n]/.test(text))).toEqual([]);
    expect(attempt.from).toBe(`sip:1%0D%0AX-Evil%3A%201@${first}`);
  });
});

describe('a request is known as the trunk’s', () => {
  const request = createRequest({ method: 'INVITE', requestUri: 'sip:1@192.0.2.1' });
  function from(host: string, more: Partial<Channel> = {}): Channel {
    return {
      protocol: 'UDP',
      reliable: false,
      local: { host: '192.0.2.1', port: 5060 },
      remote: { host, port: 5060 },
      send: () => undefined,
      ...more,
    };
  }

  it('by its address', () => {
    const { trunks } = new Carrier({
      a: { inbound: { addresses: ['203.0.113.0/24', '2001:db8::/32'] } },
      b: { inbound: { addresses: ['198.51.100.7'] } },
    });
    expect(trunks.identify(request, from('203.0.113.99'))).toBe('a');
    expect(trunks.identify(request, from('::ffff:203.0.113.99'))).toBe('a');
    expect(trunks.identify(request, from('2001:db8::1'))).toBe('a');
    expect(trunks.identify(request, from('198.51.100.7'))).toBe('b');
    expect(trunks.identify(request, from('198.51.100.8'))).toBeUndefined();
  });

  it('by the way that we are registered by, until its connection closes', async () => {
    const carrier = carrierOf({ register: true, ...account });
    const { transport } = carrier.peer;
    const open = transport.open.bind(transport);
    let opened = 0;
    transport.open = (target, sent) => {
      opened += 1;
      return { ...open(target, sent), flow: `flow-${opened}` };
    };
    const { trunks } = carrier;
    trunks.start();
    expect(trunks.identify(request, from(first, { flow: 'flow-1' }))).toBeUndefined();
    await carrier.run(100);
    expect(trunks.identify(request, from(first, { flow: 'flow-1' }))).toBe('pstn');
    expect(trunks.identify(request, from(first, { flow: 'flow-9' }))).toBeUndefined();

    await carrier.run(60_000);
    trunks.onFlowClosed?.('flow-1');
    await carrier.run(10_000);
    expect(trunks.identify(request, from(first, { flow: 'flow-1' }))).toBeUndefined();
    expect(trunks.identify(request, from(first, { flow: 'flow-2' }))).toBe('pstn');
    await carrier.close();
  });

  it('by the certificate of its server', () => {
    const { trunks } = carrierOf({ servers: 'sip:carrier.example;transport=tls' });
    const certificate = { peerNames: ['Carrier.Example'] };
    expect(trunks.identify(request, from('198.51.100.1', certificate))).toBe('pstn');
    expect(
      trunks.identify(request, from('198.51.100.1', { peerNames: ['evil.example'] })),
    ).toBeUndefined();
  });

  it('by the user that it logs in as', () => {
    const { trunks } = carrierOf({ inbound: { username: 'pbx' } });
    expect(trunks.byInboundUser('pbx')).toBe('pstn');
    expect(trunks.byInboundUser('other')).toBeUndefined();
  });

  it('and never by being the server’s address alone', () => {
    expect(carrierOf({}).trunks.identify(request, from(first))).toBeUndefined();
  });

  it('with its numbers as we write them', () => {
    const { trunks } = carrierOf({ numbers: { inbound: { format: 'e164', country: '49' } } });
    expect(trunks.inboundNumber('pstn', '0301234')).toBe('+49301234');
    expect(trunks.inboundNumber('other', '0301234')).toBe('0301234');
  });
});

describe('the identity of an incoming call', () => {
  function request(headers: readonly (readonly [string, string])[]): SipRequest {
    return createRequest({
      method: 'INVITE',
      requestUri: 'sip:1@192.0.2.1',
      headers: [['From', '<sip:a@example.com>;tag=1'], ...headers],
    });
  }

  it('is what a trunk asserts', () => {
    const invite = request([
      ['P-Asserted-Identity', '"Alice" <sip:+4930@carrier.example>, <tel:+4930>'],
    ]);
    expect(readIdentity(invite, true).asserted).toEqual({
      uri: 'sip:+4930@carrier.example',
      displayName: 'Alice',
    });
  });

  it('is nothing that anybody else asserts', () => {
    const invite = request([
      ['P-Asserted-Identity', '<sip:boss@example.com>'],
      ['Diversion', '<sip:boss@example.com>'],
    ]);
    expect(readIdentity(invite, false)).toEqual({
      asserted: undefined,
      anonymous: false,
      divertedFrom: [],
    });
  });

  it.each([
    ['id', true],
    ['user;id', true],
    ['header', true],
    ['none', false],
    ['session', false],
  ])('with Privacy %s is hidden: %s', (privacy, hidden) => {
    expect(readIdentity(request([['Privacy', privacy]]), true).anonymous).toBe(hidden);
  });

  it('has those it was for, the first one first', () => {
    const diverted = request([
      ['Diversion', '<sip:second@c.example>;reason=no-answer'],
      ['Diversion', '<sip:first@c.example>;reason=user-busy'],
    ]);
    expect(readIdentity(diverted, true).divertedFrom).toEqual([
      'sip:first@c.example',
      'sip:second@c.example',
    ]);
    const history = request([
      [
        'History-Info',
        '<sip:first@c.example>;index=1, <sip:first@10.0.0.1>;index=1.1;rc=1, ' +
          '<sip:second@c.example?Reason=SIP%3Bcause%3D302>;index=1.2;mp=1, <sip:us@192.0.2.1>;index=1.3;mp=1.2',
      ],
    ]);
    expect(readIdentity(history, true).divertedFrom).toEqual([
      'sip:first@c.example',
      'sip:second@c.example',
    ]);
  });

  it('never throws, whatever is in its headers', () => {
    const names = ['P-Asserted-Identity', 'Privacy', 'Diversion', 'History-Info'] as const;
    const text = fc.string({
      unit: fc.constantFrom('<', '>', '"', ',', ';', '=', '?', '%', 'sip:', 'a', '@', ' '),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), text), { maxLength: 8 }),
        (fields) => {
          expect(readIdentity(request(fields), true).divertedFrom.length).toBeLessThanOrEqual(20);
        },
      ),
    );
  });

  it('is empty when it is malformed or endless', () => {
    const broken = request([
      ['P-Asserted-Identity', '<<<'],
      ['Diversion', '"'],
    ]);
    expect(readIdentity(broken, true)).toMatchObject({ asserted: undefined, divertedFrom: [] });
    const many = Array.from(
      { length: 500 },
      (_, i) => ['Diversion', `<sip:${i}@c.example>`] as const,
    );
    expect(readIdentity(request(many), true).divertedFrom.length).toBe(20);
  });
});
