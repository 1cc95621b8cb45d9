/** How far something of TwiML is carried out here. */
export type Support = 'yes' | 'partly' | 'no';

/** What may stand in an attribute. */
export type AttributeType =
  | { readonly kind: 'text' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'url' }
  | { readonly kind: 'method' }
  /** Whole numbers; `words` may stand instead of one. */
  | {
      readonly kind: 'integer';
      readonly least: number;
      readonly most?: number;
      readonly unit?: 's' | 'ms';
      readonly words?: readonly string[];
    }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** Several, separated by spaces. */
  | { readonly kind: 'list'; readonly values: readonly string[] }
  /** Keys of a telephone, or none. */
  | { readonly kind: 'keys' };

export interface AttributeRule {
  readonly support: Support;
  readonly type: AttributeType;
  /** As it would stand in the document. */
  readonly default?: string;
  /** With `partly` how, with `no` why or what instead. */
  readonly how?: string;
}

/** What stands between the tags, beside children. */
export type ElementText = 'none' | 'text' | 'ssml';

export interface ElementRule {
  /** As it stands in a document. */
  readonly name: string;
  readonly support: Support;
  readonly how?: string;
  readonly text: ElementText;
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  /** Keys of the table: what may stand within it. */
  readonly children: readonly string[];
}

export const text: AttributeType = { kind: 'text' };
export const bool: AttributeType = { kind: 'boolean' };
export const url: AttributeType = { kind: 'url' };
export const method: AttributeType = { kind: 'method' };
export const keys: AttributeType = { kind: 'keys' };

export function int(least: number, most?: number, unit?: 's' | 'ms'): AttributeType {
  return {
    kind: 'integer',
    least,
    ...(most === undefined ? {} : { most }),
    ...(unit === undefined ? {} : { unit }),
  };
}

/** A whole number, or one of these words. */
export function intOr(words: readonly string[], least: number, unit: 's' | 'ms'): AttributeType {
  return { kind: 'integer', least, unit, words };
}

export function one(...values: readonly string[]): AttributeType {
  return { kind: 'choice', values };
}

export function list(...values: readonly string[]): AttributeType {
  return { kind: 'list', values };
}

export function yes(type: AttributeType, fallback?: string): AttributeRule {
  return { support: 'yes', type, ...(fallback === undefined ? {} : { default: fallback }) };
}

export function partly(how: string, type: AttributeType, fallback?: string): AttributeRule {
  return { ...yes(type, fallback), support: 'partly', how };
}

export function no(type: AttributeType, how?: string, fallback?: string): AttributeRule {
  return { ...yes(type, fallback), support: 'no', ...(how === undefined ? {} : { how }) };
}
