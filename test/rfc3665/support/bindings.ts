/**
 * What stands in our messages in place of the examples of the RFC: branches, tags, Record-Routes, Contacts. Learnt
 * from each message that we send, and put into all that the peers send afterwards.
 */
export class Bindings {
  private readonly pairs = new Map<string, string>();

  bind(example: string, ours: string): void {
    this.pairs.delete(example);
    this.pairs.set(example, ours);
  }

  /** Each example once, the longest first, so that none is taken for a part of another. */
  apply(text: string): string {
    const examples = [...this.pairs.keys()].sort((a, b) => b.length - a.length);
    if (examples.length === 0) return text;
    const any = new RegExp(examples.map(escape).join('|'), 'g');
    return text.replace(any, (example) => this.pairs.get(example) ?? example);
  }
}

function escape(text: string): string {
  // An address must not match the beginning of a longer one.
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return /[\w]$/.test(text) ? `${escaped}(?![\\w.])` : escaped;
}
