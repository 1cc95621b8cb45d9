import { readFileSync } from 'node:fs';
import type ts from 'typescript';

type TypeScript = typeof ts;

/** Where states are written: from their names to lines. */
export interface StateLines {
  /** From 1; undefined when the state is not written in the file as such. */
  lineOf(state: string): number | undefined;
  /** Of the machine itself. */
  readonly machine: number | undefined;
}

/** Loaded when there is something to locate: it takes a third of a second. */
function typescript(): TypeScript {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- large, and needed for findings only
  return require('typescript') as TypeScript;
}

/**
 * Finds the states of a machine in its source, through constants, spreads and helper functions of the same file.
 * A file that cannot be read, or whose machine comes from elsewhere, has no lines.
 *
 * @param id the machine's id, where a file has several.
 */
export function locateStates(file: string, id: string): StateLines {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { lineOf: () => undefined, machine: undefined };
  }
  const locator = new Locator(typescript(), file, text);
  const config = locator.machine(id);
  return {
    lineOf: (state) => (config === undefined ? undefined : locator.lineOf(config, state)),
    machine: config === undefined ? undefined : locator.line(config),
  };
}

class Locator {
  private readonly source: ts.SourceFile;
  private readonly named = new Map<string, ts.Node>();

  constructor(
    private readonly t: TypeScript,
    file: string,
    text: string,
  ) {
    this.source = t.createSourceFile(file, text, t.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (t.isVariableDeclaration(node) && t.isIdentifier(node.name) && node.initializer) {
        this.named.set(node.name.text, node.initializer);
      } else if (t.isFunctionDeclaration(node) && node.name !== undefined) {
        this.named.set(node.name.text, node);
      }
      t.forEachChild(node, visit);
    };
    visit(this.source);
  }

  line(node: ts.Node): number {
    return this.source.getLineAndCharacterOfPosition(node.getStart(this.source)).line + 1;
  }

  /** The configuration given to `createMachine`. */
  machine(id: string): ts.Node | undefined {
    const { t } = this;
    const found: ts.Node[] = [];
    const visit = (node: ts.Node): void => {
      if (t.isCallExpression(node)) {
        const { expression, arguments: given } = node;
        const name = t.isPropertyAccessExpression(expression)
          ? expression.name.text
          : t.isIdentifier(expression)
            ? expression.text
            : '';
        if (name === 'createMachine' && given[0] !== undefined) found.push(given[0]);
      }
      t.forEachChild(node, visit);
    };
    visit(this.source);
    return found.find((config) => this.textOf(this.member(config, 'id')) === id) ?? found[0];
  }

  lineOf(config: ts.Node, state: string): number | undefined {
    let at: ts.Node | undefined = config;
    let line = this.line(config);
    for (const name of state === '' ? [] : state.split('.')) {
      const states: ts.Node | undefined = this.member(at, 'states');
      const property: ts.Node | undefined = this.property(states, name);
      if (property === undefined) return undefined;
      line = this.line(property);
      at = this.valueOf(property);
    }
    return line;
  }

  private textOf(node: ts.Node | undefined): string | undefined {
    return node !== undefined && this.t.isStringLiteralLike(node) ? node.text : undefined;
  }

  private member(node: ts.Node | undefined, name: string): ts.Node | undefined {
    const property = this.property(node, name);
    return property === undefined ? undefined : this.valueOf(property);
  }

  private valueOf(property: ts.Node): ts.Node {
    return this.t.isPropertyAssignment(property) ? property.initializer : property;
  }

  /** The member of an object, or of one of those that it spreads, the last first. */
  private property(node: ts.Node | undefined, name: string, depth = 0): ts.Node | undefined {
    const { t } = this;
    for (const object of this.objects(node, depth)) {
      for (const property of [...object.properties].reverse()) {
        if (t.isSpreadAssignment(property)) {
          const found = this.property(property.expression, name, depth + 1);
          if (found !== undefined) return found;
        } else if (property.name !== undefined && this.nameOf(property.name) === name) {
          return property;
        }
      }
    }
    return undefined;
  }

  private nameOf(name: ts.PropertyName): string | undefined {
    const { t } = this;
    if (t.isComputedPropertyName(name)) return this.textOf(name.expression);
    return 'text' in name ? name.text : undefined;
  }

  /** The object literals that an expression may stand for. */
  private objects(node: ts.Node | undefined, depth: number): ts.ObjectLiteralExpression[] {
    const { t } = this;
    // Functions may call themselves.
    if (node === undefined || depth > 20) return [];
    const inside = (next: ts.Node | undefined): ts.ObjectLiteralExpression[] =>
      this.objects(next, depth + 1);
    if (t.isObjectLiteralExpression(node)) return [node];
    if (t.isShorthandPropertyAssignment(node)) return inside(this.named.get(node.name.text));
    if (t.isIdentifier(node)) return inside(this.named.get(node.text));
    if (
      t.isParenthesizedExpression(node) ||
      t.isAsExpression(node) ||
      t.isSatisfiesExpression(node) ||
      t.isNonNullExpression(node)
    ) {
      return inside(node.expression);
    }
    if (t.isConditionalExpression(node)) {
      return [...inside(node.whenTrue), ...inside(node.whenFalse)];
    }
    // A helper's result, or what it was given: `state({ … })`.
    if (t.isCallExpression(node)) {
      return [
        ...(t.isIdentifier(node.expression) ? inside(node.expression) : []),
        ...node.arguments.flatMap(inside),
      ];
    }
    if (t.isFunctionDeclaration(node) || t.isFunctionExpression(node) || t.isArrowFunction(node)) {
      return this.returned(node.body).flatMap(inside);
    }
    return [];
  }

  private returned(body: ts.Node | undefined): ts.Node[] {
    const { t } = this;
    if (body === undefined) return [];
    if (!t.isBlock(body)) return [body];
    const found: ts.Node[] = [];
    const visit = (node: ts.Node): void => {
      if (t.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
      if (!t.isFunctionLike(node)) t.forEachChild(node, visit);
    };
    t.forEachChild(body, visit);
    return found;
  }
}
