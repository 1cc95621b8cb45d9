import type { z } from 'zod';
import { closest } from '../core/suggest';

type Issue = z.core.$ZodIssue;

/** A line for each key or value that is wrong, with its path and what is allowed. */
export function describeIssues(issues: readonly Issue[], schema: unknown): string[] {
  const lines = new Map<string, string>();
  for (const issue of issues.flatMap((one) => withoutUnions(one, []))) {
    const path = formatPath(issue.path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const full = formatPath([...issue.path, key]);
        lines.set(full, `${full}: ${unknownKey(key, keysAt(schema, issue.path))}`);
      }
    } else if (!lines.has(path)) {
      lines.set(path, `${path === '' ? 'the configuration' : path}: ${messageOf(issue)}`);
    }
  }
  return [...lines.values()];
}

/** What is wrong with a key of a record is said by the key's own schema. */
function messageOf(issue: Issue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

/**
 * Of a setting with several forms: where the value has the kind of one of them, what is wrong with it as such;
 * else the message of the whole.
 */
function withoutUnions(issue: Issue, outer: readonly PropertyKey[]): Issue[] {
  const path = [...outer, ...issue.path];
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.filter((branch) => branch.every((one) => isOfKind(one)));
    if (meant.length === 1) return (meant[0] ?? []).flatMap((one) => withoutUnions(one, path));
  }
  return [{ ...issue, path }];
}

/** Whether the value had the form, but something in it was wrong. */
function isOfKind(issue: Issue): boolean {
  if (issue.path.length > 0 || issue.code === 'unrecognized_keys') return true;
  return issue.code === 'custom' || issue.code === 'too_small' || issue.code === 'too_big';
}

function unknownKey(key: string, allowed: readonly string[]): string {
  const near = closest(key, allowed);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `no such setting${hint} (allowed here: ${allowed.join(', ')})`;
}

export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** The keys that the schema knows at a path. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let at: readonly unknown[] = [schema];
  for (const part of path) at = at.flatMap((one) => membersAt(one, part));
  return [...new Set(at.flatMap((one) => shapesOf(one)).flatMap((one) => Object.keys(one)))];
}

interface Definition {
  readonly innerType?: unknown;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly options?: readonly unknown[];
}

function definitionOf(schema: unknown): Definition {
  return (schema as { readonly def?: Definition } | undefined)?.def ?? {};
}

function membersAt(schema: unknown, part: PropertyKey): readonly unknown[] {
  const { innerType, element, valueType, options } = definitionOf(schema);
  if (innerType !== undefined) return membersAt(innerType, part);
  if (options !== undefined) return options.flatMap((option) => membersAt(option, part));
  if (element !== undefined && typeof part === 'number') return [element];
  if (valueType !== undefined) return [valueType];
  return shapesOf(schema).flatMap((shape) => shape[String(part)] ?? []);
}

function shapesOf(schema: unknown): readonly Readonly<Record<string, unknown>>[] {
  const { innerType, options } = definitionOf(schema);
  if (innerType !== undefined) return shapesOf(innerType);
  if (options !== undefined) return options.flatMap(shapesOf);
  const shape = (schema as { readonly shape?: Readonly<Record<string, unknown>> }).shape;
  return shape === undefined ? [] : [shape];
}
