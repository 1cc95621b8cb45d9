import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');

/**
 * Who may import whom, besides itself. Imports go one way, down; a room that is not in the table does
 * not exist, so a new folder fails here until it has its place.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['core'],
  'sip/message': ['core'],
  'sip/transaction': ['core', 'sip/message'],
  'sip/transport': ['core', 'sip/message'],
  'sip/auth': ['core', 'sip/message'],
  'sip/resolve': ['core', 'sip/message', 'sip/transport'],
  'sip/dialog': ['core', 'sip/message', 'sip/transaction', 'sip/transport'],
  'sip/ua': [
    'core',
    'sip/message',
    'sip/auth',
    'sip/resolve',
    'sip/transaction',
    'sip/transport',
    'sip/dialog',
  ],
  'sip/server': [
    'core',
    'sip/message',
    'sip/auth',
    'sip/resolve',
    'sip/transaction',
    'sip/transport',
    'sip/ua',
  ],
  routing: ['core', 'sip/message'],
  trunk: [
    'core',
    'routing',
    'sip/message',
    'sip/auth',
    'sip/resolve',
    'sip/transaction',
    'sip/transport',
    'sip/ua',
  ],
  web: ['core'],
  sdp: ['core'],
  media: ['core'],
  recognize: ['core', 'web'],
  prompt: ['core', 'web'],
  store: ['core', 'sip/auth', 'sip/transport', 'sip/server'],
  call: [
    'core',
    'sip/message',
    'sip/auth',
    'sip/transport',
    'sip/ua',
    'sdp',
    'media',
    'recognize',
    'prompt',
    'store',
  ],
  // Media streams over WebSocket.
  stream: ['core', 'web', 'media', 'call'],
  flow: ['core', 'web', 'media', 'prompt', 'call', 'stream'],
  document: ['core', 'web', 'prompt', 'call', 'flow'],
  twiml: ['core', 'web', 'prompt', 'call', 'flow', 'document'],
  // What those outside are told of calls, durably.
  events: ['core', 'web', 'store', 'call'],
  simulate: ['core', 'web', 'media', 'prompt', 'call', 'stream', 'flow', 'document', 'twiml'],
  explore: ['core', 'prompt', 'call', 'flow', 'simulate'],
  graph: ['core', 'prompt', 'call', 'flow', 'simulate'],
  replay: ['core', 'media', 'prompt', 'call', 'flow', 'store', 'simulate'],
  control: ['core'],
  service: [
    'core',
    'config',
    'sip/message',
    'sip/auth',
    'sip/resolve',
    'sip/transaction',
    'sip/transport',
    'sip/ua',
    'sip/server',
    'routing',
    'trunk',
    'web',
    'recognize',
    'media',
    'prompt',
    'store',
    'call',
    'stream',
    'flow',
    'document',
    'twiml',
    'events',
  ],
  // The API and its server; whoever calls it needs `client` alone.
  http: [
    'core',
    'config',
    'web',
    'trunk',
    'sip/server',
    'sip/transport',
    'media',
    'prompt',
    'store',
    'call',
    'flow',
    'document',
    'twiml',
    'events',
    'service',
  ],
  client: ['core', 'http'],
  cli: [
    'core',
    'config',
    'control',
    'routing',
    'trunk',
    'web',
    'service',
    'events',
    'http',
    'client',
    'sip/auth',
    'sip/resolve',
    'sip/server',
    'sip/message',
    'sip/transaction',
    'sip/transport',
    'sip/ua',
    'sdp',
    'media',
    'prompt',
    'store',
    'call',
    'flow',
    'simulate',
    'explore',
    'graph',
    'replay',
    'main',
  ],
};

/** Files at the top of `runtime/`: the composition root may know everything, the public face all that it shows. */
const top = ['index', 'main', 'testing'];

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return ts.preProcessFile(text, true, true).importedFiles.map((found) => found.fileName);
}

/** The room of a file: the longest name in the table that its path begins with. */
function roomOf(file: string): string {
  const path = relative('runtime', file).split(sep).join('/');
  const rooms = Object.keys(allowed).filter((room) => path.startsWith(`${room}/`));
  const room = rooms.sort((a, b) => b.length - a.length)[0];
  return room ?? path.replace(/\.ts$/, '');
}

const graph = new Map<string, string[]>();
for (const file of files('runtime')) {
  const local = imports(file).filter((name) => name.startsWith('.'));
  graph.set(
    file,
    local.map((name) => {
      const path = normalize(join(dirname(file), name));
      const known = [`${path}.ts`, join(path, 'index.ts')];
      return known.find((candidate) => allFiles().has(candidate)) ?? path;
    }),
  );
}

function allFiles(): Set<string> {
  return new Set(files('runtime'));
}

describe('the layers of the house', () => {
  it('has a place in the table for every file', () => {
    const homeless = [...graph.keys()].filter((file) => {
      const room = roomOf(file);
      return !(room in allowed) && !top.includes(room);
    });
    expect(homeless).toEqual([]);
  });

  it('imports only downwards', () => {
    const wrong: string[] = [];
    for (const [file, targets] of graph) {
      const room = roomOf(file);
      if (top.includes(room)) continue;
      for (const target of targets) {
        const other = roomOf(target);
        if (other !== room && !(allowed[room] ?? []).includes(other)) {
          wrong.push(`${file} imports ${target}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has no cycle of imports between files', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const target of valueImports(file)) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('lets flows import only the public package and xstate, and node itself', () => {
    const wrong = files('flows').flatMap((file) =>
      imports(file)
        .filter((name) => name !== 'callchart' && name !== 'xstate' && !name.startsWith('node:'))
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

/** Imports that exist at run time: a type may point anywhere its layer allows. */
function valueImports(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
  );
  const names: string[] = [];
  for (const statement of source.statements) {
    const isImport = ts.isImportDeclaration(statement);
    if (!isImport && !ts.isExportDeclaration(statement)) continue;
    const typeOnly = isImport
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : statement.isTypeOnly;
    const specifier = statement.moduleSpecifier;
    if (typeOnly || specifier === undefined || !ts.isStringLiteral(specifier)) continue;
    names.push(specifier.text);
  }
  const local = new Set(names.filter((name) => name.startsWith('.')));
  return (graph.get(file) ?? []).filter((target) =>
    [...local].some((name) => {
      const path = normalize(join(dirname(file), name));
      return target === `${path}.ts` || target === join(path, 'index.ts');
    }),
  );
}
