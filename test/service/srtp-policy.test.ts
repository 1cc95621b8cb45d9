import { resolveConfig } from '../../runtime/config/resolve';
import { encryptionOf, srtpPolicyOf } from '../../runtime/service/srtp-policy';
import type { Channel } from '../../runtime/sip/transport/port';

const origin = { source: 'callchart.config.ts', directory: '/srv/phone', environment: {} };

function config(listen: readonly string[], srtp: 'off' | 'allowed' | 'required' = 'allowed') {
  const tls = { certificate: 'a.pem', key: 'b.pem' };
  return resolveConfig({ sip: { listen, tls }, media: { srtp } }, origin);
}

function channel(protocol: Channel['protocol'], host: string, port: number): Channel {
  return {
    protocol,
    reliable: protocol !== 'UDP',
    local: { host, port },
    remote: { host: '192.0.2.1', port: 5060 },
    send: () => undefined,
  };
}

describe('the encryption of a call', () => {
  const policy = srtpPolicyOf(
    config([
      'udp:0.0.0.0:5060',
      'tls:10.0.0.1:5061;srtp=required',
      'tls:10.0.0.2:5061;srtp=off',
      'tcp:[::]:0;srtp=off',
    ]),
  );

  it.each([
    ['UDP', '10.0.0.1', 5060, 'allowed'],
    ['TLS', '10.0.0.1', 5061, 'required'],
    ['TLS', '10.0.0.2', 5061, 'off'],
    ['TCP', 'fd00::1', 40_000, 'off'],
    // A connection of ours, from a port of its own.
    ['TLS', '10.0.0.1', 50_000, 'required'],
    // Of no listener.
    ['WSS', '10.0.0.1', 443, 'allowed'],
  ] as const)(
    'over %s from %s:%d is what the listener says: %s',
    (protocol, host, port, expected) => {
      expect(policy(channel(protocol, host, port))).toBe(expected);
    },
  );

  it('over a connection of ours is the strictest of what it could be', () => {
    const both = srtpPolicyOf(
      config(['tls:0.0.0.0:5061;srtp=off', 'tls:0.0.0.0:5062;srtp=required']),
    );
    expect(both(channel('TLS', '10.0.0.1', 50_000))).toBe('required');
  });

  it('is that of media.srtp where the listener says nothing', () => {
    const strict = srtpPolicyOf(config(['udp:0.0.0.0:5060'], 'required'));
    expect(strict(channel('UDP', '10.0.0.1', 5060))).toBe('required');
    expect(strict(channel('TCP', '10.0.0.1', 5060))).toBe('required');
  });
});

describe('keys that others can read', () => {
  it('are warned of once', () => {
    const warnings: string[] = [];
    const logger = {
      ...{ debug: () => undefined, info: () => undefined, error: () => undefined },
      warn: (_: object, message: string) => warnings.push(message),
    };
    const { onExposedKeys } = encryptionOf(config(['udp:0.0.0.0:5060']), logger);
    onExposedKeys?.(channel('UDP', '10.0.0.1', 5060));
    onExposedKeys?.(channel('UDP', '10.0.0.1', 5060));
    expect(warnings).toEqual([expect.stringContaining('use TLS')]);
  });
});
