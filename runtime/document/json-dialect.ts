import { describeError } from '../core/errors';
import { closest } from '../core/suggest';
import { checkInput } from '../flow/input-check';
import { isCallActorName } from '../flow/actors';
import { placeOf, verbPlaces, type Place } from './element-places';
import { jsonVerbs, required, type JsonVerbName } from './json-verbs';
import { toVerb } from './json-to-verb';
import type { DocumentDialect, DocumentProblem } from './port';
import type { CallDocument, DocumentWarning, Verb } from './verbs';

/** Documents of our own: a list of verbs that are named as the call actors are. */
export const jsonDialect: DocumentDialect = {
  name: 'JSON',
  accepts: (type) => type === 'application/json' || type.endsWith('+json'),
  parse: parseJsonDocument,
};

/** Characters of a document. */
const longest = 1_000_000;
/** What reads it may do so by recursion. */
const deepest = 50;
/** More than anybody hears. */
const mostVerbs = 1_000;
const mostWarnings = 100;
/** Characters of a warning, which may quote what the app has written. */
const longestWarning = 300;

export function parseJsonDocument(text: string): CallDocument | DocumentProblem {
  if (text.length > longest) {
    return { problem: `it has more than ${longest} characters`, line: 0, column: 0 };
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const message = describeError(error);
    // Of short texts it shows where by the text itself.
    const offset = /position (\d+)/.exec(message)?.[1];
    const place = offset === undefined ? { line: 0, column: 0 } : placeOf(text, Number(offset));
    return { problem: `it is no JSON: ${message}`, ...place };
  }
  const verbs = listOf(parsed);
  if (verbs === undefined) {
    const problem = 'it must be a list of verbs, or { "verbs": […] }';
    return { problem, line: 1, column: 1 };
  }
  if (verbs.length > mostVerbs) {
    return { problem: `it has more than ${mostVerbs} verbs`, line: 0, column: 0 };
  }
  if (isDeeper(verbs)) {
    return { problem: `it is nested more than ${deepest} deep`, line: 0, column: 0 };
  }
  const places = verbPlaces(text);
  const reader = new VerbReader();
  let index = 0;
  for (const value of verbs) {
    // What is no object has no place of its own.
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const place = (isObject ? places[index] : undefined) ?? { line: 1, column: 1 };
    if (isObject) index += 1;
    reader.read(value, place);
  }
  return { verbs: reader.verbs, warnings: reader.warnings };
}

function listOf(parsed: unknown): readonly unknown[] | undefined {
  if (Array.isArray(parsed)) return parsed as readonly unknown[];
  if (typeof parsed !== 'object' || parsed === null || !('verbs' in parsed)) return undefined;
  return Array.isArray(parsed.verbs) ? (parsed.verbs as readonly unknown[]) : undefined;
}

function isDeeper(document: unknown): boolean {
  let level: unknown[] = [document];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

class VerbReader {
  readonly verbs: Verb[] = [];
  readonly warnings: DocumentWarning[] = [];

  read(value: unknown, place: Place): void {
    if (typeof value !== 'object' || value === null || !('verb' in value)) {
      this.warn(place, 'what has no "verb" is left out');
      return;
    }
    const { verb: name, ...members } = value;
    if (!isVerbName(name)) {
      // An object may have a `toString` that is none.
      const written = typeof name === 'string' ? name : JSON.stringify(name);
      const near = closest(written, Object.keys(jsonVerbs));
      const hint = near === undefined ? '' : `: did you mean "${near}"?`;
      this.warn(place, `there is no verb "${written}"${hint}`);
      return;
    }
    const given = this.members(name, members, place);
    const missing = required[name]?.find((member) => given[member] === undefined);
    if (missing !== undefined) {
      this.warn(place, `${name} needs "${missing}", and is left out`);
      return;
    }
    const verb = toVerb(name, given, { name, ...place });
    const problem = inputProblem(verb);
    if (problem === undefined) this.verbs.push(verb);
    else this.warn(place, `${name} is left out: ${problem}`);
  }

  private members(
    verb: JsonVerbName,
    members: Readonly<Record<string, unknown>>,
    place: Place,
  ): Readonly<Record<string, unknown>> {
    const known: Readonly<Record<string, { safeParse(value: unknown): SafeResult }>> =
      jsonVerbs[verb];
    const given: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(members)) {
      const type = Object.hasOwn(known, name) ? known[name] : undefined;
      if (type === undefined) {
        const near = closest(name, Object.keys(known));
        const hint = near === undefined ? '' : `: did you mean "${near}"?`;
        this.warn(place, `${verb} has no "${name}"${hint}`);
        continue;
      }
      const result = type.safeParse(value);
      if (result.success) given[name] = result.data;
      else this.warn(place, `"${name}" of ${verb} is left out: ${firstIssue(result)}`);
    }
    return given;
  }

  private warn({ line, column }: Place, message: string): void {
    if (this.warnings.length >= mostWarnings) return;
    const shown = message.replace(/\s+/g, ' ').slice(0, longestWarning);
    this.warnings.push({ message: shown, line, column });
  }
}

type SafeResult =
  | { readonly success: true; readonly data: unknown }
  | {
      readonly success: false;
      readonly error: {
        readonly issues: readonly {
          readonly message: string;
          readonly path: readonly PropertyKey[];
        }[];
      };
    };

function firstIssue({ error }: Extract<SafeResult, { readonly success: false }>): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'it does not fit';
  const path = issue.path.map(String).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

function isVerbName(name: unknown): name is JsonVerbName {
  return typeof name === 'string' && Object.hasOwn(jsonVerbs, name);
}

/** What the call actor would refuse. */
function inputProblem(verb: Verb): string | undefined {
  // A dial's targets are checked with what becomes of them.
  if (!('input' in verb) || verb.verb === 'dial' || !isCallActorName(verb.verb)) return undefined;
  return checkInput(verb.verb, verb.input);
}
