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
    };
  };
  if (def.innerType !== undefined) return keysOf(def.innerType, path);
  // A choice of one key is a key itself (the voice), a shape of numbers a value (the ports).
  if (def.type === 'union') {
    const shapes = (def.options ?? []).filter((option) => 'shape' in (option as object));
    const keys = path === 'flows.apology' ? [] : shapes.flatMap((option) => keysOf(option, path));
    return [path, ...keys];
  }
  if (def.shape === undefined || path === 'media.ports') return [path];
  return Object.entries(def.shape).flatMap(([key, inner]) =>
    keysOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

const rows = rowsBelow(page, 'Keys');
const documented = rows.map(([key = '']) => key.replaceAll('`', ''));

describe('the keys on the page', () => {
  it('are those of the schema, every one and no other', () => {
    expect([...new Set(documented)].sort()).toEqual([...new Set(keysOf(configSchema))].sort());
  });

  it('have the defaults of the configuration', () => {
    const resolved = resolveConfig({}, origin);
    const values: Record<string, unknown> = {};
    for (const [section, value] of Object.entries<unknown>({ ...resolved })) {
      if (typeof value !== 'object' || value === null) values[section] = value;
      else
        Object.entries(value as Record<string, unknown>).forEach(([key, inner]) => {
          values[`${section}.${key}`] = inner;
        });
    }
    const wrong = rows.flatMap(([key = '', shown = '']) => {
      const name = key.replaceAll('`', '');
      if (name.startsWith('prompts.voice.') || !(name in values)) return [];
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

function agrees(shown: string, value: unknown): boolean {
  if (shown.startsWith('none')) return value === undefined || JSON.stringify(value) === '[]';
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
  const path = name.split('.');
  const base = name.startsWith('prompts.voice.') ? { type: 'google', language: 'en-US' } : {};
  const config = path.reduceRight<unknown>(
    (inner, key, depth) =>
      depth === path.length - 1 ? { ...base, [key]: inner } : { [key]: inner },
    value,
  );
  return mistakesOf(config);
}

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
    const [block] = blocksOf(page).filter(({ language }) => language === 'text');
    const config = {
      sip: { maxCals: 10, listen: ['udp:5060'], ringTimeout: 20 },
      media: { ports: { min: 10_001, max: 10_000 } },
      log: { level: 'verbose' },
    };
    expect(block?.text.trim().split('\n')).toEqual(mistakesOf(config));
  });
});

describe('the environment variables on the page', () => {
  it('are heeded', () => {
    const { sip, log } = resolveConfig(
      {},
      {
        ...origin,
        environment: {
          CALLCHART_LISTEN: 'udp:127.0.0.1:5070, tcp:[::1]:5071',
          CALLCHART_EXTERNAL_ADDRESS: '203.0.113.7',
          CALLCHART_LOG_LEVEL: 'warn',
        },
      },
    );
    expect(sip.listen.map(({ port }) => port)).toEqual([5070, 5071]);
    expect(sip.externalAddress).toBe('203.0.113.7');
    expect(log.level).toBe('warn');
    for (const name of ['LISTEN', 'EXTERNAL_ADDRESS', 'LOG_LEVEL', 'GOOGLE_API_KEY']) {
      expect(readPage(page)).toContain(`\`CALLCHART_${name}\``);
    }
  });
});
