import { parseUri } from '../../../runtime/sip/message/uri';
import { literalResolver } from '../../../runtime/sip/resolve/destination';

describe('the resolver of literals', () => {
  it('takes transport, port and maddr from the URI', () => {
    expect(literalResolver.resolve(parseUri('sip:192.0.2.1'))).toEqual([
      { protocol: 'UDP', host: '192.0.2.1', port: 5060 },
    ]);
    expect(literalResolver.resolve(parseUri('sips:a.example;maddr=192.0.2.1'))).toEqual([
      { protocol: 'TLS', host: '192.0.2.1', port: 5061, serverName: 'a.example' },
    ]);
  });

  it('refuses names', () => {
    expect(() => literalResolver.resolve(parseUri('sip:example.com'))).toThrow('example.com');
    literalResolver.close();
  });
});
