import { readFileSync } from 'node:fs';
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import { describeError } from '../core/errors';
import { closest } from '../core/suggest';
import { isPromptName } from './directory';
import { wordsOf } from './ssml-words';
import { ssmlProblem } from './tts/ssml';

/** Bytes; a larger manifest is refused. */
const MAX_SIZE = 8 * 1024 * 1024;
const MAX_DEPTH = 8;
const MEMBERS = ['text', 'ssml', 'voice'] as const;

type Members = { -readonly [Member in (typeof MEMBERS)[number]]?: string };

/** What a manifest says about one prompt. */
export interface ManifestText {
  /** What is said; of a text in SSML, its words. */
  readonly text: string;
  /** The inside of `<speak>`; then it is what the voice gets. */
  readonly ssml: string | undefined;
  /** Who says it, as `voice` of `{ say }`. */
  readonly voice: string | undefined;
  readonly manifest: string;
  /** Counted from one. */
  readonly line: number;
}

export interface Manifest {
  /** By name: `welcome`, `digits/1`. */
  readonly texts: ReadonlyMap<string, ManifestText>;
  /** Each as a sentence with file, line and remedy. */
  readonly problems: readonly string[];
}

/** Reads a manifest, name to text. Never throws: what is wrong is among the problems. */
export function readManifest(path: string): Manifest {
  let source: Buffer;
  try {
    source = readFileSync(path);
  } catch (error) {
    return failed(`${path} cannot be read: ${describeError(error)}. Check who may read it.`);
  }
  if (source.length > MAX_SIZE) {
    return failed(`${path} has more than ${MAX_SIZE / 1024 / 1024} MB. Keep texts alone in it.`);
  }
  return parseManifest(source.toString('utf8'), path);
}

/** As {@link readManifest}, of a manifest that has been read; `path` is for messages. */
export function parseManifest(source: string, path: string): Manifest {
  return new ManifestReader(source, path);
}

class ManifestReader implements Manifest {
  readonly texts = new Map<string, ManifestText>();
  readonly problems: string[] = [];
  private readonly lines = new LineCounter();
  private readonly document: Document;

  constructor(
    source: string,
    private readonly path: string,
  ) {
    // Failsafe: all is text. In YAML's own types "no" would be false, and 1 a number.
    this.document = parseDocument(source, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.lines,
    });
    const broken = this.document.errors[0];
    if (broken !== undefined) {
      this.report(
        broken.pos[0],
        `this is not YAML: ${broken.message.replace(/\.?$/, '.')} A line is a name, a colon, a blank and a text; put a text that holds ": " or " #" into quotes.`,
      );
    } else if (isMap(this.document.contents)) {
      this.collect(this.document.contents, '', 0);
    } else if (this.document.contents !== null) {
      this.report(
        0,
        'a manifest is a list of names with their texts. Write lines such as "welcome: Good morning."',
      );
    }
  }

  private collect(map: Node, prefix: string, depth: number): void {
    if (!isMap(map)) return;
    for (const { key, value } of map.items) {
      const at = offsetOf(key) ?? offsetOf(map) ?? 0;
      const name = isScalar(key) ? prefix + String(key.value) : undefined;
      if (name === undefined || !isPromptName(name)) {
        this.report(
          at,
          `${name === undefined ? 'this' : `"${name}"`} cannot be the name of a prompt. Names have letters, digits, blanks and _ - . between single /, as welcome or digits/1.`,
        );
        continue;
      }
      const node = isAlias(value) ? value.resolve(this.document) : value;
      if (isMap(node) && !isText(node)) {
        // A map behind an alias could hold itself.
        if (depth < MAX_DEPTH && !isAlias(value)) this.collect(node, `${name}/`, depth + 1);
        else
          this.report(at, `"${name}" is nested too deep. Write names such as menu/main: instead.`);
      } else {
        this.add(name, node, at);
      }
    }
  }

  private add(name: string, node: unknown, at: number): void {
    const other = this.texts.get(name);
    if (other !== undefined) {
      this.report(at, `"${name}" has a text on line ${other.line} already. Remove one of the two.`);
      return;
    }
    const found = isMap(node) ? this.members(name, node) : this.plain(name, node, at);
    if (found === undefined) return;
    const { text, ssml, voice } = found;
    const said = text ?? (ssml === undefined ? undefined : wordsOf(ssml));
    if (said === undefined) return;
    const line = this.lines.linePos(at).line;
    this.texts.set(name, { text: said, ssml, voice, manifest: this.path, line });
  }

  private members(name: string, map: Node): Members | undefined {
    const found: Members = {};
    if (!isMap(map)) return undefined;
    for (const { key, value } of map.items) {
      const at = offsetOf(key) ?? 0;
      const member = isScalar(key) ? String(key.value) : '';
      const known = MEMBERS.find((each) => each === member);
      if (known === undefined) {
        const meant = closest(member, MEMBERS);
        this.report(
          at,
          `"${name}" has a member "${member}".${meant === undefined ? '' : ` Did you mean "${meant}"?`} A text has text, ssml and voice; prompts below it are named apart, as "${name}/${member}:".`,
        );
        return undefined;
      }
      const text = this.textOf(name, isAlias(value) ? value.resolve(this.document) : value, at);
      if (text === undefined) return undefined;
      const wrong = known === 'ssml' ? ssmlProblem(text) : undefined;
      if (wrong !== undefined) {
        this.report(at, `"${name}": ${wrong}`);
        return undefined;
      }
      found[known] = text;
    }
    return found;
  }

  private plain(name: string, node: unknown, at: number): Members | undefined {
    const text = this.textOf(name, node, at);
    return text === undefined ? undefined : { text };
  }

  private textOf(name: string, node: unknown, at: number): string | undefined {
    if (node !== null && node !== undefined && !isScalar(node)) {
      this.report(
        at,
        `"${name}" is a list. Give it one text, in quotes if it begins with a bracket.`,
      );
      return undefined;
    }
    const text = (typeof node?.value === 'string' ? node.value : '').trim();
    const nothing = text === '' || (node?.type === 'PLAIN' && /^(?:~|null)$/i.test(text));
    if (!nothing) return text;
    this.report(
      at,
      `"${name}" has no text. Write what is said behind the colon, or remove the line.`,
    );
    return undefined;
  }

  private report(offset: number, message: string): void {
    this.problems.push(`${this.path}:${this.lines.linePos(offset).line}: ${message}`);
  }
}

/** Whether a map is a text with its members, and not a folder of names. */
function isText(map: Node): boolean {
  return (
    isMap(map) &&
    map.items.some(
      ({ key, value }) =>
        isScalar(key) && (key.value === 'text' || key.value === 'ssml') && !isMap(value),
    )
  );
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function failed(problem: string): Manifest {
  return { texts: new Map(), problems: [problem] };
}
