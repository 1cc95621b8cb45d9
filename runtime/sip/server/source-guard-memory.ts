/**
 * What is remembered by name, of those who were seen last: at most `capacity` of them, so that a flood of forged
 * names costs no memory. Two generations: when the young one is full it becomes the old one, and what nobody
 * asked for since is gone. Unlike a list in the order of use, a look-up writes nothing.
 */
export class RecentMemory<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  constructor(private readonly capacity: number) {}

  /** Not above the capacity. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  get(name: string): T | undefined {
    const known = this.young.get(name);
    if (known !== undefined) return known;
    const kept = this.old.get(name);
    if (kept !== undefined) {
      this.old.delete(name);
      this.set(name, kept);
    }
    return kept;
  }

  set(name: string, value: T): void {
    this.young.set(name, value);
    this.old.delete(name);
    if (this.young.size * 2 >= this.capacity) {
      this.old = this.young;
      this.young = new Map();
    }
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}

/**
 * What counts as one source: an IPv4 address, or the /64 of an IPv6 address, of which one host has as many as it
 * likes (`2001:db8:0:0::/64`).
 */
export function sourceOf(host: string): string {
  if (!host.includes(':')) return host;
  const dot = host.lastIndexOf('.');
  // An IPv4 peer of a socket that serves both families: ::ffff:192.0.2.1.
  if (dot >= 0) return host.slice(host.lastIndexOf(':') + 1);
  const zone = host.indexOf('%');
  const literal = zone < 0 ? host : host.slice(0, zone);
  const gap = literal.indexOf('::');
  const head = groupsOf(gap < 0 ? literal : literal.slice(0, gap));
  const tail = gap < 0 ? [] : groupsOf(literal.slice(gap + 2));
  while (head.length + tail.length < 8) head.push('0');
  return `${[...head, ...tail].slice(0, 4).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
