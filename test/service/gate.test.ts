import { silentLogger } from '../../runtime/core/logger';
import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import type { Caller, RequestFacts, RouteDecision } from '../../runtime/routing/port';
import { Gate } from '../../runtime/service/gate';
import type { AuthVerdict } from '../../runtime/sip/auth/port';
import type { SipRequest, SipResponse } from '../../runtime/sip/message/message';
import type { ForwardTarget } from '../../runtime/sip/server/port';
import type { ForwardOptions } from '../../runtime/sip/server/proxy/proxy';
import type { ServerTransaction } from '../../runtime/sip/transaction/port';
import { channelFrom, requestOf } from './support/requests';

const realm = 'example.com';
const aliceAor = 'sip:alice@example.com';
const digest = `Digest username="alice", realm="${realm}", nonce="n", uri="u", response="r"`;
const bobsPhone: ForwardTarget = { uri: 'sip:bob@198.51.100.9', routes: [], q: 1 };

type Action = NonNullable<RouteDecision['action']>;

function matched(action: Action): RouteDecision {
  return { type: 'matched', route: 'the route', action, considered: [] };
}

function unmatched(type: 'challenge' | 'forbidden' | 'none'): RouteDecision {
  return { type, route: undefined, action: undefined, considered: [] };
}

const toContacts: Action = { type: 'proxy', to: 'location', recordRoute: true, timeout: 30_000 };

/** A gate with everything behind it played. */
class House {
  readonly clock = new VirtualClock();
  decision: (facts: RequestFacts) => RouteDecision = () => matched(toContacts);
  verdict: AuthVerdict = { type: 'missing' };
  trunk: string | undefined;
  delay = 0;
  dialogs: readonly string[] = [];
  targets: readonly ForwardTarget[] = [bobsPhone];
  vouchedRoute = false;
  /** What was done, in order. */
  readonly done: string[] = [];
  readonly forwarded: { request: SipRequest; options: ForwardOptions | undefined }[] = [];
  readonly responses: SipResponse[] = [];
  readonly callers: Caller[] = [];
  readonly channel = channelFrom('198.51.100.7');
  readonly gate = new Gate({
    services: {
      clock: this.clock,
      random: new SeededRandom(1),
      logger: silentLogger,
      product: 'Callchart/test',
      hasDialog: (callId) => this.dialogs.includes(callId),
    },
    router: {
      decide: (facts) => {
        this.callers.push(facts.caller);
        return this.decision(facts);
      },
    },
    directory: {
      isLocal: (uri) => uri.scheme !== 'tel' && uri.host === realm,
      userOf: (uri) =>
        uri.scheme !== 'tel' && uri.host === realm && ['alice', 'bob'].includes(uri.user ?? '')
          ? `sip:${uri.user ?? ''}@${realm}`
          : undefined,
      userNamed: (name) => (name === 'bob' ? `sip:bob@${realm}` : undefined),
    },
    outbound: {
      host: (host, caller) => {
        this.done.push(`asked for ${host} by ${caller}`);
        return host === 'refused.example'
          ? { type: 'refused', status: 403, reason: 'not allowed' }
          : { type: 'allowed', release: () => this.done.push(`released ${host}`) };
      },
    },
    location: { bindings: () => [], targets: () => this.targets },
    authenticator: {
      realm,
      verify: () => this.verdict,
      challenge: (kind, stale) => [
        [
          kind === 'www' ? 'WWW-Authenticate' : 'Proxy-Authenticate',
          `Digest realm="${realm}", nonce="new"${stale === true ? ', stale=true' : ''}`,
        ],
      ],
    },
    callers: {
      trunks: {
        identify: () => this.trunk,
        byInboundUser: () => undefined,
        inboundNumber: (_trunk, number) => `+49${number}`,
      },
      authenticator: {
        realm,
        verify: () => this.verdict,
        challenge: () => [],
      },
      aorOfUser: () => aliceAor,
    },
    proxy: {
      prepare: (request) => {
        this.done.push(`prepare ${request.method}`);
        return { routed: this.vouchedRoute, vouched: this.vouchedRoute, flow: undefined };
      },
      forward: ({ request }, _channel, options) => {
        this.forwarded.push({ request, options });
      },
      forwardInDialog: ({ request }) => {
        this.forwarded.push({ request, options: undefined });
      },
      onAck: (request) => {
        this.forwarded.push({ request, options: undefined });
        return true;
      },
      cancel: () => {
        this.done.push('cancel');
        return true;
      },
    },
    redirect: {
      redirect: (_transaction, targets, status) =>
        this.done.push(`redirect ${status} ${targets.map(({ uri }) => uri).join(' ')}`),
    },
    registrar: { handle: () => this.done.push('register') },
    judge: {
      failure: (_channel, reason) => this.done.push(`failure: ${reason}`),
      challenged: () => this.done.push('challenged'),
      success: () => this.done.push('success'),
      delayFor: () => this.delay,
    },
  });

  /** Whether the gate took it. */
  send(request: SipRequest, target?: ServerTransaction): boolean {
    return this.gate.onRequest(this.transaction(request), target, this.channel);
  }

  transaction(request: SipRequest): ServerTransaction {
    const { responses } = this;
    return {
      request,
      reliable: false,
      ended: false,
      handler: {},
      respond: (response) => responses.push(response),
    };
  }

  get statuses(): readonly number[] {
    return this.responses.map(({ status }) => status);
  }
}

let house: House;
beforeEach(() => {
  house = new House();
});
afterEach(() => {
  house.gate.close();
  expect(house.clock.pending).toBe(0);
});

/** From an address that is none of ours. */
const outsider = { from: '<sip:carol@example.org>;tag=c' } as const;
const proven = { headers: [['Proxy-Authorization', digest]] } as const;

describe('who sends it', () => {
  test('is unknown without credentials, and what the routes say is done', () => {
    house.send(requestOf(outsider));
    expect(house.callers).toEqual([{ type: 'unknown' }]);
    expect(house.forwarded).toHaveLength(1);
    expect(house.forwarded[0]?.options).toMatchObject({
      targets: [bobsPhone],
      recordRoute: true,
      timeout: 30_000,
    });
    expect(house.done).toEqual(['prepare INVITE']);
  });

  test('is the user who proves it, which is in his favour', () => {
    house.verdict = { type: 'accepted', username: 'alice' };
    house.send(requestOf(proven));
    expect(house.callers).toEqual([{ type: 'user', username: 'alice', aor: aliceAor }]);
    expect(house.done).toContain('success');
    expect(house.forwarded).toHaveLength(1);
  });

  test.each([
    [{ type: 'refused', username: 'alice', reason: 'wrong digest' }, 407, 'failure: wrong digest'],
    [{ type: 'stale' }, 407, undefined],
    [{ type: 'malformed', reason: 'no nonce' }, 400, undefined],
  ] as const)('is not known by credentials that are %j', (verdict, status, noted) => {
    house.verdict = verdict;
    expect(house.send(requestOf(proven))).toBe(true);
    expect(house.statuses).toEqual([status]);
    expect(house.forwarded).toEqual([]);
    expect(house.callers).toEqual([]);
    if (noted !== undefined) expect(house.done).toContain(noted);
    const challenge = house.responses[0]?.headers.get('Proxy-Authenticate');
    expect(challenge?.includes('stale=true') ?? false).toBe(verdict.type === 'stale');
  });

  test('is a trunk by where it comes from, whose numbers are in our own form for the routes', () => {
    house.trunk = 'carrier';
    let number: string | undefined;
    house.decision = ({ requestUri, caller }) => {
      number = requestUri.scheme === 'tel' ? requestUri.number : requestUri.user;
      expect(caller).toEqual({ type: 'trunk', name: 'carrier' });
      return matched(toContacts);
    };
    house.send(requestOf({ uri: 'sip:30123@example.com' }));
    expect(number).toBe('+4930123');
  });
});

describe('what the routes say', () => {
  test.each([
    ['challenge', 407, 'challenged'],
    ['forbidden', 403, 'failure: forbidden'],
  ] as const)('%s is %d, and noted of the source', (type, status, noted) => {
    house.decision = () => unmatched(type);
    expect(house.send(requestOf())).toBe(true);
    expect(house.statuses).toEqual([status]);
    expect(house.done).toContain(noted);
  });

  test('nothing: the user agent answers, and a stranger has failed once', () => {
    house.decision = () => unmatched('none');
    const request = requestOf();
    expect(house.send(request)).toBe(false);
    expect(house.gate.admissionOf(request)?.decision.type).toBe('none');
    expect(house.done).toContain('failure: no route');
    house.verdict = { type: 'accepted', username: 'alice' };
    house.done.length = 0;
    expect(house.send(requestOf(proven))).toBe(false);
    expect(house.done).not.toContain('failure: no route');
  });

  test.each([
    { type: 'flow', flow: 'echo' },
    { type: 'gateway', to: ['1'], trunk: undefined, dtmf: undefined, timeout: 1 },
  ] as const)('$type is the user agent’s, which is told who calls', (action) => {
    house.decision = () => matched(action);
    const request = requestOf();
    expect(house.send(request)).toBe(false);
    expect(house.gate.admissionOf(request)).toMatchObject({
      caller: { type: 'unknown' },
      decision: { action },
    });
    expect(house.responses).toEqual([]);
  });

  test('reject has its status and reason', () => {
    house.decision = () => matched({ type: 'reject', status: 410, reason: 'Moved away' });
    expect(house.send(requestOf())).toBe(true);
    expect(house.responses[0]).toMatchObject({ status: 410, reason: 'Moved away' });
  });

  test('redirect goes to contacts, or where it says', () => {
    house.decision = () => matched({ type: 'redirect', to: 'location', status: 302 });
    house.send(requestOf());
    house.decision = () => matched({ type: 'redirect', to: ['sip:bob@example.org'], status: 301 });
    house.send(requestOf());
    expect(house.done.filter((each) => each.startsWith('redirect'))).toEqual([
      ...['redirect 302 sip:bob@198.51.100.9', 'redirect 301 sip:bob@example.org'],
    ]);
  });

  test('proxy to URIs: those of users are their contacts', () => {
    const to = ['sip:bob@example.com', 'bob', 'sip:carol@example.org'];
    house.decision = () => matched({ ...toContacts, to });
    house.send(requestOf(outsider));
    expect(house.forwarded[0]?.options?.targets).toEqual([
      ...[bobsPhone, bobsPhone],
      { uri: 'sip:carol@example.org', routes: [], q: 1 },
    ]);
  });

  test('proxy where the request URI says, if the guard lets it out, and as long as it rings', () => {
    house.decision = () => matched({ ...toContacts, to: 'request-uri' });
    house.send(requestOf({ ...outsider, uri: 'sip:carol@allowed.example' }));
    const options = house.forwarded[0]?.options;
    expect(options).toMatchObject({ recordRoute: true, timeout: 30_000 });
    expect(options?.targets).toBeUndefined();
    expect(house.done).toContain('asked for allowed.example by anyone');
    options?.onFinal?.(undefined);
    expect(house.done).toContain('released allowed.example');
  });

  test.each([
    ['the request URI', { uri: 'sip:carol@refused.example' }],
    ['its maddr', { uri: 'sip:carol@allowed.example;maddr=refused.example' }],
    [
      'a Route',
      {
        uri: 'sip:carol@allowed.example',
        headers: [['Route', '<sip:refused.example;lr>']] as const,
      },
    ],
  ])('nothing goes out where the guard does not let it: by %s', (_what, parts) => {
    house.decision = () => matched({ ...toContacts, to: 'request-uri' });
    house.send(requestOf({ ...outsider, ...parts }));
    expect(house.statuses).toEqual([403]);
    expect(house.forwarded).toEqual([]);
    const taken = house.done.filter((each) => each === 'asked for allowed.example by anyone');
    const released = house.done.filter((each) => each === 'released allowed.example');
    expect(released).toHaveLength(taken.length);
  });

  test('who says to be one of ours and has not proven it is asked to, before anybody’s phone shows it', () => {
    house.send(requestOf());
    expect(house.statuses).toEqual([407]);
    expect(house.done).toContain('challenged');
    expect(house.forwarded).toEqual([]);
  });

  test('proxy to a user who has no phone is 480, to nobody 404 (RFC 3261 §16.5)', () => {
    house.targets = [];
    house.send(requestOf(outsider));
    house.send(requestOf({ ...outsider, uri: 'sip:nobody@example.com' }));
    expect(house.statuses).toEqual([480, 404]);
    expect(house.forwarded).toEqual([]);
  });

  test('no INVITE is forwarded once we are being stopped', () => {
    house.gate.drain();
    house.send(requestOf(outsider));
    house.send(requestOf({ ...outsider, method: 'MESSAGE' }));
    expect(house.responses[0]?.headers.get('Retry-After')).toBe('60');
    expect(house.statuses).toEqual([503]);
    expect(house.forwarded).toHaveLength(1);
  });
});

test('a user calls in no name but his own', () => {
  house.verdict = { type: 'accepted', username: 'alice' };
  const from = '<sip:bob@example.com>;tag=a';
  for (const action of [toContacts, { type: 'flow', flow: 'echo' } as const]) {
    house.decision = () => matched(action);
    expect(house.send(requestOf({ ...proven, from }))).toBe(true);
  }
  expect(house.statuses).toEqual([403, 403]);
  expect(house.forwarded).toEqual([]);
});

test('what goes on says who it is from as we know it, and no passwords of ours', () => {
  house.verdict = { type: 'accepted', username: 'alice' };
  const theirs = digest.replace(realm, 'example.org');
  house.send(
    requestOf({
      headers: [
        ['Proxy-Authorization', digest],
        ['Authorization', theirs],
        ['P-Asserted-Identity', '<sip:president@example.org>'],
      ],
    }),
  );
  const headers = house.forwarded[0]?.request.headers;
  expect(headers?.has('Proxy-Authorization')).toBe(false);
  expect(headers?.getAll('Authorization')).toEqual([theirs]);
  expect(headers?.getAll('P-Asserted-Identity')).toEqual([`<${aliceAor}>`]);
});

describe('a REGISTER', () => {
  const register = { method: 'REGISTER', uri: 'sip:example.com' };

  test('is the registrar’s, which asks for its own credentials', () => {
    house.decision = () => matched({ type: 'register' });
    expect(house.send(requestOf(register))).toBe(true);
    expect(house.done).toEqual(['prepare REGISTER', 'challenged', 'register']);
  });

  test('for those who are known is the registrar’s when they have shown that they are', () => {
    house.decision = ({ caller }) =>
      caller.type === 'unknown' ? unmatched('challenge') : matched({ type: 'register' });
    const from = '<sip:alice@example.com>;tag=a';
    house.send(requestOf({ ...register, from }));
    expect(house.statuses).toEqual([407]);
    house.verdict = { type: 'accepted', username: 'alice' };
    expect(house.send(requestOf({ ...register, ...proven, from }))).toBe(true);
    expect(house.done).toContain('register');
    expect(house.statuses).toEqual([407]);
  });

  test('alone can register', () => {
    house.decision = () => matched({ type: 'register' });
    house.send(requestOf({ method: 'MESSAGE' }));
    expect(house.statuses).toEqual([405]);
    expect(house.done).not.toContain('register');
  });
});

test('a ping of the server itself is the user agent’s, whoever sends it', () => {
  house.decision = () => unmatched('forbidden');
  expect(house.send(requestOf({ method: 'OPTIONS', uri: 'sip:example.com' }))).toBe(false);
  expect(house.responses).toEqual([]);
});

describe('in a dialog', () => {
  const to = '<sip:bob@example.com>;tag=b';

  test('of ours a request is the user agent’s, without being looked at', () => {
    const request = requestOf({ method: 'BYE', to });
    house.dialogs = [request.callId];
    expect(house.send(request)).toBe(false);
    expect(house.done).toEqual([]);
    const ack = requestOf({ method: 'ACK', to });
    house.dialogs = [ack.callId];
    expect(house.gate.onAck(ack, house.channel)).toBe(false);
  });

  test('that we are in the way of it is forwarded, without passwords of ours', () => {
    house.vouchedRoute = true;
    expect(house.send(requestOf({ method: 'BYE', to, ...proven }))).toBe(true);
    expect(house.gate.onAck(requestOf({ method: 'ACK', to, ...proven }), house.channel)).toBe(true);
    expect(house.forwarded).toHaveLength(2);
    for (const { request } of house.forwarded) {
      expect(request.headers.has('Proxy-Authorization')).toBe(false);
    }
    expect(house.callers).toEqual([]);
  });

  test('a Route that is somebody else’s leaves it to the proxy to refuse', () => {
    const headers = [['Route', '<sip:192.0.2.77;lr>']] as const;
    expect(house.send(requestOf({ method: 'BYE', to, headers }))).toBe(true);
    expect(house.forwarded).toHaveLength(1);
  });

  test('that nobody knows it is the user agent’s to refuse', () => {
    expect(house.send(requestOf({ method: 'BYE', to }))).toBe(false);
  });
});

test('a CANCEL is the proxy’s when it names what the proxy has, and the user agent’s otherwise', () => {
  const cancel = requestOf({ method: 'CANCEL' });
  expect(house.send(cancel)).toBe(false);
  expect(house.send(cancel, house.transaction(requestOf()))).toBe(true);
  expect(house.done).toEqual(['cancel']);
});

describe('who may not', () => {
  test('waits for the answer as long as the guard says', () => {
    house.delay = 2_000;
    house.decision = () => unmatched('forbidden');
    house.send(requestOf());
    house.clock.advance(1_999);
    expect(house.statuses).toEqual([]);
    house.clock.advance(1);
    expect(house.statuses).toEqual([403]);
  });

  test('waits in a queue of a thousand; the rest are answered at once', () => {
    house.delay = 2_000;
    house.decision = () => unmatched('challenge');
    for (let i = 0; i < 1_100; i += 1) house.send(requestOf());
    expect(house.statuses).toHaveLength(100);
    expect(house.clock.pending).toBe(1_000);
  });
});

describe('whom security.strangers: ignore leaves without an answer', () => {
  function ignored(request = requestOf()): boolean {
    return house.gate.ignores(request, house.channel);
  }

  test.each([
    ['none', true],
    ['forbidden', true],
    ['challenge', false],
  ] as const)('a stranger whom the routes tell %s: %p', (type, expected) => {
    house.decision = () => unmatched(type);
    expect(ignored()).toBe(expected);
  });

  test('nobody whom a route is for, nor a trunk, nor who shows credentials for us', () => {
    expect(ignored()).toBe(false);
    house.decision = () => unmatched('none');
    expect(ignored(requestOf(proven))).toBe(false);
    house.trunk = 'carrier';
    expect(ignored()).toBe(false);
  });

  test('those whose credentials are for somebody else, or none at all', () => {
    house.decision = () => unmatched('none');
    for (const value of [digest.replace(realm, 'example.org'), 'x', 'Basic YTpi']) {
      expect(ignored(requestOf({ headers: [['Authorization', value]] }))).toBe(true);
    }
  });

  test('what cannot be read', () => {
    house.decision = ({ requestUri }) =>
      requestUri.scheme === 'tel' ? unmatched('challenge') : matched(toContacts);
    expect(ignored(requestOf({ uri: 'urn:service:sos' }))).toBe(true);
  });
});

test('an INVITE that replaces a call of ours is told apart by who sends it (RFC 3891 §3)', () => {
  house.dialogs = ['the-call'];
  const headers = [['Replaces', 'the-call;to-tag=b;from-tag=a']] as const;
  expect(house.send(requestOf({ headers }))).toBe(true);
  expect(house.statuses).toEqual([407]);
  house.verdict = { type: 'accepted', username: 'alice' };
  const request = requestOf({ headers: [...headers, ...proven.headers] });
  expect(house.send(request)).toBe(false);
  expect(house.gate.admissionOf(request)?.caller).toMatchObject({ username: 'alice' });
  expect(house.forwarded).toEqual([]);
});
