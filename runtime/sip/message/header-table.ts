import { CallchartError } from '../../core/errors';
import { isToken } from './characters';
import type { HeaderList } from './header-list';
import { headerId, headerNames } from './header-names';
import { elementEnd, trimmed } from './header-values';

/** Hears of each header that changed, by its id (0: one that is not in the table). */
export interface HeaderObserver {
  headerChanged(id: number): void;
}

/**
 * The header fields of one message: two arrays side by side, because a list of fifteen small
 * objects would cost more to make than all the scanning of a message.
 */
export class HeaderTable implements HeaderList {
  /** Ids by `header-names`; of headers that are not there, the name as written. */
  readonly keys: (number | string)[] = [];
  readonly values: string[] = [];
  observer: HeaderObserver | undefined;
  /** The text stands for octets one to one (latin1), because it was not UTF-8 when it came. */
  octets = false;

  /** For the parser, which has checked both. */
  add(key: number | string, value: string): void {
    this.keys.push(key);
    this.values.push(value);
  }

  /** The place of the first field with this id, at or after `from`, or -1. */
  indexOfId(id: number, from = 0): number {
    const keys = this.keys;
    for (let i = from; i < keys.length; i += 1) if (keys[i] === id) return i;
    return -1;
  }

  /** The first value of a header in the table, or undefined. */
  valueOf(id: number): string | undefined {
    const index = this.indexOfId(id);
    return index < 0 ? undefined : this.values[index];
  }

  get(name: string): string | undefined {
    const index = this.indexOf(name, headerId(name), 0);
    return index < 0 ? undefined : this.values[index];
  }

  getAll(name: string): readonly string[] {
    const id = headerId(name);
    const found: string[] = [];
    for (let i = this.indexOf(name, id, 0); i >= 0; i = this.indexOf(name, id, i + 1)) {
      found.push(this.values[i] as string);
    }
    return found;
  }

  has(name: string): boolean {
    return this.indexOf(name, headerId(name), 0) >= 0;
  }

  set(name: string, value: string): void {
    const id = headerId(name);
    checkField(name, id, value);
    const index = this.indexOf(name, id, 0);
    if (index < 0) {
      this.add(id || name, value);
    } else {
      this.values[index] = value;
      this.removeFrom(name, id, index + 1);
    }
    this.observer?.headerChanged(id);
  }

  append(name: string, value: string): void {
    const id = headerId(name);
    checkField(name, id, value);
    this.add(id || name, value);
    this.observer?.headerChanged(id);
  }

  prepend(name: string, value: string): void {
    const id = headerId(name);
    checkField(name, id, value);
    const index = Math.max(this.indexOf(name, id, 0), 0);
    this.keys.splice(index, 0, id || name);
    this.values.splice(index, 0, value);
    this.observer?.headerChanged(id);
  }

  remove(name: string): void {
    const id = headerId(name);
    this.removeFrom(name, id, 0);
    this.observer?.headerChanged(id);
  }

  removeFirst(name: string): void {
    const id = headerId(name);
    const index = this.indexOf(name, id, 0);
    if (index < 0) return;
    const value = this.values[index] as string;
    const end = elementEnd(value, 0);
    if (end < value.length) this.values[index] = trimmed(value, end + 1, value.length);
    else this.removeAt(index);
    this.observer?.headerChanged(id);
  }

  *entries(): IterableIterator<readonly [string, string]> {
    for (let i = 0; i < this.keys.length; i += 1) {
      const key = this.keys[i] as number | string;
      const name = typeof key === 'string' ? key : (headerNames[key] as string);
      yield [name, this.values[i] as string];
    }
  }

  private indexOf(name: string, id: number, from: number): number {
    if (id !== 0) return this.indexOfId(id, from);
    const wanted = name.toLowerCase();
    for (let i = from; i < this.keys.length; i += 1) {
      const key = this.keys[i];
      if (typeof key === 'string' && key.toLowerCase() === wanted) return i;
    }
    return -1;
  }

  private removeFrom(name: string, id: number, from: number): void {
    for (let i = this.indexOf(name, id, from); i >= 0; i = this.indexOf(name, id, i)) {
      this.removeAt(i);
    }
  }

  private removeAt(index: number): void {
    this.keys.splice(index, 1);
    this.values.splice(index, 1);
  }
}

/** A line end inside a value would let whoever chose it write headers of their own. */
function checkField(name: string, id: number, value: string): void {
  if (id === 0 && !isToken(name)) {
    throw new CallchartError('CALLCHART_SIP_HEADER', `not a header name: ${JSON.stringify(name)}`);
  }
  if (value.includes('\n') || value.includes('\r')) {
    throw new CallchartError('CALLCHART_SIP_HEADER', `line end in the value of ${name}`);
  }
}
