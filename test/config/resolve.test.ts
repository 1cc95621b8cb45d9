import { ConfigError, resolveConfig } from '../../runtime/config/resolve';
import type { CallchartConfig } from '../../runtime/core/config';

const origin = { source: 'callchart.config.ts', directory: '/srv/phone', environment: {} };

function problems(config: unknown, environment: Record<string, string> = {}): readonly string[] {
  try {
    resolveConfig(config, { ...origin, environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  it('may be empty: then it listens on loopback only', () => {
    const { sip } = resolveConfig({}, origin);
    expect(sip.listen).toEqual([
      { protocol: 'UDP', host: '127.0.0.1', port: 5060 },
      { protocol: 'TCP', host: '127.0.0.1', port: 5060 },
    ]);
  });

  it('has paths that are relative to its file', () => {
    const config = resolveConfig({ records: { directory: 'log/calls' } }, origin);
    expect(config.records.directory).toBe('/srv/phone/log/calls');
    expect(config.flows.directory).toBe('/srv/phone/flows');
  });

  it('serves only the named files when it names no folder', () => {
    const config = resolveConfig({ flows: { files: ['a.flow.ts'] } }, origin);
    expect(config.flows).toMatchObject({ directory: undefined, files: ['/srv/phone/a.flow.ts'] });
  });

  it('is in the language of the one voice that it names, unless it says otherwise', () => {
    const language = (prompts: CallchartConfig['prompts']): string =>
      resolveConfig({ prompts }, origin).prompts.language;
    const german = { type: 'google', language: 'de-DE' } as const;
    expect(language({ voice: german })).toBe('de-DE');
    expect(language({ voice: [{ type: 'espeak', language: 'fr' }] })).toBe('fr');
    expect(language({ voice: german, language: 'en' })).toBe('en');
    expect(language({ voice: [german, { type: 'espeak' }] })).toBe('en');
    expect(language({ voice: german, voices: { fr: { type: 'espeak' } } })).toBe('en');
    expect(language({ voices: { de: german } })).toBe('de-DE');
    expect(language({ voice: { type: 'flite' } })).toBe('en');
    expect(language({ voice: { type: 'google', language: 'cmn-Hans-CN-x' } })).toBe('en');
  });

  it('reads IPv6 listeners', () => {
    const { sip } = resolveConfig({ sip: { listen: ['tcp:[::1]:5070'] } }, origin);
    expect(sip.listen).toEqual([{ protocol: 'TCP', host: '::1', port: 5070 }]);
  });

  it('reads what a listener says of encryption', () => {
    const { sip } = resolveConfig(
      { sip: { listen: ['udp:127.0.0.1:5060;srtp=off', 'tcp:[::1]:5070; srtp=Required'] } },
      origin,
    );
    expect(sip.listen.map(({ srtp }) => srtp)).toEqual(['off', 'required']);
  });

  it('is outranked by the environment', () => {
    const config = resolveConfig(
      { sip: { listen: ['udp:127.0.0.1:1'] }, log: { level: 'warn' } },
      {
        ...origin,
        environment: {
          CALLCHART_LISTEN: 'udp:127.0.0.1:5080, tcp:127.0.0.1:5080',
          CALLCHART_EXTERNAL_ADDRESS: '203.0.113.9',
          CALLCHART_LOG_LEVEL: 'debug',
        },
      },
    );
    expect(config.sip.listen.map((one) => one.port)).toEqual([5080, 5080]);
    expect(config.sip.externalAddress).toBe('203.0.113.9');
    expect(config.log.level).toBe('debug');
  });
});

describe('a wrong configuration', () => {
  it.each([
    [
      { sip: { maxCall: 5 } },
      'callchart.config.ts: sip.maxCall: no such setting; did you mean maxCalls? (allowed here: listen, externalAddress, localNetworks, tls, nameservers, maxCalls, ringTimeout, maxCallDuration, sessionExpires, minSessionExpires)',
    ],
    [
      { sip: { maxCalls: 'many' } },
      'callchart.config.ts: sip.maxCalls: must be a whole number from 1 to 1000000',
    ],
    [
      { sip: { maxCalls: 1.5 } },
      'callchart.config.ts: sip.maxCalls: must be a whole number from 1 to 1000000',
    ],
    [
      { sip: { listen: ['udp:127.0.0.1:5060', 'upd:127.0.0.1:5060'] } },
      'callchart.config.ts: sip.listen[1]: must be udp:, tcp:, tls:, ws: or wss:, an IP address and a port, such as "udp:127.0.0.1:5060"',
    ],
    [
      { sip: { listen: ['tls:0.0.0.0:5061;srtp=yes'] } },
      'callchart.config.ts: sip.listen[0]: behind the address may stand ;srtp=off, ;srtp=allowed or ;srtp=required',
    ],
    [
      { media: { toneCountry: 'Germany' } },
      'callchart.config.ts: media.toneCountry: must be the two letters of a country: at, au, be, br, ca, ch, cn, cz, de, dk, es, fi, fr, gb, gr, hu, ie, il, in, it, jp, mx, nl, no, nz, pl, pt, ru, se, us, za',
    ],
    [
      { media: { codecs: ['GSM'] } },
      'callchart.config.ts: media.codecs[0]: must be "PCMU", "PCMA", "G722", "opus" or "L16"',
    ],
    [
      { media: { ports: { min: 10_001, max: 10_100 } } },
      'callchart.config.ts: media.ports: must be an even port, { min, max } with min below max, 1024 to 65535',
    ],
    [
      { prompts: { voice: { type: 'siri' } } },
      'callchart.config.ts: prompts.voice.type: must be { type: "flite" }, { type: "google", language: "en-US" } or { type: "espeak", language: "de" }, or a list of these',
    ],
    [
      { flows: { apology: 7 } },
      'callchart.config.ts: flows.apology: must be the name of a prompt, or { say: "text" }',
    ],
    [
      { sip: 'udp' },
      'callchart.config.ts: sip: must be an object with listen, externalAddress, localNetworks, tls, nameservers, maxCalls, ringTimeout, maxCallDuration, sessionExpires, minSessionExpires',
    ],
    [
      { sip: { sessionExpires: 30_000 } },
      'callchart.config.ts: sip.sessionExpires: must be 0, or a whole number from 90000 to 86400000 (milliseconds)',
    ],
  ])('%j is refused with its path and what is allowed', (config, expected) => {
    expect(problems(config)).toEqual([expected]);
  });

  it('reports everything at once', () => {
    expect(problems({ drainTimeout: -1, colour: 'red', log: { level: 'loud' } })).toHaveLength(3);
  });

  it('is refused when it is not an object at all', () => {
    expect(problems('hello')[0]).toMatch(/^callchart\.config\.ts: the configuration: /);
  });

  it('in the environment is refused by the same rules', () => {
    expect(problems({}, { CALLCHART_LISTEN: 'nonsense' })).toEqual([
      'environment (CALLCHART_…): sip.listen[0]: must be udp:, tcp:, tls:, ws: or wss:, an IP address and a port, such as "udp:127.0.0.1:5060"',
    ]);
  });
});
