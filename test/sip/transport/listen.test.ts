import { CallchartError } from '../../../runtime/core/errors';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { DatagramNetwork } from '../../../runtime/sip/transport/port';
import { TestAuthority } from './certificates';
import { fail, loopbacks, ok, outgoing, TcpServer, TestLayer, UdpPeer } from './harness';

const clock = new VirtualClock();

async function refusal(started: Promise<TestLayer>): Promise<CallchartError> {
  const error: unknown = await started.then(
    async ({ layer }) => {
      await layer.close();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CallchartError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

/** A network that refuses with the error of the system. */
function refusing(code: string): { readonly network: DatagramNetwork } {
  const error = Object.assign(new Error(`bind ${code}`), { code });
  return { network: { bind: () => Promise.reject(error) } };
}

describe('an address that cannot be listened on is refused with one line that says what to do', () => {
  test('UDP, in use', async () => {
    const other = await UdpPeer.start();
    const listen = [{ protocol: 'UDP', host: '127.0.0.1', port: other.port }] as const;
    const error = await refusal(TestLayer.start(clock, listen));
    expect(error.code).toBe('CALLCHART_ADDRESS_IN_USE');
    expect(error.message).toBe(
      `UDP 127.0.0.1:${other.port} is in use by another process: stop it, or listen on another port`,
    );
    other.close();
  });

  test('TCP, in use', async () => {
    const other = await TcpServer.start();
    const listen = [{ protocol: 'TCP', host: '127.0.0.1', port: other.port }] as const;
    const error = await refusal(TestLayer.start(clock, listen));
    expect(error.code).toBe('CALLCHART_ADDRESS_IN_USE');
    expect(error.message).toContain(`TCP 127.0.0.1:${other.port} `);
    await other.close();
  });

  test.each(['UDP', 'TCP'] as const)('%s, not of this machine', async (protocol) => {
    const listen = [{ protocol, host: '203.0.113.77', port: 5060 }];
    const error = await refusal(TestLayer.start(clock, listen));
    expect(error.code).toBe('CALLCHART_ADDRESS_UNAVAILABLE');
    expect(error.message).toContain(`${protocol} 203.0.113.77:5060 `);
    expect(error.message).not.toContain('\n');
  });

  test.each([
    ['EACCES', 'CALLCHART_PORT_FORBIDDEN'],
    ['EPERM', 'CALLCHART_PORT_FORBIDDEN'],
    ['EADDRINUSE', 'CALLCHART_ADDRESS_IN_USE'],
    ['EADDRNOTAVAIL', 'CALLCHART_ADDRESS_UNAVAILABLE'],
    ['EMFILE', 'CALLCHART_LISTEN_FAILED'],
  ])('the system’s %s is %s', async (code, expected) => {
    const listen = [{ protocol: 'UDP', host: '::1', port: 5060 }] as const;
    const error = await refusal(TestLayer.start(clock, listen, refusing(code)));
    expect(error.code).toBe(expected);
    expect(error.message).toContain('UDP [::1]:5060 ');
    expect(error.cause).toMatchObject({ code });
  });

  test.each(['TLS', 'WSS'] as const)('%s without a certificate', async (protocol) => {
    const listen = [{ protocol, host: '127.0.0.1', port: 0 }] as const;
    const error = await refusal(TestLayer.start(clock, listen));
    expect(error.code).toBe('CALLCHART_TLS_CERTIFICATE');
    expect(error.message).toMatch(/tls\.certificate and tls\.key/);
  });

  test('and the listeners before it are closed again', async () => {
    const other = await TcpServer.start();
    const free = await UdpPeer.start();
    const { port } = free;
    free.close();
    const first = { protocol: 'UDP', host: '127.0.0.1', port } as const;
    const taken = { protocol: 'TCP', host: '127.0.0.1', port: other.port } as const;
    await refusal(TestLayer.start(clock, [first, taken]));
    const again = await TestLayer.start(clock, [first]);
    expect(again.layer.listeners).toEqual([first]);
    await again.layer.close();
    await other.close();
  });
});

describe('several listeners', () => {
  test('are all told, with the ports that the system chose', async () => {
    const { layer } = await TestLayer.start(clock, [
      { protocol: 'UDP', host: '127.0.0.1', port: 0 },
      { protocol: 'UDP', host: '127.0.0.1', port: 0 },
      { protocol: 'TCP', host: '127.0.0.1', port: 0 },
    ]);
    const ports = layer.listeners.map(({ port }) => port);
    expect(layer.listeners.map(({ protocol }) => protocol)).toEqual(['UDP', 'UDP', 'TCP']);
    expect(ports.every((port) => port > 0)).toBe(true);
    expect(ports[0]).not.toBe(ports[1]);
    await layer.close();
  });

  test('of every protocol and family answer side by side, each in its own name', async () => {
    const authority = await TestAuthority.create();
    const own = await authority.issue({ addresses: [...loopbacks] });
    const tls = { ...own, ca: authority.certificate };
    const protocols = ['UDP', 'TCP', 'TLS', 'WS', 'WSS'] as const;
    const listen = [...loopbacks, ...loopbacks].flatMap((host) =>
      protocols.map((protocol) => ({ protocol, host, port: 0 })),
    );
    const ours = await TestLayer.start(clock, listen, { tls });
    const other = await TestLayer.start(clock, listen, { tls });
    ours.answer = (request, channel) => channel.send(ok(request), fail);
    expect(ours.layer.listeners).toHaveLength(listen.length);
    for (const target of ours.layer.listeners) {
      other.send(target, outgoing());
      const { message, channel } = await ours.requests.next();
      expect(ours.layer.contactAddress(channel)).toEqual(target);
      expect(message.topVia).toMatchObject({ protocol: target.protocol, host: target.host });
      expect((await other.responses.next()).message.status).toBe(200);
    }
    await other.layer.close();
    await ours.layer.close();
    expect(ours.layer.openConnections + other.layer.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['the protocol', { protocol: 'TCP', host: '127.0.0.1', port: 9 }],
    ['the family', { protocol: 'UDP', host: '::1', port: 9 }],
    ['a protocol that is not there', { protocol: 'WSS', host: '127.0.0.1', port: 9 }],
  ] as const)('that do not serve %s refuse the request', async (_what, target) => {
    const { layer } = await TestLayer.start(clock, [
      { protocol: 'UDP', host: '127.0.0.1', port: 0 },
    ]);
    let thrown: unknown;
    try {
      layer.open(target, outgoing());
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'CALLCHART_NO_LISTENER', status: 503 });
    await layer.close();
  });
});
