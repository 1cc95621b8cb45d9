/** How many connections there are, with whom, and whether there may be another. */
export class ConnectionCount {
  private readonly byHost = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly max: number,
    private readonly maxPerHost: number,
  ) {}

  get total(): number {
    return this.count;
  }

  /** Counts one more, unless that would be too many. */
  add(host: string): boolean {
    const there = this.byHost.get(host) ?? 0;
    if (this.count >= this.max || there >= this.maxPerHost) return false;
    this.byHost.set(host, there + 1);
    this.count += 1;
    return true;
  }

  remove(host: string): void {
    const there = this.byHost.get(host) ?? 0;
    if (there === 0) return;
    if (there === 1) this.byHost.delete(host);
    else this.byHost.set(host, there - 1);
    this.count -= 1;
  }
}
