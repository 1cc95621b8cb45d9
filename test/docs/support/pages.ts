import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Flow, type LoadFlowsOptions, loadFlows } from '../../../runtime/flow/load';

export const root = join(__dirname, '..', '..', '..');

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** Every page that a reader is led to, relative to the root. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...markdownIn('docs'),
  ...markdownIn('docs/decisions'),
];

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`);
}

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const fenced = readPage(page).matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return Array.from(fenced, ([, language = '', text = '']) => ({ language, text }));
}

/** The rows of a page's tables below a heading, cells without their blanks; the head rows are left out. */
export function rowsBelow(page: string, heading: string): string[][] {
  const text = readPage(page);
  const start = text.search(new RegExp(`^#+ ${heading}$`, 'm'));
  if (start < 0) throw new Error(`${page} has no heading "${heading}"`);
  const rest = text.slice(start).replace(/^.*\n/, '');
  const level = /^#+/.exec(text.slice(start))?.[0].length ?? 1;
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'));
  const lines = (end < 0 ? rest : rest.slice(0, end)).split('\n');
  return lines
    .filter((line, index) => line.startsWith('|') && !isHead(lines, index))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function isHead(lines: readonly string[], index: number): boolean {
  const rule = /^\|[\s:|-]+\|$/;
  return rule.test(lines[index] ?? '') || rule.test(lines[index + 1] ?? '');
}

/** A TypeScript example that was written to a file of its own. */
export interface Example {
  readonly page: string;
  readonly kind: 'flow' | 'test' | 'config' | 'module';
  readonly file: string;
}

/**
 * Writes the TypeScript examples of all pages below `.cache/`, where `callchart` and `xstate` are found,
 * a folder for each page. A flow's file is named for its machine. What is a part of a module is made whole.
 */
export function writeExamples(name: string): Example[] {
  const folder = join(root, '.cache', 'docs', name);
  rmSync(folder, { recursive: true, force: true });
  return pages.flatMap((page) => {
    const own = join(folder, basename(page, '.md').toLowerCase());
    let configs = 0;
    return blocksOf(page)
      .filter(({ language }) => language === 'ts')
      .map((block, index): Example => {
        const text = wholeModule(block.text, index, configs);
        const { kind, file } = nameOf(text, index, configs);
        if (kind === 'config') configs += 1;
        mkdirSync(own, { recursive: true });
        const path = join(own, file);
        if (existsSync(path)) throw new Error(`${page} has two examples of the name ${file}`);
        writeFileSync(path, text);
        return { page, kind, file: path };
      });
  });
}

/**
 * A part of a state becomes the first state of a flow, with those that it leads to; a part of a configuration joins
 * the configuration that the page showed before.
 */
function wholeModule(text: string, index: number, configs: number): string {
  if (text.startsWith('invoke: {')) {
    const ends = new Set(Array.from(text.matchAll(/: '(done|message)'/g), ([, name]) => name));
    return [
      "import { callActors, choices } from 'callchart';",
      "import { setup } from 'xstate';",
      'export default setup({ actors: callActors }).createMachine({',
      `  id: 'part-${index}',`,
      "  initial: 'first',",
      `  states: { first: { ${text} },`,
      ...Array.from(ends, (name) => `    ${name}: { type: 'final' },`),
      '  },',
      '});',
      '',
    ].join('\n');
  }
  if (!/^\w+: [[{]/.test(text)) return text;
  const [before, rest] =
    configs === 0 ? ['', ''] : [`import before from './config-${configs - 1}';`, '...before,'];
  return [
    before,
    "import { defineConfig } from 'callchart';",
    `export default defineConfig({ ${rest}`,
    `${text}});`,
    '',
  ].join('\n');
}

function nameOf(text: string, index: number, configs: number): Pick<Example, 'kind' | 'file'> {
  const id = /\.createMachine\(\{\s*id: '([\w-]+)'/.exec(text)?.[1];
  if (id !== undefined) return { kind: 'flow', file: `${id}.flow.ts` };
  if (/^test\(/m.test(text)) return { kind: 'test', file: `example-${index}.ts` };
  if (text.includes('defineConfig(')) return { kind: 'config', file: `config-${configs}.ts` };
  return { kind: 'module', file: `module-${index}.ts` };
}

/** The flow of an example, loaded as the server loads it. */
export function loadExample(example: Example, options: LoadFlowsOptions = {}): Flow {
  const { flows, problems } = loadFlows([example.file], {
    ...options,
    // Jest's own: it reads TypeScript and knows where `callchart` is.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a flow is known by its path only
    require: (file) => require(file) as unknown,
  });
  if (problems[0] !== undefined) throw problems[0];
  const [flow] = flows;
  if (flow === undefined) throw new Error(`${example.file} holds no flow`);
  return flow;
}
