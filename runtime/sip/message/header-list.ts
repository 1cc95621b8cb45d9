/**
 * The header fields of a message in their order. Names are matched without case and by compact form;
 * values are unfolded and trimmed, and kept as they came otherwise.
 */
export interface HeaderList {
  /** The first value, or undefined. */
  get(name: string): string | undefined;
  /** Each header field's value, one entry a field line (not split at commas). */
  getAll(name: string): readonly string[];
  has(name: string): boolean;
  /** Replaces all fields of this name by one, at the place of the first, or at the end. */
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  /** Puts a field before all others of its name, or first of all. */
  prepend(name: string, value: string): void;
  remove(name: string): void;
  /** Drops the first field value of a list header, splitting it off at its comma if need be. */
  removeFirst(name: string): void;
  /** Full names in their usual spelling (unknown ones as written) and values, in order. */
  entries(): IterableIterator<readonly [string, string]>;
}
