import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, pages, root } from './support/pages';

/** The options of each command, by its whole name (`users add`), as the sources declare them. */
const commands = new Map<string, ReadonlySet<string>>();
const folder = join(root, 'runtime/cli');
const sources = readdirSync(folder)
  .filter((name) => name === 'main.ts' || /^(?!server).*-commands\.ts$/.test(name))
  .map((name) => readFileSync(join(folder, name), 'utf8'));
/** Those that only hold others. */
const parents = ['users', 'prompts', 'keys', 'events'];
/** Options that are declared once, for several commands. */
const shared = new Map(
  Array.from(
    sources.join('\n').matchAll(/const (\w+Option) = \[\s*'([^']+)'/g),
    ([, name = '', option = '']) => [name, option] as const,
  ),
);
for (const source of sources) {
  const declared =
    /(program|users|prompts|keys|events)\s*\.command\('(\w+)'\)(.*?)(?=(?:program|users|prompts|keys|events)\s*\.command\(|$)/gs;
  for (const [, parent = '', name = '', rest = ''] of source.matchAll(declared)) {
    const text = rest.replace(/\.\.\.(\w+Option)/g, (_, each: string) => {
      return `'${shared.get(each) ?? ''}'`;
    });
    const options = Array.from(
      text.matchAll(/[oO]ption\(\s*'([^']+)'/g),
      ([, option = '']) => option,
    );
    const flags = options.flatMap((option) => option.match(/--?[a-z-]+/g) ?? []);
    commands.set(parent === 'program' ? name : `${parent} ${name}`, new Set(flags));
  }
}

interface Line {
  readonly where: string;
  readonly text: string;
}

const shown: readonly Line[] = pages.flatMap((page) =>
  blocksOf(page)
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => /^\$ (?:npx )?callchart /.test(line))
    .map((text) => ({ where: page, text })),
);
const helped: readonly Line[] = sources.flatMap((source) =>
  Array.from(
    source.matchAll(/\$ (?:[^\n\\]*\| |CALLCHART_\S+ )?callchart [^\n\\`]*/g),
    ([text]) => {
      return { where: 'the help', text };
    },
  ),
);

/** The command of a line and its flags; what is in quotes is a value. */
function read({ text }: Line): { readonly command: string; readonly flags: readonly string[] } {
  const plain = text.replace(/'\)?,?$/, '').replace(/'[^']*'|"[^"]*"/g, 'VALUE');
  const [, call = ''] = /\bcallchart (.*)/.exec(plain) ?? [];
  const words = (call.split(/\s+(?:[#|&>]|\s{2})/)[0] ?? '').trim().split(/\s+/);
  const [first = '', second = ''] = words;
  const command = commands.has(`${first} ${second}`) ? `${first} ${second}` : first;
  // `-18` is a number, and `-` standard output.
  return { command, flags: words.filter((word) => /^--?[a-z]/i.test(word)) };
}

describe('the commands that pages and help show', () => {
  it('are found in the sources and in the pages', () => {
    expect([...commands.keys()]).toEqual(
      expect.arrayContaining(['serve', 'trunks', 'originate', 'users add', 'registrations']),
    );
    expect(commands.get('users add')).toContain('--generate');
    expect(shown.length).toBeGreaterThan(15);
    expect(helped.length).toBeGreaterThan(20);
  });

  it.each([...shown, ...helped])('$where: $text', (line) => {
    const { command, flags } = read(line);
    const known = commands.get(command);
    expect({ command, known: known !== undefined }).toEqual({ command, known: true });
    expect(flags.filter((flag) => known?.has(flag) !== true)).toEqual([]);
  });

  it('leave no command without an example', () => {
    const named = new Set([...shown, ...helped].map((line) => read(line).command));
    expect(
      [...commands.keys()].filter((name) => !parents.includes(name) && !named.has(name)),
    ).toEqual([]);
  });
});
