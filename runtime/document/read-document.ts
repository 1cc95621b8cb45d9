import { absolute } from './context';
import type { DocumentDialect, DocumentProblem } from './port';
import type { CallDocument, Verb, VerbBody } from './verbs';

/** More verbs than anybody hears. */
const mostVerbs = 1_000;

const here = { name: 'audio', line: 1, column: 1 };

/** Reads what a web app has answered; URLs of sounds in it are absolute then. */
export function readDocument(
  dialects: readonly DocumentDialect[],
  {
    text,
    contentType,
    url,
  }: { readonly text: string; readonly contentType: string; readonly url: string },
): CallDocument | DocumentProblem {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  // A sound is a document that plays it.
  if (type.startsWith('audio/')) {
    return { verbs: [{ place: here, verb: 'play', input: { prompt: { url } } }], warnings: [] };
  }
  const dialect = dialects.find((each) => each.accepts(type));
  if (dialect === undefined) {
    const problem =
      type === ''
        ? 'the answer has no content type: say application/json or application/xml'
        : `nobody reads ${type}: answer application/json or application/xml`;
    return { problem, line: 0, column: 0 };
  }
  const document = dialect.parse(text);
  if ('problem' in document) return document;
  if (document.verbs.length > mostVerbs) {
    return { problem: `it has more than ${mostVerbs} verbs`, line: 0, column: 0 };
  }
  return { ...document, verbs: document.verbs.map((verb) => withAbsoluteSounds(verb, url)) };
}

function withAbsoluteSounds(verb: Verb, base: string): Verb {
  if (!('input' in verb)) return verb;
  const input = absoluteIn(verb.input, base);
  // The same input but for its URLs.
  return input === verb.input ? verb : ({ ...verb, input } as Verb & VerbBody);
}

/** The value with every `url` in it made absolute; itself when there is none. */
function absoluteIn(value: unknown, base: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => absoluteIn(item, base));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  let changed: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const next =
      name === 'url' && typeof member === 'string'
        ? absolute(base, member)
        : absoluteIn(member, base);
    if (next !== member) (changed ??= { ...value })[name] = next;
  }
  return changed ?? value;
}
