import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The members of `name` in the typings of Twilio's client: what it reads of a resource. */
function typedMembers(file: string, name: string): readonly string[] {
  const root = join(require.resolve('twilio/package.json'), '..');
  const path = join(root, 'lib/rest/api/v2010/account', file);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const found = source.statements.find(
    (each): each is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(each) && each.name.text === name,
  );
  if (found === undefined) throw new Error(`${file} has no ${name}`);
  return found.members.map(({ name: member }) => member?.getText(source) ?? '');
}

/** Each member that the client's typings have is there, if only with nothing. */
export function membersOf(file: string, name: string): object {
  const members = typedMembers(file, name);
  expect(members.length).toBeGreaterThan(5);
  return {
    asymmetricMatch: (value: object) => members.every((member) => member in value),
    toString: () => `all of ${members.join(', ')}`,
  };
}
