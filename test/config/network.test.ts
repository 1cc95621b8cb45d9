import { checkRoutes } from '../../runtime/config/check-routes';
import { ConfigError, resolveConfig } from '../../runtime/config/resolve';
import type { CallchartConfig } from '../../runtime/core/config';

const origin = { source: 'config', directory: '/srv/phone', environment: {} };

function resolved(config: CallchartConfig, environment: Record<string, string> = {}) {
  return resolveConfig(config, { ...origin, environment });
}

function problems(config: unknown): readonly string[] {
  try {
    resolveConfig(config, origin);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the parts of a network element', () => {
  it('have defaults without any configuration', () => {
    const config = resolved({});
    expect(config.registrar).toEqual({
      domains: [],
      minExpires: 60_000,
      maxExpires: 3_600_000,
      defaultExpires: 3_600_000,
      maxContacts: 10,
      authentication: 'digest',
      algorithms: ['MD5'],
    });
    expect(config.trunks).toEqual({});
    expect(config.routes).toBeUndefined();
    expect(config.outbound).toMatchObject({ allow: undefined, hosts: [], maxCallsPerMinute: 60 });
    expect(config.security).toMatchObject({ maxFailures: 10, strangers: 'reply' });
    expect(config.sip.tls).toEqual({ names: {}, verify: true, clientCertificates: 'off' });
    expect(config.data.directory).toBe('/srv/phone/data');
  });

  it('read listeners of every transport', () => {
    const { sip } = resolved({
      sip: {
        listen: ['tls:[::1]:5061', 'ws:127.0.0.1:8080', 'WSS:0.0.0.0:8443'],
        tls: { certificate: 'tls/cert.pem', key: '/etc/key.pem' },
      },
    });
    expect(sip.listen.map(({ protocol }) => protocol)).toEqual(['TLS', 'WS', 'WSS']);
    expect(sip.tls).toMatchObject({ certificate: '/srv/phone/tls/cert.pem', key: '/etc/key.pem' });
  });

  it('take the certificate and its key from the environment', () => {
    const { sip } = resolved(
      { sip: { listen: ['tls:127.0.0.1:5061'], tls: { certificate: 'a.pem', key: 'b.pem' } } },
      { CALLCHART_TLS_CERTIFICATE: '/run/cert.pem', CALLCHART_TLS_KEY: '/run/key.pem' },
    );
    expect(sip.tls).toMatchObject({ certificate: '/run/cert.pem', key: '/run/key.pem' });
  });

  it('need what may come from the environment for a server, and not for a tool beside it', () => {
    const config: CallchartConfig = {
      sip: { listen: ['tls:127.0.0.1:5061'] },
      trunks: { carrier: { servers: 'sip:carrier.example', username: 'me' } },
    };
    expect(problems(config)).toHaveLength(2);
    const { sip, trunks } = resolveConfig(config, { ...origin, purpose: 'tool' });
    expect(sip.listen).toHaveLength(1);
    expect(trunks['carrier']?.username).toBe('me');
  });

  it('take a trunk’s password from the environment, under its name in capitals', () => {
    const { trunks } = resolved(
      { trunks: { 'my-carrier.2': { servers: 'sip:carrier.example', username: 'u' } } },
      { CALLCHART_TRUNK_MY_CARRIER_2_PASSWORD: 'secret' },
    );
    expect(trunks['my-carrier.2']).toMatchObject({ password: 'secret', qualify: 30_000 });
  });

  it('have one server or several, and a registration of an hour', () => {
    const { trunks } = resolved({
      trunks: {
        one: { servers: 'sip:a.example', register: true, username: 'u', password: 'p' },
        two: { servers: ['sip:a.example:5070;transport=tcp', 'sips:[2001:db8::1]'] },
      },
    });
    expect(trunks['one']?.servers).toEqual(['sip:a.example']);
    expect(trunks['one']?.register).toEqual({ user: undefined, expires: 3_600_000 });
    expect(trunks['two']?.servers).toHaveLength(2);
  });

  it('keep an external address for each network', () => {
    const externalAddress = [
      { network: '198.51.100.0/24', address: '198.51.100.7' },
      { network: '*', address: '203.0.113.7' },
    ];
    expect(resolved({ sip: { externalAddress } }).sip.externalAddress).toEqual(externalAddress);
  });
});

describe('a mistake in them is named with its path and what is allowed', () => {
  const trunk = { servers: 'sip:carrier.example' };
  it.each<[unknown, string]>([
    [
      { sip: { listen: ['tls:127.0.0.1:5061'] } },
      'sip.listen[0]: tls: needs a certificate: set sip.tls.certificate and sip.tls.key',
    ],
    [
      { sip: { tls: { certificate: 'a.pem' } } },
      'sip.tls.key: is missing: certificate and key belong together',
    ],
    [
      { sip: { externalAddress: [{ network: '10.0.0.0/33', address: '203.0.113.7' }] } },
      'sip.externalAddress[0].network: must be "*", or a network, such as "203.0.113.0/24"',
    ],
    [
      { sip: { externalAddress: 7 } },
      'sip.externalAddress: must be an IP address, or a list of { network, address }',
    ],
    [
      { sip: { nameservers: ['dns.example'] } },
      'sip.nameservers[0]: must be an IP address, with a port or without, such as "127.0.0.1:5353"',
    ],
    [
      { registrar: { minExpires: 600_000, maxExpires: 60_000 } },
      'registrar.minExpires: must not be more than maxExpires (60000)',
    ],
    [
      { trunks: { carrier: { ...trunk, registers: true } } },
      'trunks.carrier.registers: no such setting; did you mean register? (allowed here: servers, register, username, password, realm, inbound, callerId, numbers, qualify, maxCalls, maxCallRate, codecs, srtp, headers)',
    ],
    [
      { trunks: { carrier: { ...trunk, register: { users: 'me' } } } },
      'trunks.carrier.register.users: no such setting; did you mean user? (allowed here: user, expires)',
    ],
    [
      { trunks: { carrier: { servers: ['carrier.example'] } } },
      'trunks.carrier.servers[0]: must be a SIP URI without a user, such as "sip:carrier.example;transport=tls"',
    ],
    [
      { trunks: { carrier: { servers: 'sip:me@carrier.example' } } },
      'trunks.carrier.servers: must be a SIP URI without a user, such as "sip:carrier.example;transport=tls"',
    ],
    [
      { trunks: { carrier: { ...trunk, register: true } } },
      'trunks.carrier.register: needs a user: set username, or register: { user: "…" }',
    ],
    [
      { trunks: { carrier: { ...trunk, username: 'me' } } },
      'trunks.carrier.password: is missing: set it, or CALLCHART_TRUNK_CARRIER_PASSWORD in the environment',
    ],
    [
      { trunks: { carrier: { ...trunk, headers: { 'X-A': 'b\r\nVia: c' } } } },
      'trunks.carrier.headers.X-A: must be text without control characters',
    ],
    [
      { trunks: { carrier: { ...trunk, headers: { Via: 'c' } } } },
      'trunks.carrier.headers.Via: must be the name of a header that Callchart does not write itself',
    ],
    [
      { trunks: { carrier: { ...trunk, numbers: { outbound: { format: 'e164' } } } } },
      'trunks.carrier.numbers.outbound.country: is missing: "e164" needs the country code, such as "49"',
    ],
    [
      {
        trunks: {
          a: { ...trunk, inbound: { username: 'pbx' } },
          b: { ...trunk, inbound: { username: 'pbx' } },
        },
      },
      'trunks.b.inbound.username: is that of the trunk a, too',
    ],
    [{ trunks: { 'a b': trunk } }, 'trunks.a b: must be a name of letters, digits, - _ and .'],
    [
      { routes: [{ when: { dialled: '[1-' }, flow: 'menu' }] },
      'routes[0].when.dialled: the pattern [1- has a [ without its ]',
    ],
    [
      { routes: [{ when: { dialled: ['100', '199-100'] }, flow: 'menu' }] },
      'routes[0].when.dialled[1]: the pattern 199-100 runs backwards: 199 is more than 100',
    ],
    [
      { routes: [{ when: { time: { from: '9:00' } }, flow: 'menu' }] },
      'routes[0].when.time.from: must be a time of day, such as "09:00"',
    ],
    [
      { routes: [{ when: { time: { zone: 'Europe/Berlim' } }, flow: 'menu' }] },
      'routes[0].when.time.zone: must be a time zone, such as "Europe/Berlin"',
    ],
    [
      { routes: [{ when: { time: { days: ['monday'] } }, flow: 'menu' }] },
      'routes[0].when.time.days[0]: must be "mon", "tue", "wed", "thu", "fri", "sat" or "sun"',
    ],
    [
      { routes: [{ when: { dialed: '1' }, flow: 'menu' }] },
      'routes[0].when.dialed: no such setting; did you mean dialled? (allowed here: method, dialled, uri, from, to, trunk, user, header, registered, local, time)',
    ],
    [
      { routes: [{ proxy: { recordroute: false } }] },
      'routes[0].proxy.recordroute: no such setting; did you mean recordRoute? (allowed here: to, recordRoute, timeout)',
    ],
    [
      { routes: [{ proxy: 'bob' }] },
      'routes[0].proxy: must be a SIP or tel URI, such as "sip:10.0.0.7", or "request-uri"',
    ],
    [
      { routes: [{ redirect: { to: ['sip:a.example', 'request-uri'] } }] },
      'routes[0].redirect.to[1]: must be a SIP or tel URI, such as "sip:10.0.0.7"',
    ],
    [
      { routes: [{ reject: 200 }] },
      'routes[0].reject: must be a status from 400 to 699, or { status, reason }',
    ],
    [
      { routes: [{ redirect: { status: 303 } }] },
      'routes[0].redirect.status: must be 300, 301, 302, 305 or 380',
    ],
    [
      { routes: [{ when: { dialled: '1' } }] },
      'routes[0]: has no action: give it one of flow, webhook, proxy, redirect, register, reject, gateway',
    ],
    [
      { routes: [{ flow: 'menu', reject: 403 }] },
      'routes[0]: has 2 actions, flow and reject: a route takes one',
    ],
    [
      { trunks: { carrier: trunk }, routes: [{ when: { trunk: 'carier' }, flow: 'menu' }] },
      'routes[0].when.trunk: there is no trunk "carier"; did you mean carrier? (there are: carrier)',
    ],
    [
      { routes: [{ gateway: { to: '$1', trunk: 'carrier' } }] },
      'routes[0].gateway.trunk: there is no trunk "carrier" (there is none)',
    ],
    [
      {
        trunks: { a: trunk },
        routes: [{ when: { trunk: 'a', user: 'bob' }, flow: 'menu' }],
      },
      'routes[0].when: a request comes by a trunk or from a user, never both',
    ],
    [
      { routes: [{ when: { user: true }, allow: 'trunks', flow: 'menu' }] },
      'routes[0].allow: "trunks" are never those whom its conditions let by',
    ],
    [
      { routes: [{ codecs: ['opus'], proxy: true }] },
      'routes[0].codecs: is for flow, webhook and gateway: with all else the callers agree by themselves',
    ],
    [
      { trunks: { carrier: { ...trunk, srtp: 'yes' } } },
      'trunks.carrier.srtp: must be "off", "allowed" or "required"',
    ],
    [{ outbound: { maxCalls: -1 } }, 'outbound.maxCalls: must be a whole number from 0 to 1000000'],
    [{ outbound: { allow: ['('], deny: [''] } }, 'outbound.deny[0]: the pattern  is empty'],
    [{ security: { strangers: 'drop' } }, 'security.strangers: must be "reply" or "ignore"'],
  ])('%j', (config, expected) => {
    expect(problems(config)).toEqual([expected]);
  });
});

describe('checking routes', () => {
  const names = { flows: ['reception', 'menu'], trunks: ['a', 'b'] };

  it('names a flow that does not exist, and the nearest', () => {
    expect(checkRoutes([{ flow: 'recption' }], names)).toEqual([
      'routes[0].flow: there is no flow "recption"; did you mean reception? (there are: reception, menu)',
    ]);
  });

  it('leaves a flow alone that a pattern will name', () => {
    expect(checkRoutes([{ when: { dialled: '8*' }, flow: '$1' }], names)).toEqual([]);
  });

  it('names two routes of one name', () => {
    expect(
      checkRoutes(
        [
          { name: 'x', when: { dialled: '1' }, flow: 'menu' },
          { name: 'x', when: { dialled: '2' }, flow: 'menu' },
        ],
        names,
      ),
    ).toEqual(['routes[1].name: is "x", as that of routes[0]']);
  });

  it.each<[string, Parameters<typeof checkRoutes>[0]]>([
    ['no conditions before', [{ flow: 'menu' }, { when: { dialled: '1' }, flow: 'reception' }]],
    [
      'the same conditions',
      [
        { when: { dialled: '1' }, flow: 'menu' },
        { when: { dialled: '1' }, flow: 'reception' },
      ],
    ],
    [
      'a wider pattern',
      [
        { when: { dialled: '1*' }, flow: 'menu' },
        { when: { dialled: ['10', '12'] }, flow: 'reception' },
      ],
    ],
    [
      'a wider range',
      [
        { when: { dialled: '100-199' }, flow: 'menu' },
        { when: { dialled: '120-130' }, flow: 'reception' },
      ],
    ],
    [
      'any trunk before one',
      [
        { when: { trunk: true }, flow: 'menu' },
        { when: { trunk: 'a', dialled: '1' }, flow: 'reception' },
      ],
    ],
    [
      'all days before one',
      [
        { when: { time: { days: ['mon', 'tue'] } }, flow: 'menu' },
        { when: { time: { days: ['mon'], from: '09:00' } }, flow: 'reception' },
      ],
    ],
    [
      'a header that may hold anything',
      [
        { when: { header: { 'X-A': true } }, flow: 'menu' },
        { when: { header: { 'x-a': 'b' } }, flow: 'reception' },
      ],
    ],
    [
      'known ones before users',
      [{ proxy: true }, { allow: 'users', gateway: 'sip:b@example.com' }],
    ],
  ])('finds a route that nothing can reach: %s', (_, routes) => {
    expect(checkRoutes(routes, names)).toEqual([
      'routes[1]: can never be reached: routes[0] before it takes every request that fits it',
    ]);
  });

  it('finds one for users behind one for all who are known', () => {
    const routes: Parameters<typeof checkRoutes>[0] = [
      { proxy: true },
      { when: { user: 'bob' }, flow: 'menu' },
    ];
    expect(checkRoutes(routes, names)).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof checkRoutes>[0]]>([
    ['a narrower route before', [{ when: { dialled: '1' }, flow: 'menu' }, { flow: 'reception' }]],
    [
      'known ones before strangers of a trunk’s number',
      [
        { when: { trunk: false }, proxy: true },
        { when: { user: false }, flow: 'menu' },
      ],
    ],
    ['known ones before anyone', [{ proxy: true }, { flow: 'menu' }]],
    ['a flow that the dialled user may not name', [{ flow: true }, { flow: 'menu' }]],
    [
      'patterns that only share some numbers',
      [
        { when: { dialled: '1#' }, flow: 'menu' },
        { when: { dialled: '1?' }, flow: 'reception' },
      ],
    ],
    [
      'another condition',
      [
        { when: { from: '1' }, flow: 'menu' },
        { when: { dialled: '1' }, flow: 'reception' },
      ],
    ],
    [
      'other hours',
      [
        { when: { time: { from: '09:00', until: '17:00' } }, flow: 'menu' },
        { when: { time: { days: ['sat'] } }, flow: 'reception' },
      ],
    ],
    [
      'a Friday night that runs into Saturday',
      [
        { when: { time: { days: ['fri', 'sat'] } }, flow: 'menu' },
        { when: { time: { days: ['sat'], from: '22:00', until: '06:00' } }, flow: 'reception' },
      ],
    ],
  ])('lets a route be that can be reached: %s', (_, routes) => {
    expect(checkRoutes(routes, names)).toEqual([]);
  });
});
