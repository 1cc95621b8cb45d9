import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { readPage, root, rowsBelow } from './support/pages';

const page = 'docs/architecture.md';

/** The table `allowed` of the layering test, read from its source. */
function allowed(): Record<string, string[]> {
  const text = readFileSync(join(root, 'test/layering.test.ts'), 'utf8');
  const file = ts.createSourceFile('layering.test.ts', text, ts.ScriptTarget.Latest, true);
  const table: Record<string, string[]> = {};
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === 'allowed') {
      const { initializer } = node;
      if (initializer === undefined || !ts.isObjectLiteralExpression(initializer)) return;
      for (const member of initializer.properties) {
        if (!ts.isPropertyAssignment(member)) continue;
        const rooms = (member.initializer as ts.ArrayLiteralExpression).elements;
        table[(member.name as ts.Identifier | ts.StringLiteral).text] = rooms.map(
          (room) => (room as ts.StringLiteral).text,
        );
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return table;
}

function words(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, word = '']) => word);
}

describe('docs/architecture.md', () => {
  it('has the rooms and imports of the layering test', () => {
    const rows = rowsBelow(page, 'The rooms').map(([room = '', , imports = '']) => [
      words(room)[0],
      words(imports),
    ]);
    expect(Object.fromEntries(rows)).toEqual(allowed());
  });

  it('names files that exist', () => {
    const named = words(readPage(page)).filter((word) => /^[\w/-]+\.ts$/.test(word));
    const folders = ['', 'runtime', 'test', 'runtime/sip'];
    const missing = named.filter(
      (name) =>
        !folders.some((folder) => existsSync(join(root, folder, name))) && name !== 'port.ts',
    );
    expect(missing).toEqual([]);
  });
});
