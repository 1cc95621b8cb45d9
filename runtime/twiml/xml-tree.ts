import { SaxesParser } from 'saxes';

/** Where something begins in a document: both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface XmlAttribute extends Place {
  readonly name: string;
  readonly value: string;
}

/** Text and CDATA, with entities put in. */
export interface XmlText {
  readonly text: string;
}

export interface XmlElement extends Place {
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly content: readonly (XmlElement | XmlText)[];
}

/** Why a text is no XML that is read. */
export interface XmlProblem extends Place {
  readonly problem: string;
}

/** No answer of an app is so long, so deep or so wide. */
export interface XmlLimits {
  /** UTF-16 units. */
  readonly size: number;
  readonly depth: number;
  readonly elements: number;
}

export const XML_LIMITS: XmlLimits = { size: 1_000_000, depth: 30, elements: 10_000 };

interface OpenElement extends XmlElement {
  readonly attributes: XmlAttribute[];
  readonly content: (XmlElement | XmlText)[];
}

/** Ends the reading; what is wrong is told by {@link XmlProblem}. */
class Refused extends Error {
  constructor(readonly problem: XmlProblem) {
    super(problem.problem);
  }
}

/**
 * Reads a whole document into a tree. Comments and processing instructions are left out. A DOCTYPE is refused, and
 * with it all entities but XML's own five: none can grow. Never throws.
 */
export function readXml(text: string, limits: XmlLimits = XML_LIMITS): XmlElement | XmlProblem {
  if (text.length > limits.size) {
    return {
      problem: `The document is larger than ${limits.size} characters.`,
      line: 1,
      column: 1,
    };
  }
  try {
    return new Reader(limits).read(text);
  } catch (error) {
    if (error instanceof Refused) return error.problem;
    throw error;
  }
}

class Reader {
  private readonly parser = new SaxesParser({ xmlns: false, position: true });
  private readonly open: OpenElement[] = [];
  private root: XmlElement | undefined;
  private started: Place = { line: 1, column: 1 };
  private attributes: XmlAttribute[] = [];
  private elements = 0;

  constructor(private readonly limits: XmlLimits) {
    const { parser } = this;
    parser.on('error', (error) => this.refuse(tidied(error.message)));
    parser.on('doctype', () => this.refuse('A DOCTYPE is not allowed.'));
    parser.on('opentagstart', ({ name }) => {
      // The parser has read `<name` and one sign more.
      this.started = this.placeBefore(name.length + 2);
      this.attributes = [];
    });
    parser.on('attribute', ({ name, value }) => {
      // It has read up to the closing quote: an attribute of one line began there, one of several somewhere before.
      const place = this.placeBefore(name.length + value.length + 3);
      this.attributes.push({ name, value, ...place });
    });
    parser.on('opentag', ({ name }) => this.begin(name));
    parser.on('closetag', () => this.open.pop());
    parser.on('text', (text) => this.add(text));
    parser.on('cdata', (text) => this.add(text));
  }

  read(text: string): XmlElement {
    this.parser.write(text).close();
    if (this.root === undefined) this.refuse('The document is empty.');
    return this.root;
  }

  private begin(name: string): void {
    this.elements += 1;
    if (this.elements > this.limits.elements) {
      this.refuse(`There are more than ${this.limits.elements} elements.`);
    }
    if (this.open.length >= this.limits.depth) {
      this.refuse(`Elements stand more than ${this.limits.depth} deep in each other.`);
    }
    const element: OpenElement = {
      name,
      ...this.started,
      attributes: this.attributes,
      content: [],
    };
    this.root ??= element;
    this.open.at(-1)?.content.push(element);
    this.open.push(element);
  }

  private add(text: string): void {
    this.open.at(-1)?.content.push({ text });
  }

  private placeBefore(signs: number): Place {
    const { line, column } = this.parser;
    return { line, column: Math.max(1, column - signs + 1) };
  }

  private refuse(problem: string): never {
    const { line, column } = this.parser;
    throw new Refused({ problem, line, column: Math.max(1, column) });
  }
}

/** Without the place that the parser puts before it, and as a sentence. */
function tidied(message: string): string {
  const plain = message.replace(/^(\S*?:)?\d+:\d+:\s*/, '').replace(/\.$/, '');
  return `It is not well-formed XML: ${plain}.`;
}
