import type * as FastXml from 'fast-xml-parser';
import { describeError } from '../../core/errors';
import { tidyText } from './plain-text';

/** Milliseconds, by the names of SSML. */
const STRENGTHS: Readonly<Record<string, number>> = {
  none: 0,
  'x-weak': 100,
  weak: 200,
  medium: 400,
  strong: 700,
  'x-strong': 1_000,
};
/** Of one break, milliseconds: as much as a prompt's silence would rarely be. */
const LONGEST_BREAK = 10_000;
/** Values of `interpret-as` that are read sign by sign. */
const SPELT = new Set(['characters', 'digits', 'spell-out', 'verbatim', 'telephone']);
/** Elements behind which a sentence ends. */
const SENTENCES = new Set(['s', 'p']);

/** What a voice without SSML makes of it: words, and milliseconds of silence. */
export type SpokenPart = { readonly text: string } | { readonly silence: number };

/** For those alone who use SSML: a server without any starts sooner. */
function xml(): typeof FastXml {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- problems are told at once, so import() is too late
  return require('fast-xml-parser') as typeof FastXml;
}

/** The whole document: what a prompt gives is the inside of `<speak>`, or has it already. */
export function speakDocument(ssml: string): string {
  return /^\s*(<\?xml[^>]*>\s*)?<speak[\s>]/.test(ssml) ? ssml.trim() : `<speak>${ssml}</speak>`;
}

/** What is wrong with SSML, and where; undefined if it is well-formed. */
export function ssmlProblem(ssml: string): string | undefined {
  const document = speakDocument(ssml);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- moved to a package of its own, the same otherwise
  const result = xml().XMLValidator.validate(document);
  // Entities of one's own can be made to grow without end.
  if (result === true)
    return /<!DOCTYPE/i.test(document) ? 'SSML must not have a DOCTYPE.' : undefined;
  const { msg, line, col } = result.err;
  const reason = msg.replace(/ \(opened in [^)]*\)/, '').replace(/\.$/, '');
  const added = document === ssml.trim() || line > 1 ? 0 : '<speak>'.length;
  return `The SSML is not well-formed: ${reason} (line ${line}, column ${Math.max(1, col - added)}). Close every element, and write & as &amp; and < as &lt;.`;
}

/** Plain text as it stands inside of markup. */
export function escapeText(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&apos;');
}

/** What a voice that knows no SSML says of it. Throws an `Error` when it is not well-formed. */
export function spokenParts(ssml: string): SpokenPart[] {
  const problem = ssmlProblem(ssml);
  if (problem !== undefined) throw new Error(problem);
  const collector = new Collector();
  collector.take(parse(speakDocument(ssml)), false);
  return collector.finish();
}

type Node = Readonly<Record<string, unknown>>;

function parse(document: string): unknown {
  try {
    return new (xml().XMLParser)({
      preserveOrder: true,
      ignoreAttributes: false,
      attributeNamePrefix: '',
      trimValues: false,
      parseTagValue: false,
      ignoreDeclaration: true,
      ignorePiTags: true,
      htmlEntities: true,
    }).parse(document) as unknown;
  } catch (error) {
    throw new Error(`The SSML cannot be read: ${describeError(error)}`, { cause: error });
  }
}

class Collector {
  private readonly parts: SpokenPart[] = [];
  private text = '';

  take(nodes: unknown, spelt: boolean): void {
    if (!Array.isArray(nodes)) return;
    for (const node of nodes as Node[]) {
      const attributes = (node[':@'] ?? {}) as Readonly<Record<string, string>>;
      for (const [name, content] of Object.entries(node)) {
        if (name === ':@') continue;
        if (name === '#text') this.text += spelt ? spellOut(String(content)) : String(content);
        else this.element(name, attributes, content, spelt);
      }
    }
  }

  finish(): SpokenPart[] {
    this.flush();
    return this.parts;
  }

  private element(
    name: string,
    attributes: Readonly<Record<string, string>>,
    content: unknown,
    spelt: boolean,
  ): void {
    if (name === 'break') return this.silence(breakOf(attributes));
    if (name === 'sub' && attributes['alias'] !== undefined) {
      this.text += attributes['alias'];
      return;
    }
    const spells = name === 'say-as' && SPELT.has(attributes['interpret-as'] ?? '');
    this.take(content, spelt || spells);
    if (SENTENCES.has(name) && /[\p{L}\p{N}]\s*$/u.test(this.text)) this.text += '. ';
  }

  private silence(duration: number): void {
    this.flush();
    if (duration > 0) this.parts.push({ silence: duration });
  }

  private flush(): void {
    const text = tidyText(this.text);
    this.text = '';
    if (text !== '') this.parts.push({ text });
  }
}

function breakOf({ time, strength }: Readonly<Record<string, string>>): number {
  const found = /^\s*\+?(\d+(?:\.\d+)?|\.\d+)\s*(ms|s)\s*$/.exec(time ?? '');
  if (found === null) return STRENGTHS[strength ?? 'medium'] ?? 400;
  const duration = Number(found[1]) * (found[2] === 's' ? 1_000 : 1);
  return Math.min(LONGEST_BREAK, duration);
}

function spellOut(text: string): string {
  return ` ${Array.from(text.replace(/[\s-]+/g, '')).join(', ')} `;
}
