import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { fail, loopbacks, ok, outgoing, TestLayer } from './harness';
import { TestAuthority, type TestCertificate } from './certificates';

describe.each(loopbacks)('SIP over TLS at %s', (host) => {
  const clock = new VirtualClock();
  let authority: TestAuthority;
  let own: TestCertificate;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    own = await authority.issue({ dns: ['sip.example'], addresses: [host] });
  });

  test('carries requests and responses', async () => {
    const listen = [{ protocol: 'TLS', host, port: 0 }] as const;
    const tls = { ...own, ca: authority.certificate };
    const server = await TestLayer.start(clock, listen, { tls });
    const client = await TestLayer.start(clock, listen, { tls });
    server.answer = (request, channel) => channel.send(ok(request), fail);
    client.send({ ...server.address('TLS'), serverName: 'sip.example' }, outgoing());
    const { message } = await client.responses.next();
    expect(message.status).toBe(200);
    await client.layer.close();
    await server.layer.close();
    expect(server.layer.openConnections + client.layer.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });
  test('wss', async () => {
    const listen = [
      { protocol: 'WSS', host, port: 0 },
      { protocol: 'WS', host, port: 0 },
    ] as const;
    const tls = { ...own, ca: authority.certificate };
    const server = await TestLayer.start(clock, listen, { tls });
    const client = await TestLayer.start(clock, listen, { tls });
    server.answer = (request, channel) => channel.send(ok(request), fail);
    client.send(server.address('WS'), outgoing());
    expect((await client.responses.next()).message.status).toBe(200);
    client.send({ ...server.address('WSS'), serverName: 'sip.example' }, outgoing());
    const { message } = await client.responses.next();
    expect(message.status).toBe(200);
    await client.layer.close();
    await server.layer.close();
    expect(server.layer.openConnections + client.layer.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
