import { ConfigError, resolveConfig } from '../../runtime/config/resolve';

const origin = { source: 'callchart.config.ts', directory: '/srv/phone', environment: {} };

function problems(web: unknown): readonly string[] {
  try {
    resolveConfig({ web }, origin);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.problems : [String(error)];
  }
}

describe('web', () => {
  it('takes hosts in all their forms', () => {
    const allow = [
      ...['localhost', 'localhost:3000', '*.internal.example', '*.example:443', 'bücher.example'],
      ...['10.0.0.0/8', '10.1.2.3', '10.0.0.0/8:8080', 'fd00::/8', '[fd00::1]:8080'],
    ];
    expect(problems({ allow })).toEqual([]);
  });

  it.each([
    'http://localhost:3000',
    '*',
    '10.0.0.0/40',
    'a b',
    'localhost:0',
    'localhost:99999',
    '',
  ])('names what is no host: %j', (host) => {
    expect(problems({ allow: [host] })).toEqual([
      'web.allow[0]: must be a host, such as "localhost:3000", "*.internal.example" or "10.0.0.0/8"',
    ]);
  });

  it('has its file beside the configuration, and its keys from the environment alone', () => {
    const environment = { CALLCHART_WEBHOOK_KEYS: ' new ,old,' };
    const { web } = resolveConfig({ web: { ca: 'inside.pem' } }, { ...origin, environment });
    expect(web).toMatchObject({ ca: '/srv/phone/inside.pem', signingKeys: ['new', 'old'] });
    expect(problems({ signingKeys: ['secret'] })).toHaveLength(1);
  });
});
