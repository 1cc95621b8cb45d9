import { systemDns } from '../../../runtime/sip/resolve/system-dns';
import { address, DnsServer, naptr, srv } from '../../support/dns-server';

describe('the DNS client of the system', () => {
  it('asks the servers that it was given, and reads every type', async () => {
    const server = await DnsServer.start([
      naptr('example.com', 'SIP+D2U', '_sip._udp.example.com', 1, 2),
      srv('_sip._udp.example.com', 'a.example.com', 5070, 3, 4),
      address('a.example.com', '192.0.2.1'),
      address('a.example.com', '2001:db8::1'),
    ]);
    const dns = systemDns([server.address]);
    expect(await dns.naptr('example.com')).toMatchObject([
      {
        order: 1,
        preference: 2,
        flags: 's',
        service: 'SIP+D2U',
        replacement: '_sip._udp.example.com',
      },
    ]);
    expect(await dns.srv('_sip._udp.example.com')).toEqual([
      { name: 'a.example.com', port: 5070, priority: 3, weight: 4 },
    ]);
    expect(await dns.a('a.example.com')).toEqual(['192.0.2.1']);
    expect(await dns.aaaa('a.example.com')).toEqual(['2001:db8::1']);
    await server.close();
  });

  it('has an empty answer for no such record and no such name, and rejects a failure', async () => {
    const server = await DnsServer.start([address('example.com', '192.0.2.1')], {
      'broken.example': 'failure',
    });
    const dns = systemDns([server.address]);
    expect(await dns.srv('example.com')).toEqual([]);
    expect(await dns.a('nowhere.example')).toEqual([]);
    await expect(dns.a('broken.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    await server.close();
  });

  it('gives open questions up when it is closed', async () => {
    const server = await DnsServer.start([], { 'slow.example': 'silent' });
    const dns = systemDns([server.address], { timeout: 60_000, tries: 1 });
    const question = expect(dns.a('slow.example')).rejects.toMatchObject({ code: 'ECANCELLED' });
    await server.asked('A slow.example');
    dns.close?.();
    await question;
    await server.close();
  });

  it('never asks for names of this machine (RFC 6761 §6.3)', async () => {
    const server = await DnsServer.start([]);
    const dns = systemDns([server.address]);
    expect(await dns.a('localhost')).toEqual(['127.0.0.1']);
    expect(await dns.aaaa('phone.localhost')).toEqual(['::1']);
    expect(await dns.srv('_sip._udp.localhost')).toEqual([]);
    expect(await dns.naptr('localhost')).toEqual([]);
    expect(server.questions).toEqual([]);
    await server.close();
  });

  it('refuses a server that is no address', () => {
    expect(() => systemDns(['dns.example'])).toThrow();
  });
});
