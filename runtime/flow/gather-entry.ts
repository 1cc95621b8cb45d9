import type { GatherInput } from './outcomes';

/** What makes an entry complete and valid. */
export type EntryRules = Pick<GatherInput, 'minDigits' | 'maxDigits' | 'finishOn' | 'valid'>;

/** The keys of one attempt of a gather: knows when they are an entry, and nothing of time. */
export class GatherEntry {
  private entered = '';
  private readonly minDigits: number;
  private readonly maxDigits: number;
  private readonly finishOn: string;
  private readonly valid: readonly string[] | undefined;

  constructor(rules: EntryRules) {
    this.minDigits = rules.minDigits ?? 1;
    this.finishOn = rules.finishOn ?? '#';
    this.valid = rules.valid;
    const longest = rules.valid?.reduce((most, { length }) => Math.max(most, length), 0);
    this.maxDigits = Math.min(rules.maxDigits ?? Infinity, longest ?? Infinity);
  }

  get digits(): string {
    return this.entered;
  }

  /** Adds a key. Whether it ended the entry; a key of `finishOn` ends it and is not part of it. */
  press(key: string): 'open' | 'complete' {
    const next = this.entered + key;
    // Where a valid entry has the finishing key in it (`#` in a menu), the key is a digit like any other.
    if (this.finishOn.includes(key) && !this.leadsSomewhere(next)) return 'complete';
    this.entered = next;
    if (next.length >= this.maxDigits) return 'complete';
    return this.isUnambiguous() ? 'complete' : 'open';
  }

  /** What the keys so far amount to. */
  outcome(): { readonly type: 'digits' | 'invalid'; readonly digits: string } {
    const digits = this.entered;
    const fits = digits.length >= this.minDigits && (this.valid?.includes(digits) ?? true);
    return { type: fits ? 'digits' : 'invalid', digits };
  }

  private leadsSomewhere(digits: string): boolean {
    return this.valid?.some((entry) => entry.startsWith(digits)) === true;
  }

  /** A valid entry that no longer one begins with. A wrong one is heard out: its other keys are on their way. */
  private isUnambiguous(): boolean {
    const { valid, entered } = this;
    if (valid === undefined || entered.length < this.minDigits || !valid.includes(entered)) {
      return false;
    }
    return !valid.some((entry) => entry.length > entered.length && entry.startsWith(entered));
  }
}
