import { availableParallelism } from 'node:os';
import { ConfigError, resolveConfig, type ResolvedConfig } from '../../runtime/config/resolve';
import { configSchema } from '../../runtime/config/schema';
import { blocksOf, readPage, rowsBelow } from './support/pages';

const page = 'docs/configuration.md';
const origin = { source: 'callchart.config.ts', directory: '/srv/phone', environment: {} };

/** The paths of a schema's keys; sections that hold others are left out, alternatives are joined. */
function keysOf(schema: unknown, path = ''): string[] {
  const { def } = schema as {
    def: {
      type: string;
      innerType?: unknown;
      shape?: Record<string, unknown>;
      options?: unknown[];
      valueType?: unknown;
      element?: unknown;
    };
  };
  if (def.innerType !== undefined) return keysOf(def.innerType, path);
  // Where the names are the user's own, one stands for all; elements of a list, too.
  if (def.valueType !== undefined && isShape(def.valueType)) {
    return path === 'sip.tls.names' ? [path] : keysOf(def.valueType, `${path}.<name>`);
  }
  if (def.element !== undefined && isShape(def.element)) {
    return path === 'sip.externalAddress' ? [] : keysOf(def.element, `${path}[]`);
  }
  // A choice of one key is a key itself (the voice), a shape of numbers a value (the ports).
  if (def.type === 'union') {
    const shapes = (def.options ?? []).flatMap(shapesOf);
    const keys =
      path === 'flows.apology' || path === 'media.holdMusic'
        ? []
        : shapes.flatMap((option) => keysOf(option, path));
    return [path, ...keys];
  }
  if (def.shape === undefined || path === 'media.ports') return [path];
  return Object.entries(def.shape).flatMap(([key, inner]) =>
    keysOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

/** The shapes of a choice, and of a choice in it. */
function shapesOf(option: unknown): unknown[] {
  const { def } = option as { def: { type: string; options?: unknown[] } };
  if (def.type === 'union') return (def.options ?? []).flatMap(shapesOf);
  return isShape(option) ? [option] : [];
}

function isShape(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && 'shape' in schema;
}

const rows = rowsBelow(page, 'Keys');
const documented = rows.map(([key = '']) => key.replaceAll('`', ''));

describe('the keys on the page', () => {
  it('are those of the schema, every one and no other', () => {
    expect([...new Set(documented)].sort()).toEqual([...new Set(keysOf(configSchema))].sort());
  });

  it('have the defaults of the configuration', () => {
    const resolved = resolveConfig({ trunks: { name: account } }, origin);
    const values = valuesOf(resolved);
    const wrong = rows.flatMap(([key = '', shown = '']) => {
      const name = key.replaceAll('`', '');
      if (name.startsWith('prompts.voice.') || !(name in values)) return [];
      // Set above, because a trunk must have them.
      if (['servers', 'username', 'password'].some((set) => name === `trunks.<name>.${set}`))
        return [];
      return agrees(shown, values[name])
        ? []
        : [`${name}: ${shown} is ${JSON.stringify(values[name])}`];
    });
    expect(wrong).toEqual([]);
  });

  it('have the ranges of the schema', () => {
    const wrong = rows.flatMap(([key = '', , allowed = '']) => {
      const range = /(?:^|or )(-?[\d. ]+?) to (-?[\d ]+)$/.exec(allowed);
      const name = key.replaceAll('`', '');
      if (range === null) return [];
      const [least, most] = [range[1], range[2]].map((text) => Number(text?.replaceAll(' ', '')));
      return [least, most].some((value) => problemsOf(name, value).length > 0) ||
        [(least ?? 0) - 1, (most ?? 0) + 1].some((value) => problemsOf(name, value).length === 0)
        ? [`${name}: ${allowed}`]
        : [];
    });
    expect(wrong).toEqual([]);
  });
});

const account = { servers: 'sip:carrier.example', username: 'user', password: 'secret' };

/** What stands at each path of a configuration, whole sections included. */
function valuesOf(value: unknown, path = ''): Record<string, unknown> {
  const own = path === '' ? {} : { [path.replace('trunks.name', 'trunks.<name>')]: value };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return own;
  return Object.entries(value).reduce(
    (all, [key, inner]) => ({ ...all, ...valuesOf(inner, path === '' ? key : `${path}.${key}`) }),
    own,
  );
}

function agrees(shown: string, value: unknown): boolean {
  if (shown.startsWith('none')) {
    return value === undefined || ['[]', '{}'].includes(JSON.stringify(value));
  }
  if (shown === 'the cores less one, at least 1') {
    return value === Math.max(1, availableParallelism() - 1);
  }
  if (typeof value === 'number') return Number(shown.replaceAll(' ', '')) === value;
  const said = literal(/^`(.*?)`/.exec(shown)?.[1] ?? '');
  if (typeof said === 'string') return value === said || value === `/srv/phone/${said}`;
  if (Array.isArray(said) && shown.includes('udp:')) {
    const texts = (value as ResolvedConfig['sip']['listen']).map(
      ({ protocol, host, port }) => `${protocol.toLowerCase()}:${host}:${port}`,
    );
    return JSON.stringify(texts) === JSON.stringify(said);
  }
  return JSON.stringify(said) === JSON.stringify(value);
}

/** A TypeScript literal as the value that it writes. */
function literal(code: string): unknown {
  const json = code
    .replaceAll("'", '"')
    .replace(/(\d)_(?=\d)/g, '$1')
    .replace(/([{,]\s*)(\w+):/g, '$1"$2":');
  return JSON.parse(json);
}

function problemsOf(name: string, value: unknown): readonly string[] {
  const path = name.replace('<name>', 'name').replace('[]', '').split('.');
  const config = path.reduceRight<unknown>((inner, key, depth) => {
    const parent = path.slice(0, depth).join('.');
    return { ...(needed[parent] ?? {}), [key]: inner };
  }, value);
  if (path[0] !== 'routes') return mistakesOf(config);
  return mistakesOf({ routes: [(config as { routes: unknown }).routes] });
}

/** What has to stand beside a setting for it to be looked at. */
const needed: Readonly<Record<string, object>> = {
  'prompts.voice': { type: 'google', language: 'en-US' },
  recognizer: { type: 'google' },
  'trunks.name': account,
  'routes.gateway': { to: '100' },
};

function mistakesOf(config: unknown): readonly string[] {
  try {
    resolveConfig(config, origin);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
}

describe('the messages on the page', () => {
  it('are those that are given', () => {
    const [block, between] = blocksOf(page).filter(({ language }) => language === 'text');
    const config = {
      sip: { maxCals: 10, listen: ['udp:5060'], ringTimeout: 20 },
      trunks: { carrier: { servers: 'carrier.example' } },
      routes: [{ when: { dialled: '199-100' }, flow: 'reception' }],
      media: { ports: { min: 10_001, max: 10_000 } },
      log: { level: 'verbose' },
    };
    expect(block?.text.trim().split('\n')).toEqual(mistakesOf(config));
    const single = {
      sip: { listen: ['tls:0.0.0.0:5061'] },
      trunks: { carrier: { servers: 'sip:carrier.example' } },
      routes: [
        { when: { dialled: '1*' }, flow: 'reception' },
        { when: { trunk: 'carier' }, flow: 'reception' },
        { when: { dialled: '100' }, flow: 'echo' },
      ],
    };
    expect(between?.text.trim().split('\n')).toEqual(mistakesOf(single));
  });
});

describe('the environment variables on the page', () => {
  it('are heeded', () => {
    const { sip, log, trunks, http, web } = resolveConfig(
      { trunks: { 'my-carrier': { ...account, password: undefined } } },
      {
        ...origin,
        environment: {
          CALLCHART_LISTEN: 'udp:127.0.0.1:5070, tcp:[::1]:5071',
          CALLCHART_EXTERNAL_ADDRESS: '203.0.113.7',
          CALLCHART_LOG_LEVEL: 'warn',
          CALLCHART_WEBHOOK_KEYS: 'new, old',
          CALLCHART_HTTP_LISTEN: '127.0.0.1:8080',
          CALLCHART_TLS_CERTIFICATE: '/run/certificate.pem',
          CALLCHART_TLS_KEY: '/run/key.pem',
          CALLCHART_TRUNK_MY_CARRIER_PASSWORD: 'secret',
        },
      },
    );
    expect(sip.tls).toMatchObject({ certificate: '/run/certificate.pem', key: '/run/key.pem' });
    expect(trunks['my-carrier']?.password).toBe('secret');
    expect(sip.listen.map(({ port }) => port)).toEqual([5070, 5071]);
    expect(sip.externalAddress).toBe('203.0.113.7');
    expect(log.level).toBe('warn');
    expect(web.signingKeys).toEqual(['new', 'old']);
    expect(http?.listen).toEqual({ host: '127.0.0.1', port: 8080 });
    for (const name of [
      'LISTEN',
      'EXTERNAL_ADDRESS',
      'LOG_LEVEL',
      'WEBHOOK_KEYS',
      'HTTP_LISTEN',
      'TLS_CERTIFICATE',
      'TLS_KEY',
      'TRUNK_MY_CARRIER_PASSWORD',
      'GOOGLE_API_KEY',
    ]) {
      expect(readPage(page)).toContain(`\`CALLCHART_${name}\``);
    }
  });
});
