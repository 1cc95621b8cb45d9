import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** The element of a class in the typings of a voice document: what it may have. */
export interface TypedElement {
  readonly attributes: ReadonlySet<string>;
  /** Classes of elements that may stand in it. */
  readonly children: ReadonlySet<string>;
}

/** Reads the `twilio` package's typings of voice documents: classes are elements, by their methods come children. */
export function readTwimlTypings(): ReadonlyMap<string, TypedElement> {
  const path = require.resolve('twilio/lib/twiml/VoiceResponse.d.ts');
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const interfaces = new Map<string, Set<string>>();
  const classes = new Map<string, ts.ClassDeclaration>();
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node)) {
      const members = interfaces.get(node.name.text) ?? new Set();
      for (const { name } of node.members) {
        if (name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name))) {
          members.add(name.text);
        }
      }
      interfaces.set(node.name.text, members);
    } else if (ts.isClassDeclaration(node) && node.name !== undefined) {
      classes.set(node.name.text, node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const attributes = new Map([...classes.keys()].map((name) => [name, new Set<string>()]));
  const children = new Map([...classes.keys()].map((name) => [name, new Set<string>()]));
  for (const [name, declaration] of classes) {
    for (const member of declaration.members) {
      if (!ts.isMethodDeclaration(member)) continue;
      const child = lastName(member.type);
      if (child === undefined || !classes.has(child)) continue;
      children.get(name)?.add(child);
      for (const { type } of member.parameters) {
        for (const attribute of interfaces.get(lastName(type) ?? '') ?? []) {
          attributes.get(child)?.add(attribute);
        }
      }
    }
  }
  return new Map(
    [...classes.keys()].map((name) => [
      name,
      {
        attributes: attributes.get(name) ?? new Set<string>(),
        children: children.get(name) ?? new Set<string>(),
      },
    ]),
  );
}

/** `VoiceResponse.Dial` as `Dial`. */
function lastName(type: ts.TypeNode | undefined): string | undefined {
  if (type === undefined || !ts.isTypeReferenceNode(type)) return undefined;
  return ts.isQualifiedName(type.typeName) ? type.typeName.right.text : type.typeName.text;
}

/** The names of voices in the typings. */
export function readTypedVoices(): readonly string[] {
  const path = require.resolve('twilio/lib/twiml/VoiceResponse.d.ts');
  const [, union = ''] = /type SayVoice = ([^;]*);/.exec(readFileSync(path, 'utf8')) ?? [];
  return union.split('|').map((name) => name.trim().replace(/"/g, ''));
}
