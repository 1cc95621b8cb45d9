import type { Answer } from 'dns-packet';
import { CallchartError } from '../../../runtime/core/errors';
import { SeededRandom } from '../../../runtime/core/random';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { parseUri } from '../../../runtime/sip/message/uri';
import type { SendableProtocols } from '../../../runtime/sip/resolve/port';
import { DnsResolver } from '../../../runtime/sip/resolve/resolver';
import { systemDns } from '../../../runtime/sip/resolve/system-dns';
import type { Target } from '../../../runtime/sip/transport/port';
import { address, type DnsMisbehaviour, DnsServer, naptr, srv } from '../../support/dns-server';

const everything: SendableProtocols = () => true;
const onlyUdp4: SendableProtocols = (protocol, family) => protocol === 'UDP' && family !== 6;

interface Bench {
  readonly server: DnsServer;
  readonly clock: VirtualClock;
  readonly resolver: DnsResolver;
  /** `UDP 192.0.2.1:5060`, with the name that TLS verifies after it. */
  readonly resolve: (uri: string) => Promise<string[]>;
  /** The status of the error. */
  readonly failure: (uri: string) => Promise<number | undefined>;
}

const open: Bench[] = [];

async function bench(
  records: readonly Answer[],
  sendable: SendableProtocols = everything,
  misbehaviours: Readonly<Record<string, DnsMisbehaviour>> = {},
): Promise<Bench> {
  const server = await DnsServer.start(records, misbehaviours);
  const clock = new VirtualClock();
  const resolver = new DnsResolver({
    dns: systemDns([server.address], { timeout: 60_000, tries: 1 }),
    clock,
    random: new SeededRandom(7),
    sendable,
  });
  const resolve = async (uri: string): Promise<string[]> =>
    (await resolver.resolve(parseUri(uri))).map(shown);
  const failure = async (uri: string): Promise<number | undefined> => {
    try {
      await resolver.resolve(parseUri(uri));
    } catch (error) {
      if (error instanceof CallchartError && error.code === 'CALLCHART_SIP_NO_ROUTE') {
        return error.status;
      }
      throw error;
    }
    throw new Error(`${uri} was resolved`);
  };
  const made = { server, clock, resolver, resolve, failure };
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const { server, clock, resolver } of open.splice(0)) {
    resolver.close();
    await server.close();
    expect(clock.pending).toBe(0);
    expect(resolver.answersKept).toBe(0);
  }
});

function shown({ protocol, host, port, serverName }: Target): string {
  const place = `${protocol} ${host}:${port}`;
  return serverName === undefined ? place : `${place} as ${serverName}`;
}

const host = [address('example.com', '192.0.2.1'), address('example.com', '2001:db8::1')];

describe('RFC 3263 §4.1, the transport', () => {
  it('is the one that the URI names', async () => {
    const { resolve } = await bench(host);
    expect(await resolve('sip:example.com:5070;transport=tcp')).toEqual([
      'TCP 192.0.2.1:5070',
      'TCP 2001:db8::1:5070',
    ]);
    expect(await resolve('sip:example.com:5071;transport=TLS')).toEqual([
      'TLS 192.0.2.1:5071 as example.com',
      'TLS 2001:db8::1:5071 as example.com',
    ]);
  });

  it('is UDP for sip and TLS for sips where there is a port', async () => {
    const { resolve, server } = await bench(host);
    expect((await resolve('sip:example.com:5070'))[0]).toBe('UDP 192.0.2.1:5070');
    expect((await resolve('sips:example.com:5070'))[0]).toBe('TLS 192.0.2.1:5070 as example.com');
    expect((await resolve('sips:example.com:5070;transport=tcp'))[0]).toBe(
      'TLS 192.0.2.1:5070 as example.com',
    );
    expect([...server.questions].sort()).toEqual(['A example.com', 'AAAA example.com']);
  });

  it('is the best that NAPTR offers and we can send by', async () => {
    const records = [
      naptr('example.com', 'SIP+D2U', '_sip._udp.example.com', 100, 50),
      naptr('example.com', 'SIPS+D2T', '_sips._tcp.example.com', 50, 50),
      naptr('example.com', 'SIP+D2T', '_sip._tcp.example.com', 90, 50),
      srv('_sips._tcp.example.com', 'a.example.com', 5061),
      srv('_sip._tcp.example.com', 'a.example.com', 5070),
      srv('_sip._udp.example.com', 'a.example.com', 5080),
      address('a.example.com', '192.0.2.7'),
    ];
    const all = await bench(records);
    expect(await all.resolve('sip:example.com')).toEqual(['TLS 192.0.2.7:5061 as example.com']);
    const noTls = await bench(records, (protocol) => protocol === 'UDP' || protocol === 'TCP');
    expect(await noTls.resolve('sip:example.com')).toEqual(['TCP 192.0.2.7:5070']);
    const udp = await bench(records, onlyUdp4);
    expect(await udp.resolve('sip:example.com')).toEqual(['UDP 192.0.2.7:5080']);
    expect(udp.server.questions).not.toContain('SRV _sips._tcp.example.com');
  });

  it('is by order first, then by preference', async () => {
    const { resolve } = await bench([
      naptr('example.com', 'SIP+D2U', '_sip._udp.example.com', 10, 20),
      naptr('example.com', 'SIP+D2T', '_sip._tcp.example.com', 10, 10),
      srv('_sip._udp.example.com', 'a.example.com'),
      srv('_sip._tcp.example.com', 'a.example.com'),
      address('a.example.com', '192.0.2.7'),
    ]);
    expect(await resolve('sip:example.com')).toEqual(['TCP 192.0.2.7:5060']);
  });

  it('ignores NAPTR services that we do not speak, other flags, and for sips all without TLS', async () => {
    const records = [
      naptr('example.com', 'SIP+D2S', '_sip._sctp.example.com', 1),
      naptr('example.com', 'E2U+sip', '_sip._udp.elsewhere.example', 2),
      naptr('example.com', 'SIP+D2U', '_sip._udp.elsewhere.example', 3, 1, 'u'),
      naptr('example.com', 'SIP+D2U', '.', 4),
      naptr('example.com', 'SIP+D2U', '_sip._udp.example.com', 5),
      naptr('example.com', 'sips+d2t', '_sips._tcp.example.com', 6, 1, 'S'),
      srv('_sip._udp.example.com', 'a.example.com'),
      srv('_sips._tcp.example.com', 'a.example.com', 5061),
      address('a.example.com', '192.0.2.7'),
    ];
    const { resolve, server } = await bench(records);
    expect(await resolve('sip:example.com')).toEqual(['UDP 192.0.2.7:5060']);
    expect(await resolve('sips:example.com')).toEqual(['TLS 192.0.2.7:5061 as example.com']);
    expect(server.questions.filter((question) => question.includes('elsewhere'))).toEqual([]);
  });

  it('follows NAPTR into another domain, but verifies the name of the URI', async () => {
    const { resolve } = await bench([
      naptr('example.com', 'SIPS+D2T', '_sips._tcp.hoster.example'),
      srv('_sips._tcp.hoster.example', 'edge.hoster.example', 5061),
      address('edge.hoster.example', '192.0.2.9'),
    ]);
    expect(await resolve('sip:example.com')).toEqual(['TLS 192.0.2.9:5061 as example.com']);
  });

  it('is what SRV offers where there is no NAPTR, and not asked for where we cannot send', async () => {
    const records = [
      srv('_sip._tcp.example.com', 'a.example.com', 5070),
      srv('_sips._tcp.example.com', 'a.example.com', 5071),
      address('a.example.com', '192.0.2.7'),
    ];
    const { resolve } = await bench(records);
    expect(await resolve('sip:example.com')).toEqual(['TCP 192.0.2.7:5070']);
    expect(await resolve('sips:example.com')).toEqual(['TLS 192.0.2.7:5071 as example.com']);
    const udp = await bench([...records, ...host], onlyUdp4);
    expect(await udp.resolve('sip:example.com')).toEqual(['UDP 192.0.2.1:5060']);
    expect(udp.server.questions).not.toContain('SRV _sip._tcp.example.com');
  });

  it('falls back to UDP, or TLS for sips, at the default port', async () => {
    const { resolve } = await bench([address('example.com', '192.0.2.1')]);
    expect(await resolve('sip:example.com')).toEqual(['UDP 192.0.2.1:5060']);
    expect(await resolve('sips:example.com')).toEqual(['TLS 192.0.2.1:5061 as example.com']);
    const tcp = await bench(host, (protocol, family) => protocol === 'TCP' && family !== 6);
    expect(await tcp.resolve('sip:example.com')).toEqual(['TCP 192.0.2.1:5060']);
  });

  it('goes on to SRV when what NAPTR leads to does not exist', async () => {
    const { resolve } = await bench([
      naptr('example.com', 'SIP+D2T', '_sip._tcp.gone.example'),
      srv('_sip._udp.example.com', 'a.example.com', 5070),
      address('a.example.com', '192.0.2.7'),
    ]);
    expect(await resolve('sip:example.com')).toEqual(['UDP 192.0.2.7:5070']);
  });
});

describe('RFC 3263 §4.2, port and address', () => {
  it('asks for the SRV of the transport that the URI names, and no NAPTR', async () => {
    const { resolve, server } = await bench([
      naptr('example.com', 'SIP+D2U', '_sip._udp.example.com'),
      srv('_sip._tcp.example.com', 'a.example.com', 5070),
      srv('_sips._tcp.example.com', 'a.example.com', 5071),
      address('a.example.com', '192.0.2.7'),
    ]);
    expect(await resolve('sip:example.com;transport=tcp')).toEqual(['TCP 192.0.2.7:5070']);
    expect(await resolve('sip:example.com;transport=tls')).toEqual([
      'TLS 192.0.2.7:5071 as example.com',
    ]);
    expect(server.questions).not.toContain('NAPTR example.com');
  });

  it('takes the ports of RFC 7118 §5.5 for WebSockets', async () => {
    const { resolve } = await bench([address('example.com', '192.0.2.1')]);
    expect(await resolve('sip:example.com;transport=ws')).toEqual(['WS 192.0.2.1:80']);
    expect(await resolve('sips:example.com;transport=ws')).toEqual([
      'WSS 192.0.2.1:443 as example.com',
    ]);
    const named = await bench([
      naptr('example.com', 'SIPS+D2W', '_sips._ws.example.com'),
      srv('_sips._ws.example.com', 'a.example.com', 8443),
      address('a.example.com', '192.0.2.7'),
    ]);
    expect(await named.resolve('sip:example.com')).toEqual(['WSS 192.0.2.7:8443 as example.com']);
  });

  it('gives all addresses of all servers, by priority', async () => {
    const { resolve } = await bench([
      srv('_sip._udp.example.com', 'b.example.com', 5062, 20),
      srv('_sip._udp.example.com', 'a.example.com', 5061, 10),
      srv('_sip._udp.example.com', 'c.example.com', 5063, 30),
      address('a.example.com', '192.0.2.1'),
      address('a.example.com', '192.0.2.2'),
      address('a.example.com', '2001:db8::1'),
      address('b.example.com', '192.0.2.3'),
      address('c.example.com', '2001:db8::3'),
    ]);
    const targets = await resolve('sip:example.com');
    // The order of the addresses of one name is the server's, or the library's.
    expect(targets.slice(0, 2).sort()).toEqual(['UDP 192.0.2.1:5061', 'UDP 192.0.2.2:5061']);
    expect(targets.slice(2)).toEqual([
      'UDP 2001:db8::1:5061',
      'UDP 192.0.2.3:5062',
      'UDP 2001:db8::3:5063',
    ]);
  });

  it('shares calls among servers as their weights say, from one cached answer', async () => {
    const { resolve, server } = await bench([
      srv('_sip._udp.example.com', 'a.example.com', 5060, 0, 10),
      srv('_sip._udp.example.com', 'b.example.com', 5060, 0, 30),
      srv('_sip._udp.example.com', 'c.example.com', 5060, 0, 0),
      address('a.example.com', '192.0.2.1'),
      address('b.example.com', '192.0.2.2'),
      address('c.example.com', '192.0.2.3'),
    ]);
    const first = new Map<string, number>();
    for (let i = 0; i < 2000; i += 1) {
      const targets = await resolve('sip:example.com');
      expect(targets).toHaveLength(3);
      first.set(targets[0] as string, (first.get(targets[0] as string) ?? 0) + 1);
    }
    expect(first.get('UDP 192.0.2.2:5060')).toBeGreaterThan(1350);
    expect(first.get('UDP 192.0.2.2:5060')).toBeLessThan(1600);
    expect(first.get('UDP 192.0.2.1:5060')).toBeGreaterThan(380);
    expect(first.get('UDP 192.0.2.3:5060')).toBeLessThan(120);
    expect(new Set(server.questions).size).toBe(server.questions.length);
  });

  it('asks only for families of addresses that the transport reaches', async () => {
    const { resolve, server } = await bench(host, onlyUdp4);
    expect(await resolve('sip:example.com:5060')).toEqual(['UDP 192.0.2.1:5060']);
    expect(server.questions).toEqual(['A example.com']);
  });

  it('takes an SRV target that is an address as it is, and each place once', async () => {
    const { resolve } = await bench([
      srv('_sip._udp.example.com', '192.0.2.5', 5060, 1),
      srv('_sip._udp.example.com', '192.0.2.5', 5060, 2),
      srv('_sip._udp.example.com', '192.0.2.5', 5061, 3),
      srv('_sip._udp.example.com', '192.0.2.5', 0, 0),
    ]);
    expect(await resolve('sip:example.com')).toEqual(['UDP 192.0.2.5:5060', 'UDP 192.0.2.5:5061']);
  });

  it('sends nothing to a domain whose SRV target is "." (RFC 2782)', async () => {
    const { failure, resolve } = await bench([
      srv('_sip._udp.example.com', '.', 0),
      ...host,
      srv('_sip._udp.tcp.example', '.', 0),
      srv('_sip._tcp.tcp.example', 'a.tcp.example'),
      address('a.tcp.example', '192.0.2.8'),
    ]);
    expect(await failure('sip:example.com')).toBe(503);
    expect(await failure('sip:example.com;transport=udp')).toBe(503);
    expect(await resolve('sip:tcp.example')).toEqual(['TCP 192.0.2.8:5060']);
  });

  it('looks up maddr in place of the host, and verifies the host (RFC 3263 §4)', async () => {
    const { resolve } = await bench([address('edge.example.net', '192.0.2.4')]);
    expect(await resolve('sip:example.com:5070;maddr=edge.example.net')).toEqual([
      'UDP 192.0.2.4:5070',
    ]);
    expect(await resolve('sips:example.com;maddr=192.0.2.6')).toEqual([
      'TLS 192.0.2.6:5061 as example.com',
    ]);
    expect(await resolve('sip:example.com;maddr=[2001:db8::6]')).toEqual(['UDP 2001:db8::6:5060']);
    expect(await resolve('sips:192.0.2.1:5061;maddr=Edge.example.net.')).toEqual([
      'TLS 192.0.2.4:5061 as edge.example.net',
    ]);
  });

  it('answers literals at once, zones included, and asks nobody', async () => {
    const { resolver, server } = await bench([]);
    const literal = (uri: string): string[] => {
      const targets = resolver.resolve(parseUri(uri));
      if (targets instanceof Promise) throw new Error('asked for a literal');
      return targets.map(shown);
    };
    expect(literal('sip:192.0.2.1')).toEqual(['UDP 192.0.2.1:5060']);
    expect(literal('sip:[2001:DB8::1]:5070;transport=tcp')).toEqual(['TCP 2001:db8::1:5070']);
    expect(literal('sips:192.0.2.1')).toEqual(['TLS 192.0.2.1:5061']);
    expect(literal('sip:alice@192.0.2.1;transport=wss')).toEqual(['WSS 192.0.2.1:443']);
    expect(literal('sip:example.com;maddr=[fe80::1%25eth0]')).toEqual(['UDP fe80::1%eth0:5060']);
    expect(server.questions).toEqual([]);
    const noUdp4 = await bench([], (protocol, family) => protocol === 'TCP' || family === 6);
    expect((await noUdp4.resolve('sip:192.0.2.1'))[0]).toBe('TCP 192.0.2.1:5060');
  });
});

describe('a name that leads nowhere', () => {
  it('does not exist: 404', async () => {
    const { failure } = await bench([]);
    expect(await failure('sip:nowhere.example')).toBe(404);
    expect(await failure('sip:nowhere.example:5060')).toBe(404);
  });

  it('exists with addresses that we cannot reach: 503', async () => {
    const { failure } = await bench([address('example.com', '2001:db8::1')], onlyUdp4);
    expect(await failure('sip:example.com:5060')).toBe(503);
  });

  it('has servers without addresses: 503', async () => {
    const { failure } = await bench([srv('_sip._udp.example.com', 'gone.example.com')]);
    expect(await failure('sip:example.com')).toBe(503);
  });

  it('cannot be a name: 404 without a question; a tel URI, an unknown transport, port 0: 503', async () => {
    const { failure, server } = await bench([]);
    for (const uri of [
      'sip:2130706433',
      'sip:127.1:5060',
      'sip:a.0x7f',
      'sip:a..b',
      `sip:${'a'.repeat(64)}.example`,
      `sip:${'abc.'.repeat(70)}example`,
      'sip:example.com;maddr=a%20b',
    ]) {
      expect(await failure(uri)).toBe(404);
    }
    expect(await failure('tel:+491234')).toBe(503);
    expect(await failure('sip:example.com;transport=sctp')).toBe(503);
    expect(await failure('sip:example.com:0')).toBe(503);
    expect(server.questions).toEqual([]);
  });
});

describe('a DNS server that misbehaves', () => {
  it('never answers: the attempt ends after 5 s with 503, and the next one at once', async () => {
    const { resolver, server, clock, failure } = await bench([], everything, {
      'slow.example': 'silent',
      '_sip._udp.slow.example': 'silent',
      '_sip._tcp.slow.example': 'silent',
      '_sips._tcp.slow.example': 'silent',
    });
    const status = failure('sip:slow.example');
    await server.asked('NAPTR slow.example');
    await clock.run(1_700);
    await server.asked('SRV _sip._udp.slow.example');
    await clock.run(1_700);
    await server.asked('A slow.example');
    await clock.run(1_600);
    expect(await status).toBe(503);
    await clock.run(4_000);
    const before = server.questions.length;
    expect(await failure('sip:slow.example:5060')).toBe(503);
    expect(server.questions).toHaveLength(before);
    resolver.close();
    expect(clock.pending).toBe(0);
  });

  it('drops NAPTR only, as some do: the call goes on without', async () => {
    const { server, clock, resolve } = await bench(host, onlyUdp4, {
      'NAPTR example.com': 'silent',
    });
    const targets = resolve('sip:example.com');
    await server.asked('NAPTR example.com');
    await clock.run(1_700);
    expect(await targets).toEqual(['UDP 192.0.2.1:5060']);
  });

  it('drops AAAA only: the call waits 200 ms for it once there is an IPv4 address', async () => {
    const clock = new VirtualClock();
    const resolver = new DnsResolver({
      dns: {
        naptr: () => Promise.resolve([]),
        srv: () => Promise.resolve([]),
        a: () => Promise.resolve(['192.0.2.1', 'garbage']),
        aaaa: () => new Promise(() => undefined),
      },
      clock,
      random: new SeededRandom(1),
      sendable: everything,
    });
    let found: readonly Target[] | undefined;
    void Promise.resolve(resolver.resolve(parseUri('sip:example.com'))).then((targets) => {
      found = targets;
    });
    await clock.run(199);
    expect(found).toBeUndefined();
    await clock.run(1);
    expect(found?.map(shown)).toEqual(['UDP 192.0.2.1:5060']);
    resolver.close();
    expect(clock.pending).toBe(0);
  });

  it.each(['garbage', 'truncated', 'failure'] as const)(
    'answers NAPTR and SRV with %s: the addresses serve; those too: 503',
    async (kind) => {
      const { resolve, failure, clock, server } = await bench(host, onlyUdp4, {
        'NAPTR example.com': kind,
        '_sip._udp.example.com': kind,
        'bad.example': kind,
        '_sip._udp.bad.example': kind,
      });
      // What c-ares drops as forged is the same to it as silence.
      const passing = async (question: string, time: number): Promise<void> => {
        await server.asked(question);
        await clock.run(time);
      };
      const good = resolve('sip:example.com');
      const bad = failure('sip:bad.example');
      await passing('NAPTR example.com', 1_700);
      await passing('SRV _sip._udp.example.com', 1_700);
      expect(await good).toEqual(['UDP 192.0.2.1:5060']);
      await passing('A bad.example', 5_000);
      expect(await bad).toBe(503);
    },
  );

  it('names thousands of servers: a few are taken', async () => {
    const records = Array.from({ length: 60 }, (_, index) =>
      srv('_sip._udp.example.com', `192.0.2.${index + 1}`, 5060, index),
    );
    const { resolve } = await bench(records, onlyUdp4);
    expect(await resolve('sip:example.com')).toHaveLength(16);
  });
});

describe('answers', () => {
  it('are kept for 30 s, and asked for again then', async () => {
    const { resolve, server, clock } = await bench(host, onlyUdp4);
    await resolve('sip:example.com:5060');
    await clock.run(29_999);
    await resolve('sip:example.com:5061');
    expect(server.questions).toEqual(['A example.com']);
    await clock.run(1);
    await resolve('sip:example.com:5060');
    expect(server.questions).toEqual(['A example.com', 'A example.com']);
  });

  it('are asked for once by all who ask at the same time', async () => {
    const { resolve, server } = await bench(host, onlyUdp4);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => resolve('sip:example.com:5060')),
    );
    expect(new Set(all.map((targets) => targets.join())).size).toBe(1);
    expect(server.questions).toEqual(['A example.com']);
  });

  it('of names in other spellings are the same', async () => {
    const { resolve, server } = await bench(host, onlyUdp4);
    await resolve('sip:EXAMPLE.com.:5060');
    await resolve('sip:example.com:5060');
    expect(server.questions).toEqual(['A example.com']);
  });

  it('to questions that are open when the resolver closes are failures', async () => {
    const { failure, server, resolver, clock } = await bench([], onlyUdp4, {
      'a.example': 'silent',
    });
    const status = failure('sip:a.example:5060');
    await server.asked('A a.example');
    resolver.close();
    expect(await status).toBe(503);
    expect(clock.pending).toBe(0);
  });
});
