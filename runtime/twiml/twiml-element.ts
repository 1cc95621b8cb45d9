import { closest } from '../core/suggest';
import type { WebTarget } from '../document/verbs';
import type { AttributeRule, AttributeType, ElementRule } from './element-rules';
import { ELEMENTS } from './elements';
import type { Place, XmlAttribute, XmlElement } from './xml-tree';

/** Takes what is wrong with a document that is carried out all the same; a function where the words cost something. */
export type Warn = (place: Place, message: string | (() => string)) => void;

/** Characters of a name that may be misspelt. */
const LONGEST_NAME = 40;
const KEYS = /^[0-9*#]*$/;

/**
 * An element of a document, checked against the table: what is unknown has been warned of and left out. Its readers
 * give an attribute's value, or its default where it is absent or cannot be understood, which they warn of. What is not
 * available here is not among the children.
 */
export class TwimlElement {
  readonly children: readonly TwimlElement[];
  private readonly rule: ElementRule;
  private readonly attributes = new Map<string, XmlAttribute>();

  /** `key` is its row in the table. */
  constructor(
    readonly key: string,
    readonly xml: XmlElement,
    private readonly warn: Warn,
  ) {
    this.rule = ruleOf(key);
    for (const attribute of xml.attributes) this.takeAttribute(attribute);
    this.children = this.rule.support === 'no' ? [] : this.takeChildren();
  }

  get place(): Place {
    return { line: this.xml.line, column: this.xml.column };
  }

  get name(): string {
    return this.rule.name;
  }

  /** What stands in it as text, without the blanks around it; that of its children is not part of it. */
  get text(): string {
    return this.xml.content
      .map((part) => ('text' in part ? part.text : ''))
      .join('')
      .trim();
  }

  has(attribute: string): boolean {
    return this.attributes.has(attribute);
  }

  /** Warns of this element. */
  tell(message: string): void {
    this.warn(this.place, message);
  }

  string(name: string): string | undefined {
    const { type, default: fallback } = this.ruleFor(name, 'text', 'choice', 'keys', 'url');
    const attribute = this.attributes.get(name);
    if (attribute === undefined) return fallback;
    const value = type.kind === 'text' ? attribute.value : attribute.value.trim();
    const problem = problemWith(value, type);
    if (problem === undefined) return value;
    this.tellBad(attribute, problem, fallback);
    return fallback;
  }

  /** One that has a default, or is given. */
  flag(name: string): boolean {
    const { default: fallback } = this.ruleFor(name, 'boolean');
    const attribute = this.attributes.get(name);
    const value = attribute?.value.trim().toLowerCase() ?? fallback;
    if (value === 'true' || value === 'false') return value === 'true';
    if (attribute !== undefined) this.tellBad(attribute, 'true or false', fallback);
    return fallback === 'true';
  }

  /** Seconds become milliseconds. A word that may stand there instead is undefined: see {@link string}. */
  integer(name: string): number | undefined {
    const { type, default: fallback } = this.ruleFor(name, 'integer');
    if (type.kind !== 'integer') return undefined;
    const scale = type.unit === 's' ? 1_000 : 1;
    const standard = fallback === undefined ? undefined : Number(fallback) * scale;
    const attribute = this.attributes.get(name);
    if (attribute === undefined) return standard;
    const written = attribute.value.trim();
    if (type.words?.includes(written) === true) return undefined;
    const value = /^\d{1,15}$/.test(written) ? Number(written) : NaN;
    const { least, most = Infinity } = type;
    if (value >= least && value <= most) return value * scale;
    if (value > most) {
      this.warn(
        attribute,
        `${this.label(name)} may be ${most} at most, not ${written}: it is ${most} now.`,
      );
      return most * scale;
    }
    this.tellBad(attribute, rangeOf(type), fallback);
    return standard;
  }

  /** What stands there, as it is. */
  word(name: string): string | undefined {
    return this.attributes.get(name)?.value.trim();
  }

  /** Words of a list; those that are unknown are left out. */
  words(name: string): readonly string[] {
    const { type, default: fallback = '' } = this.ruleFor(name, 'list');
    const values = type.kind === 'list' ? type.values : [];
    const attribute = this.attributes.get(name);
    const written = (attribute?.value ?? fallback).split(/[\s,]+/).filter((word) => word !== '');
    const known = written.filter((word) => values.includes(word));
    if (attribute !== undefined && (known.length < written.length || written.length === 0)) {
      this.tellBad(attribute, `of ${values.join(', ')}`, known.join(' ') || fallback);
    }
    return known.length === 0 && attribute !== undefined ? splitWords(fallback) : known;
  }

  /** A URL and its method; undefined where there is no URL. */
  target(name = 'action', methodName = 'method'): WebTarget | undefined {
    const target = this.string(name);
    return target === undefined ? undefined : { url: target, method: this.method(methodName) };
  }

  method(name = 'method'): 'GET' | 'POST' {
    const { default: fallback } = this.ruleFor(name, 'method');
    const attribute = this.attributes.get(name);
    const value = attribute?.value.trim().toUpperCase() ?? fallback;
    if (value === 'GET' || value === 'POST') return value;
    if (attribute !== undefined) this.tellBad(attribute, 'GET or POST', fallback);
    return fallback === 'GET' ? 'GET' : 'POST';
  }

  private takeAttribute(attribute: XmlAttribute): void {
    const { name, value } = attribute;
    const rule = attributeRule(this.rule, name);
    if (rule === undefined) {
      // Namespaces say nothing here.
      if (/^xml(ns)?(:|$)/.test(name)) return;
      this.warn(attribute, () => {
        const near = meant(name, Object.keys(this.rule.attributes));
        const hint = near === undefined ? '' : ` Did you mean '${near}'?`;
        return `${this.label(name)} is unknown: it is ignored.${hint}`;
      });
    } else if (rule.support === 'no') {
      if (this.rule.support === 'no' || value === rule.default) return;
      const how = rule.how === undefined ? '' : `: ${rule.how}`;
      this.warn(attribute, `${this.label(name)} has no effect here${how}.`);
    } else {
      this.attributes.set(name, attribute);
    }
  }

  private takeChildren(): TwimlElement[] {
    const children: TwimlElement[] = [];
    let stray = false;
    for (const part of this.xml.content) {
      if ('text' in part) {
        stray ||= this.rule.text === 'none' && part.text.trim() !== '';
        continue;
      }
      const key = this.rule.children.find((child) => ruleOf(child).name === part.name);
      if (key === undefined) {
        this.tellUnknown(part);
        continue;
      }
      const child = new TwimlElement(key, part, this.warn);
      const { name, support, how = '' } = child.rule;
      if (support !== 'no') children.push(child);
      else child.tell(`<${name}> is not available here: it is skipped (${how}).`);
    }
    if (stray) this.tell(`Text within <${this.name}> is ignored: put it into <Say>.`);
    return children;
  }

  private tellUnknown(xml: XmlElement): void {
    const { name } = xml;
    this.warn(xml, () => {
      if (Object.values(ELEMENTS).some((rule) => rule.name === name)) {
        return `<${name}> may not stand within <${this.name}>: it is skipped.`;
      }
      const near = meant(
        name,
        this.rule.children.map((child) => ruleOf(child).name),
      );
      const hint = near === undefined ? '' : ` Did you mean <${near}>?`;
      return `<${name}> is unknown: it is skipped.${hint}`;
    });
  }

  private tellBad(place: XmlAttribute, expected: string, fallback: string | undefined): void {
    const instead = fallback === undefined ? 'it is ignored' : `it is '${fallback}' now`;
    this.warn(
      place,
      `${this.label(place.name)} must be ${expected}, not '${place.value}': ${instead}.`,
    );
  }

  private label(attribute: string): string {
    return `'${attribute}' of <${this.name}>`;
  }

  /** Whoever reads an attribute in a way that the table does not know of is in error. */
  private ruleFor(name: string, ...kinds: readonly AttributeType['kind'][]): AttributeRule {
    const rule = attributeRule(this.rule, name);
    if (rule === undefined || !kinds.includes(rule.type.kind)) {
      throw new Error(`<${this.name}> has no attribute '${name}' of this type`);
    }
    return rule;
  }
}

function ruleOf(key: string): ElementRule {
  const rule = ELEMENTS[key];
  if (rule === undefined) throw new Error(`there is no row for ${key}`);
  return rule;
}

/** What somebody meant who misspelt a name; nothing is as near to one that is very long. */
function meant(name: string, names: readonly string[]): string | undefined {
  return name.length > LONGEST_NAME ? undefined : closest(name, names);
}

function attributeRule(rule: ElementRule, name: string): AttributeRule | undefined {
  return Object.hasOwn(rule.attributes, name) ? rule.attributes[name] : undefined;
}

/** What it must be instead. */
function problemWith(value: string, type: AttributeType): string | undefined {
  if (type.kind === 'keys') return KEYS.test(value) ? undefined : 'of 0 to 9, * and #, or empty';
  if (type.kind === 'choice') {
    return type.values.includes(value) ? undefined : `one of ${type.values.join(', ')}`;
  }
  return type.kind === 'url' ? urlProblem(value) : undefined;
}

/** Relative ones are looked at as if they stood on some page. */
export function urlProblem(value: string): string | undefined {
  const parsed = URL.canParse(value, 'http://host.invalid/')
    ? new URL(value, 'http://host.invalid/')
    : undefined;
  return parsed?.protocol === 'http:' || parsed?.protocol === 'https:'
    ? undefined
    : 'a URL of http or https, or a relative one';
}

function rangeOf({ least, most, words = [] }: Extract<AttributeType, { kind: 'integer' }>): string {
  const range = most === undefined ? `of ${least} or more` : `of ${least} to ${most}`;
  return [...words, `a whole number ${range}`].join(' or ');
}

function splitWords(value: string): readonly string[] {
  return value.split(' ').filter((word) => word !== '');
}
