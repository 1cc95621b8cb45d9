import type { RouteConfig } from '../../runtime/core/network-config';
import type { Caller, RequestFacts, RouteDecision } from '../../runtime/routing/port';
import { createRouter, type RouterOptions } from '../../runtime/routing/router';
import { parseUri } from '../../runtime/sip/message/uri';

const alice: Caller = { type: 'user', username: 'alice', aor: 'sip:alice@example.com' };
const carrier: Caller = { type: 'trunk', name: 'carrier' };
const stranger: Caller = { type: 'unknown' };

interface Request {
  readonly method?: string;
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly caller?: Caller;
  readonly headers?: Readonly<Record<string, string>>;
  readonly at?: string;
  readonly registered?: boolean;
  readonly local?: boolean;
}

function facts(request: Request = {}): RequestFacts {
  const uri = request.uri ?? 'sip:100@example.com';
  return {
    method: request.method ?? 'INVITE',
    requestUri: parseUri(uri),
    from: parseUri(request.from ?? 'sip:5551234@elsewhere.example'),
    fromDisplayName: '',
    to: parseUri(request.to ?? uri),
    caller: request.caller ?? stranger,
    header: (name) =>
      Object.entries(request.headers ?? {})
        .filter(([each]) => each.toLowerCase() === name.toLowerCase())
        .map(([, value]) => value),
    time: Date.parse(request.at ?? '2026-01-05T10:00:00Z'),
    registered: request.registered ?? false,
    local: request.local ?? true,
  };
}

const base: RouterOptions = {
  routes: undefined,
  isFlow: (name) => ['reception', 'menu'].includes(name),
  isUser: (name) => ['alice', 'bob'].includes(name),
  hasUsers: () => true,
  claimsToBeOurs: (from) => from.scheme !== 'tel' && from.host === 'example.com',
};

function decide(
  routes: readonly RouteConfig[] | undefined,
  request: Request = {},
  options: Partial<RouterOptions> = {},
): RouteDecision {
  return createRouter({ ...base, routes, ...options }).decide(facts(request));
}

/** The reason why the only route does not match; '' when it does. */
function reason(route: RouteConfig, request: Request): string | undefined {
  return decide([route], request).considered[0]?.reason;
}

describe('the first route that fits takes the request', () => {
  it('and says why those before did not', () => {
    const decision = decide(
      [
        { name: 'sales', when: { dialled: '2*' }, flow: 'menu' },
        { when: { method: 'OPTIONS' }, reject: 405 },
        { name: 'rest', flow: 'reception' },
        { name: 'never', flow: 'menu' },
      ],
      { uri: 'sip:100@example.com' },
    );
    expect(decision).toEqual({
      type: 'matched',
      route: 'rest',
      action: { type: 'flow', flow: 'reception' },
      considered: [
        { route: 'sales', reason: 'dialled "100" does not fit "2*"' },
        { route: 'routes[1]', reason: 'the method INVITE is not OPTIONS' },
        { route: 'rest', reason: '' },
      ],
    });
  });

  it('and none is 404', () => {
    expect(decide([{ when: { dialled: '2' }, flow: 'menu' }])).toMatchObject({
      type: 'none',
      route: undefined,
      action: undefined,
    });
  });
});

describe('a condition', () => {
  it.each<[RouteConfig['when'], Request, string]>([
    [{ method: ['INVITE', 'MESSAGE'] }, { method: 'message' }, ''],
    [{ dialled: ['1##', '200-299'] }, { uri: 'sip:250@example.com' }, ''],
    [{ dialled: '4930*' }, { uri: 'tel:49-30-1234' }, ''],
    [{ dialled: '1' }, {}, 'dialled "100" does not fit "1"'],
    [{ uri: 'sip:100@example.com' }, { uri: 'sip:100@example.com;transport=tcp' }, ''],
    [{ uri: '*;transport=tcp' }, { uri: 'sip:100@example.com;transport=tcp' }, ''],
    [
      { uri: 'sip:*@other.example' },
      {},
      'the request URI "sip:100@example.com" does not fit "sip:*@other.example"',
    ],
    [{ from: '555*' }, {}, ''],
    [{ from: '556*' }, {}, 'From "5551234" does not fit "556*"'],
    [{ to: /1\d+/ }, {}, ''],
    [{ to: 'bob' }, {}, 'To "100" does not fit "bob"'],
    [{ trunk: 'carrier' }, { caller: carrier }, ''],
    [{ trunk: true }, { caller: carrier }, ''],
    [{ trunk: ['a', 'b'] }, { caller: carrier }, 'it came by the trunk carrier, not a or b'],
    [{ trunk: true }, { caller: alice }, 'it came by no trunk'],
    [{ trunk: false }, { caller: carrier }, 'it came by the trunk carrier'],
    [{ trunk: false }, { caller: alice }, ''],
    [{ user: true }, { caller: alice }, ''],
    [{ user: 'al*' }, { caller: alice }, ''],
    [{ user: 'bob' }, { caller: alice }, 'the user alice does not fit "bob"'],
    [{ user: true }, { caller: carrier }, 'the caller is no user of ours'],
    [{ user: false }, { caller: alice }, 'the caller is the user alice'],
    [{ header: { 'X-Key': '7' } }, { headers: { 'x-key': '7' } }, ''],
    [{ header: { 'X-Key': true } }, {}, 'the header X-Key is missing'],
    [{ header: { 'X-Key': false } }, { headers: { 'X-Key': '7' } }, 'the header X-Key is there'],
    [
      { header: { 'X-Key': '8' } },
      { headers: { 'X-Key': '7' } },
      'the header X-Key "7" does not fit "8"',
    ],
    [{ registered: true }, { registered: true }, ''],
    [{ registered: true }, {}, 'the dialled user is not registered now'],
    [{ registered: false }, { registered: true }, 'the dialled user is registered now'],
    [{ local: true }, { local: false }, 'example.com is no domain of ours'],
    [{ local: false }, { local: false }, ''],
  ])('%j of %j: %j', (when, request, expected) => {
    expect(reason({ when: when ?? {}, flow: 'menu' }, request)).toBe(expected);
  });
});

describe('a time', () => {
  const zone = 'Europe/Berlin';
  it.each([
    ['within office hours', { from: '09:00', until: '17:30' }, '2026-01-05T08:00:00Z', ''],
    [
      'before them',
      { from: '09:00', until: '17:30' },
      '2026-01-05T07:59:59Z',
      'it is mon 08:59 (Europe/Berlin), not 09:00–17:30',
    ],
    [
      'at their end, which is not in it',
      { from: '09:00', until: '17:30' },
      '2026-01-05T16:30:00Z',
      'it is mon 17:30 (Europe/Berlin), not 09:00–17:30',
    ],
    ['in summer time', { from: '09:00', until: '17:30' }, '2026-07-06T07:00:00Z', ''],
    ['on another day', { days: ['tue'] as const }, '2026-01-05T23:30:00Z', ''],
    [
      'on the day before',
      { days: ['tue', 'wed'] as const },
      '2026-01-05T22:30:00Z',
      'it is mon 23:30 (Europe/Berlin), not tue, wed',
    ],
    ['late in a night', { from: '22:00', until: '06:00' }, '2026-01-05T22:00:00Z', ''],
    ['early in a night', { from: '22:00', until: '06:00' }, '2026-01-05T04:59:00Z', ''],
    [
      'after a night',
      { from: '22:00', until: '06:00' },
      '2026-01-05T05:00:00Z',
      'it is mon 06:00 (Europe/Berlin), not 22:00–06:00',
    ],
    [
      'on Saturday morning, of the night that began on Friday',
      { days: ['fri'] as const, from: '22:00', until: '06:00' },
      '2026-01-10T03:00:00Z',
      '',
    ],
    [
      'on Friday morning, of the night that began on Thursday',
      { days: ['fri'] as const, from: '22:00', until: '06:00' },
      '2026-01-09T03:00:00Z',
      'it is fri 04:00 (Europe/Berlin), not fri 22:00–06:00',
    ],
    ['to the end of the day', { from: '17:00', until: '24:00' }, '2026-01-05T22:59:59Z', ''],
  ])('%s', (_, time, at, expected) => {
    expect(reason({ when: { time: { ...time, zone } }, flow: 'menu' }, { at })).toBe(expected);
  });
});

describe('who may use a route', () => {
  const relay: RouteConfig = { name: 'relay', proxy: 'sip:gw.example.net' };

  it('is those known, where the request goes on to others', () => {
    expect(decide([relay], { caller: alice }).type).toBe('matched');
    expect(decide([relay], { caller: carrier }).type).toBe('matched');
    expect(decide([relay], { caller: stranger }).type).toBe('challenge');
  });

  it('is anyone, where we answer ourselves', () => {
    for (const route of [{ flow: 'menu' }, { reject: 486 }, { register: true }] as const) {
      expect(decide([route], { caller: stranger }).type).toBe('matched');
    }
  });

  it('is forbidden to strangers when nobody could prove anything', () => {
    expect(decide([relay], { caller: stranger }, { hasUsers: () => false })).toMatchObject({
      type: 'forbidden',
      route: 'relay',
      considered: [
        { route: 'relay', reason: 'it is for users and trunks, and the caller is not known' },
      ],
    });
  });

  it('is forbidden to those who are known as something else', () => {
    expect(decide([{ ...relay, allow: 'trunks' }], { caller: alice })).toMatchObject({
      type: 'forbidden',
      considered: [{ reason: 'it is for trunks only, and the caller is the user alice' }],
    });
    expect(decide([{ ...relay, allow: 'users' }], { caller: carrier }).type).toBe('forbidden');
  });

  it('challenges for a trunk only where one logs in', () => {
    const route: RouteConfig = { when: { trunk: 'pbx' }, flow: 'menu' };
    expect(decide([route]).type).toBe('forbidden');
    expect(decide([route], {}, { trunksThatLogIn: ['pbx'] }).type).toBe('challenge');
    expect(decide([route], {}, { trunksThatLogIn: ['other'] }).type).toBe('forbidden');
  });

  it('challenges whoever claims to be ours at once, and others when no later route takes them', () => {
    const routes: RouteConfig[] = [relay, { name: 'rest', flow: 'reception' }];
    expect(decide(routes, { from: 'sip:alice@example.com' })).toMatchObject({
      type: 'challenge',
      route: 'relay',
    });
    expect(decide(routes, { from: 'sip:carol@elsewhere.example' })).toMatchObject({
      type: 'matched',
      route: 'rest',
    });
    expect(decide([relay], { from: 'sip:carol@elsewhere.example' }).type).toBe('challenge');
  });

  it('tells strangers nothing of who is registered', () => {
    const routes: RouteConfig[] = [{ when: { registered: true }, proxy: true }];
    const there = decide(routes, { registered: true });
    const gone = decide(routes, { registered: false });
    expect(there).toEqual(gone);
    expect(gone.type).toBe('challenge');
  });
});

describe('an action', () => {
  function action(route: RouteConfig, uri = 'sip:0301234@example.com'): RouteDecision['action'] {
    return decide([route], { uri, caller: alice }).action;
  }

  it('has defaults', () => {
    expect(action({ proxy: true })).toEqual({
      type: 'proxy',
      to: 'location',
      recordRoute: true,
      timeout: 180_000,
    });
    expect(action({ redirect: true })).toEqual({ type: 'redirect', to: 'location', status: 302 });
    expect(action({ gateway: 'sip:b@example.net' })).toMatchObject({
      to: ['sip:b@example.net'],
      trunk: undefined,
      timeout: 180_000,
    });
    expect(action({ reject: 486 })).toEqual({ type: 'reject', status: 486, reason: undefined });
  });

  it('has what it was given', () => {
    expect(
      action({ proxy: { to: ['sip:a.example'], recordRoute: false, timeout: 5_000 } }),
    ).toEqual({
      type: 'proxy',
      to: ['sip:a.example'],
      recordRoute: false,
      timeout: 5_000,
    });
    expect(action({ proxy: 'request-uri' })).toMatchObject({ to: 'request-uri' });
    expect(action({ redirect: { to: 'sip:b@example.net', status: 301 } })).toEqual({
      type: 'redirect',
      to: ['sip:b@example.net'],
      status: 301,
    });
    expect(action({ gateway: { to: '30', trunk: 'carrier', dtmf: 'info' } })).toMatchObject({
      to: ['30'],
      trunk: 'carrier',
      dtmf: 'info',
    });
  });

  it('fills in what the pattern took', () => {
    const when = { dialled: '0*' };
    expect(action({ when, gateway: { to: '+49$1', trunk: 'carrier' } })).toMatchObject({
      to: ['+49301234'],
    });
    expect(
      action({ when: { dialled: /0(30)(.*)/ }, proxy: 'sip:$2@berlin-$1.example' }),
    ).toMatchObject({ to: ['sip:1234@berlin-30.example'] });
    expect(action({ when: { dialled: '8*' }, flow: '$1' }, 'sip:8menu@example.com')).toEqual({
      type: 'flow',
      flow: 'menu',
    });
  });

  it('lets no caller choose the host that a call goes to', () => {
    const when = { dialled: '*' };
    const uri = 'sip:900%40evil.example%3A@example.com';
    expect(action({ when, proxy: 'sip:$1@good.example' }, uri)).toMatchObject({
      to: ['sip:900%40evil.example%3A@good.example'],
    });
    const decision = decide([{ when, gateway: { to: '$1', trunk: 'carrier' } }], {
      uri: 'sip:sip%3Ax%40evil.example@example.com',
      caller: alice,
    });
    expect(decision).toMatchObject({
      type: 'none',
      considered: [{ reason: 'what was dialled cannot stand in "$1"' }],
    });
  });

  it('is passed by when it names a flow that is not there', () => {
    expect(decide([{ flow: true }], { uri: 'sip:nobody@example.com' })).toMatchObject({
      type: 'none',
      considered: [{ route: 'routes[0]', reason: 'there is no flow "nobody"' }],
    });
    expect(decide([{ flow: true }], { uri: 'sip:menu@example.com' }).action).toEqual({
      type: 'flow',
      flow: 'menu',
    });
  });
});

describe('without any route', () => {
  const withDefault = { defaultFlow: 'reception' };

  it('REGISTER goes to the registrar', () => {
    expect(decide(undefined, { method: 'REGISTER', uri: 'sip:example.com' }).action).toEqual({
      type: 'register',
    });
  });

  it('a call goes to the flow that is dialled, whoever calls', () => {
    expect(decide(undefined, { uri: 'sip:menu@192.0.2.1', local: false }).action).toEqual({
      type: 'flow',
      flow: 'menu',
    });
  });

  it('a call to a user goes to where that user is, for those known', () => {
    const request = { uri: 'sip:bob@example.com' };
    expect(decide(undefined, { ...request, caller: alice }).action).toMatchObject({
      type: 'proxy',
      to: 'location',
    });
    expect(decide(undefined, { ...request, caller: carrier }, withDefault).type).toBe('matched');
    expect(decide(undefined, { ...request, from: 'sip:alice@example.com' }).type).toBe('challenge');
  });

  it('a user of another domain is not ours', () => {
    const request = { uri: 'sip:bob@other.example', local: false, caller: alice };
    expect(decide(undefined, request).type).toBe('none');
  });

  it('all else goes to flows.default', () => {
    const { action } = decide(undefined, { uri: 'sip:777@example.com' }, withDefault);
    expect(action).toEqual({ type: 'flow', flow: 'reception' });
  });

  it('nobody can find out which users there are', () => {
    const of = (user: string): RouteDecision['type'] =>
      decide(undefined, { uri: `sip:${user}@example.com` }).type;
    expect([of('bob'), of('nobody')]).toEqual(['challenge', 'challenge']);
  });

  it('a call that names nothing is 404, once the caller has proved to be known', () => {
    expect(decide(undefined, { uri: 'sip:nobody@example.com', caller: alice })).toMatchObject({
      type: 'none',
      considered: [
        { route: 'default: register', reason: 'the method INVITE is not REGISTER' },
        { route: 'default: flow of that name', reason: 'there is no flow "nobody"' },
        { route: 'default: user of that name', reason: 'there is no user "nobody"' },
      ],
    });
  });

  it('a name that is no flow is 404 where there are no users', () => {
    const decision = decide(undefined, { uri: 'sip:x@example.com' }, { hasUsers: () => false });
    expect(decision.type).toBe('none');
  });
});
